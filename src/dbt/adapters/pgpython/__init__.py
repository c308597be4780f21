"""dbt-postgres with Python models and without ``drop … cascade``: ``type: pgpython``."""

from dbt.adapters.base import AdapterPlugin

from dbt.adapters.pgpython.connections import PgPythonCredentials
from dbt.adapters.pgpython.impl import PgPythonAdapter
from dbt.include import pgpython

Plugin = AdapterPlugin(
    adapter=PgPythonAdapter,  # type: ignore[arg-type]  # as dbt's own adapters: the protocol lags
    credentials=PgPythonCredentials,
    include_path=pgpython.PACKAGE_PATH,
    dependencies=["postgres"],
)

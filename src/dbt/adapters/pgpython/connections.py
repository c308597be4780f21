"""The profile's target, and what a second connection to the same server needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dbt.adapters.postgres.connections import PostgresConnectionManager, PostgresCredentials
from psycopg2.extensions import make_dsn


@dataclass
class PgPythonCredentials(PostgresCredentials):
    """A dbt-postgres target, and the DuckDB settings of the session that Python models get."""

    settings: dict[str, Any] | None = None

    @property
    def type(self) -> str:
        """The profile's ``type``."""
        return "pgpython"

    def _connection_keys(self) -> tuple[str, ...]:
        return (*super()._connection_keys(), "settings")


class PgPythonConnectionManager(PostgresConnectionManager):
    """dbt-postgres's connections under the name of this adapter."""

    TYPE = "pgpython"


def dsn_of(credentials: PostgresCredentials, application: str) -> str:
    """The connection string that libpq takes, as dbt-postgres connects.

    Args:
        credentials: of the target; it holds the password, so the result is never shown.
        application: what ``pg_stat_activity`` calls the connection.
    """
    optional = {
        "keepalives_idle": credentials.keepalives_idle or None,
        "sslmode": credentials.sslmode or None,
        "sslcert": credentials.sslcert,
        "sslkey": credentials.sslkey,
        "sslrootcert": credentials.sslrootcert,
    }
    if credentials.search_path:
        path = credentials.search_path.replace(" ", "\\ ")
        optional["options"] = f"-c search_path={path}"
    dsn: str = make_dsn(
        host=credentials.host,
        port=credentials.port,
        user=credentials.user,
        password=credentials.password,
        dbname=credentials.database,
        connect_timeout=credentials.connect_timeout,
        application_name=application,
        **{key: value for key, value in optional.items() if value is not None},
    )
    return dsn

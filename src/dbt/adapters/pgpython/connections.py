"""The profile's target, and what a second connection to the same server needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from dbt.adapters.postgres.connections import PostgresConnectionManager, PostgresCredentials
from psycopg2.extensions import make_dsn

_SERVERS_OWN_PATH = '"$user", public'


@dataclass
class PgPythonCredentials(PostgresCredentials):
    """A dbt-postgres target and what more it may say.

    Attributes:
        settings: DuckDB settings of the session that Python models get.
        hash_key: the server's setting ``cdp.hash_key`` on every connection. It is a secret: it
            goes to the server as a startup option, never in SQL, which servers log.
    """

    settings: dict[str, Any] | None = None
    hash_key: str | None = None

    @property
    def type(self) -> str:
        """The profile's ``type``."""
        return "pgpython"

    def _connection_keys(self) -> tuple[str, ...]:
        return (*super()._connection_keys(), "settings")


class PgPythonConnectionManager(PostgresConnectionManager):
    """dbt-postgres's connections under the name of this adapter."""

    TYPE = "pgpython"

    @classmethod
    def get_credentials(cls, credentials: PgPythonCredentials) -> PgPythonCredentials:
        """The credentials as dbt-postgres is to use them.

        It makes one startup option, ``-c search_path=…``, and escapes blanks only: a tab ends that
        option and begins the next. Without a key, libpq goes on to read ``PGOPTIONS``.
        """
        if not credentials.hash_key:
            return credentials
        escaped = re.sub(r"([\\\t\n\v\f\r])", r"\\\1", credentials.hash_key)
        path = credentials.search_path or _SERVERS_OWN_PATH
        return replace(credentials, search_path=f"{path}\t-c\tcdp.hash_key={escaped}")


def dsn_of(credentials: PgPythonCredentials, application: str) -> str:
    """The connection string that libpq takes, as dbt-postgres connects.

    Args:
        credentials: of the target; it holds secrets, so the result is never shown.
        application: what ``pg_stat_activity`` calls the connection.
    """
    used = PgPythonConnectionManager.get_credentials(credentials)
    optional: dict[str, Any] = {
        "keepalives_idle": used.keepalives_idle or None,
        "sslmode": used.sslmode or None,
        "sslcert": used.sslcert,
        "sslkey": used.sslkey,
        "sslrootcert": used.sslrootcert,
    }
    if used.search_path:
        path = used.search_path.replace(" ", "\\ ")
        optional["options"] = f"-c search_path={path}"
    dsn: str = make_dsn(
        host=used.host,
        port=used.port,
        user=used.user,
        password=used.password,
        dbname=used.database,
        connect_timeout=used.connect_timeout,
        application_name=application,
        **{key: value for key, value in optional.items() if value is not None},
    )
    return dsn

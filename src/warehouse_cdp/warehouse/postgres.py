"""A PostgreSQL target of the profile, and opening it as the command line does."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2.extensions import make_dsn

from warehouse_cdp.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ENGINES = ("pgpython", "postgres")
"""Profile types that are PostgreSQL: ours, which runs Python models, and dbt-postgres's own."""

_POSITION = re.compile(r"\$(\d+)")


@dataclass(frozen=True)
class PostgresTarget:
    """One PostgreSQL target of the profile. ``settings`` are what libpq connects with."""

    name: str
    project_folder: Path
    database: str
    schema: str
    is_production: bool
    settings: dict[str, str] = field(repr=False)
    hash_key: str = field(repr=False)

    @property
    def place(self) -> str:
        """How a message calls the warehouse."""
        return f"database {self.database} on {self.settings.get('host', 'localhost')}"

    @property
    def state_place(self) -> str:
        """How a message calls the state."""
        return f"schema {self.state_schema} of {self.place}"

    @property
    def state_schema(self) -> str:
        """Where the state's tables are, as the macro of the same name says in SQL."""
        return self.schema_of("cdp_state")

    def schema_of(self, layer: str) -> str:
        """Where a layer's tables are, as macro generate_schema_name says in SQL."""
        return layer if self.is_production else f"{self.schema}_{layer}"


class PostgresConnection:
    """What the command line uses of a DuckDB connection, on a PostgreSQL one."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - psycopg2 has no types
        self._connection = connection
        self._cursor = connection.cursor()

    def execute(self, sql: str, parameters: Sequence[object] | None = None) -> PostgresConnection:
        """Run a statement whose parameters are ``$1``, ``$2``, …; the result is then fetched."""
        if parameters is None:
            self._cursor.execute(sql)
        else:
            named = {f"p{number}": value for number, value in enumerate(parameters, 1)}
            self._cursor.execute(_POSITION.sub(r"%(p\1)s", sql.replace("%", "%%")), named)
        return self

    @property
    def description(self) -> list[tuple[Any, ...]] | None:
        """The columns of the result, name first."""
        columns: list[tuple[Any, ...]] | None = self._cursor.description
        return columns

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows that are left."""
        rows: list[tuple[Any, ...]] = self._cursor.fetchall()
        return rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row."""
        row: tuple[Any, ...] | None = self._cursor.fetchone()
        return row

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """Return the next rows."""
        rows: list[tuple[Any, ...]] = self._cursor.fetchmany(size)
        return rows

    @property
    def rowcount(self) -> int:
        """The rows that the last statement touched."""
        count: int = self._cursor.rowcount
        return count

    def load_csv(self, table: str, path: Path) -> int:
        """Append a CSV file without header, whose empty cells are null; return its rows.

        ``table`` may be followed by the columns that the file has.
        """
        with path.open(encoding="utf-8", newline="") as lines:  # a text may hold any line end
            self._cursor.copy_expert(f"copy {table} from stdin with (format csv)", lines)
        return self.rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing."""
        self._connection.autocommit = False
        try:
            with self._connection:
                yield
        finally:
            self._connection.autocommit = True


@contextmanager
def open_postgres(target: PostgresTarget, *, writes: bool = False) -> Iterator[PostgresConnection]:
    """Yield a connection, each statement a transaction of its own; read only unless it writes.

    Raises:
        ConfigurationError: the server cannot be reached, or knows neither user nor database.
    """
    try:
        connection = psycopg2.connect(
            make_dsn(**target.settings, dbname=target.database, application_name="cdp")
        )
    except psycopg2.OperationalError as error:
        # The driver names the server, the user and what is wrong, never the password.
        said = str(error).strip().splitlines()
        message = (
            f"target {target.name}: {target.place} cannot be reached "
            f"({said[-1].strip() if said else type(error).__name__}): see the target in "
            "profiles.yml and its environment variables"
        )
        raise ConfigurationError(message) from None
    try:
        connection.set_session(readonly=not writes, autocommit=True)
        yield PostgresConnection(connection)
    finally:
        connection.close()


def postgres_target(
    name: str,
    output: dict[str, Any],
    folder: Path,
    place: str,
    is_production: bool,  # noqa: FBT001
) -> PostgresTarget:
    """Read a rendered output of the profile, with dbt-postgres's names and defaults.

    Raises:
        ConfigurationError: something is missing.
    """
    database = output.get("dbname") or output.get("database")
    password = output.get("password", output.get("pass"))
    missing = [
        key
        for key, value in (
            ("host", output.get("host")),
            ("user", output.get("user")),
            ("dbname", database),
            ("schema", output.get("schema")),
        )
        if not value
    ]
    if missing:
        message = f"{place} lacks {', '.join(missing)} (see profiles.yml.example)"
        raise ConfigurationError(message)
    settings = {
        "host": str(output["host"]),
        "port": str(output.get("port") or 5432),
        "user": str(output["user"]),
        "connect_timeout": str(output.get("connect_timeout") or 10),
    }
    settings |= {"password": str(password)} if password else {}
    settings |= {
        key: str(output[key])
        for key in ("sslmode", "sslcert", "sslkey", "sslrootcert")
        if output.get(key)
    }
    return PostgresTarget(
        name=name,
        project_folder=folder.resolve(),
        database=str(database),
        schema=str(output["schema"]),
        is_production=is_production,
        settings=settings,
        hash_key=str(output.get("hash_key") or ""),
    )

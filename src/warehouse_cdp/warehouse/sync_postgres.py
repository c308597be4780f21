"""The store's statements on PostgreSQL: state is a schema, lock and journal are the server's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg2
import pyarrow as pa
from psycopg2.extensions import make_dsn
from psycopg2.extras import execute_values

from warehouse_cdp.errors import ConfigurationError, InputDataError
from warehouse_cdp.warehouse.connection import quoted
from warehouse_cdp.warehouse.sync_journal import another_run
from warehouse_cdp.warehouse.sync_sessions import PARAMETER, SYNC_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from psycopg2.extensions import connection as Connection  # noqa: N812 - it is a class
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - as above

    from warehouse_cdp.warehouse.postgres import PostgresTarget
    from warehouse_cdp.warehouse.sync_sessions import Session

_FETCHED_ROWS = 20_000


def connection_to(target: PostgresTarget) -> Connection:
    """Connect to the database of a target.

    Raises:
        ConfigurationError: the server cannot be reached, or knows neither user nor database.
    """
    try:
        return psycopg2.connect(
            make_dsn(**target.settings, dbname=target.database, application_name="cdp sync")
        )
    except psycopg2.OperationalError as error:
        message = (
            f"target {target.name}: {target.place} cannot be reached ({type(error).__name__}): "
            "see the target in profiles.yml and its environment variables"
        )
        raise ConfigurationError(message) from None


class PostgresSession:
    """A session in one connection; each statement stands for itself outside a transaction."""

    def __init__(self, connection: Connection, state_schema: str) -> None:
        self._connection = connection
        self._state_schema = state_schema

    def sha256(self, expression: str) -> str:
        """As of ``Session``."""
        return f"encode(sha256(convert_to({expression}, 'UTF8')), 'hex')"

    def state(self, table: str) -> str:
        """As of ``Session``."""
        return quoted(self._state_schema, table)

    def texts_in(self, expression: str) -> str:
        """As of ``Session``."""
        return f"select value as token from jsonb_each_text(cast({expression} as jsonb))"  # noqa: S608

    def run(self, statement: str, parameters: Mapping[str, object] | None = None) -> None:
        """As of ``Session``."""
        with self._connection.cursor() as cursor:
            self._execute(cursor, statement, parameters)

    def rows(
        self, statement: str, parameters: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """As of ``Session``."""
        with self._connection.cursor() as cursor:
            self._execute(cursor, statement, parameters)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def tables(
        self, statement: str, parameters: Mapping[str, object] | None = None
    ) -> Iterator[pa.Table]:
        """As of ``Session``."""
        with self._connection.cursor() as cursor:
            self._execute(cursor, statement, parameters)
            names = [str(column.name) for column in cursor.description or ()]
            while True:
                rows = cursor.fetchmany(_FETCHED_ROWS)
                cells = list(zip(*rows, strict=True)) or [()] * len(names)
                yield pa.table(dict(zip(names, map(pa.array, cells), strict=True)))
                if len(rows) < _FETCHED_ROWS:
                    return

    def load(
        self, table: str, columns: Mapping[str, str], cells: Sequence[Sequence[object]]
    ) -> None:
        """As of ``Session``."""
        named = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self.run(f"drop table if exists {table}")
        self.run(f"create temporary table {table} ({named})")
        rows = list(zip(*cells, strict=True))
        if rows:
            with self._connection.cursor() as cursor:
                execute_values(cursor, f"insert into {table} values %s", rows, page_size=1000)  # noqa: S608

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """As of ``Session``."""
        self.run("begin")
        try:
            yield
        except BaseException:
            self.run("rollback")
            raise
        self.run("commit")

    def _execute(
        self, cursor: Cursor, statement: str, parameters: Mapping[str, object] | None
    ) -> None:
        text = PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%"))
        try:
            cursor.execute(text, dict(parameters or {}))
        except psycopg2.Error as error:
            # The server's own text may quote data.
            message = (
                "the warehouse or its state could not be read or written "
                f"({type(error).__name__}): run `dbt build`; what was sent meanwhile is journalled"
            )
            raise InputDataError(message) from None


class PostgresEntries:
    """A journal in a table: every entry is committed at once, on a connection of its own."""

    def __init__(self, connect: Callable[[], Connection], state_schema: str, sync: str) -> None:
        self._connect = connect
        self._table = quoted(state_schema, "sync_journal")
        self._sync = sync
        self._connection: Connection | None = None
        self._number = 0

    def add(self, texts: Sequence[str]) -> None:
        """As of ``Entries``."""
        rows = [(self._sync, self._number + place, text) for place, text in enumerate(texts, 1)]
        self._number += len(rows)
        with self._cursor() as cursor:  # one statement, so that all of it is there or nothing
            execute_values(
                cursor,
                f"insert into {self._table} (sync_name, entry_number, entry) values %s",  # noqa: S608
                rows,
                page_size=len(rows),
            )

    def read(self) -> list[str]:
        """As of ``Entries``."""
        with self._cursor() as cursor:
            cursor.execute(
                f"select entry from {self._table} where sync_name = %s "  # noqa: S608
                "order by entry_number",
                (self._sync,),
            )
            return [str(row[0]) for row in cursor.fetchall()]

    def clear(self) -> None:
        """As of ``Entries``."""
        with self._cursor() as cursor:
            cursor.execute(f"delete from {self._table} where sync_name = %s", (self._sync,))  # noqa: S608
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        if self._connection is None:
            self._connection = self._connect()
            self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            yield cursor


class PostgresSessions:
    """Sessions on a server.

    Args:
        connect: opens a connection with the rights of the role that runs syncs.
        state_schema: where the state's tables are.
    """

    def __init__(self, connect: Callable[[], Connection], state_schema: str) -> None:
        self._connect = connect
        self._state_schema = state_schema

    @contextmanager
    def open(self, *, writes: bool, is_patient: bool = False) -> Iterator[Session]:
        """As of ``Sessions``: nobody waits for anybody on a server."""
        del writes, is_patient
        connection = self._connect()
        connection.autocommit = True
        try:
            session = PostgresSession(connection, self._state_schema)
            session.run("set timezone = 'UTC'")
            session.run("set datestyle = 'ISO, YMD'")
            self._require_state(session)
            yield session
        finally:
            connection.close()

    @contextmanager
    def lock(self, sync_name: str) -> Iterator[None]:
        """As of ``Sessions``: an advisory lock, which ends with its connection."""
        connection = self._connect()
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "select pg_try_advisory_lock(hashtextextended(%s, 0))",
                    (f"{self._state_schema}.{sync_name}",),
                )
                if not cursor.fetchall()[0][0]:
                    raise another_run(sync_name)
            yield
        finally:
            connection.close()

    def entries(self, sync_name: str) -> PostgresEntries:
        """As of ``Sessions``."""
        return PostgresEntries(self._connect, self._state_schema, sync_name)

    def close(self) -> None:
        """Nothing is kept between sessions."""

    def _require_state(self, session: PostgresSession) -> None:
        found = {
            str(row[0])
            for row in session.rows(
                "select table_name from information_schema.tables where table_schema = $schema",
                {"schema": self._state_schema},
            )
        }
        missing = sorted(set(SYNC_TABLES) - found)
        if missing:
            message = (
                f"the state schema {self._state_schema} has no {', '.join(missing)}: run "
                "`dbt build` first"
            )
            raise InputDataError(message)

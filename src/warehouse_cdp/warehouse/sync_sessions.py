"""Where the store's SQL runs: a DuckDB file or a PostgreSQL schema, behind one small seam.

A session is short: on DuckDB nobody else can open the files while it lasts. Statements carry
``$name`` parameters; temporary tables live as long as the session.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import pyarrow as pa

from warehouse_cdp.errors import InputDataError, WarehouseBusyError
from warehouse_cdp.warehouse.connection import attach_target, quoted
from warehouse_cdp.warehouse.profile import STATE_ALIAS
from warehouse_cdp.warehouse.state_schema import known_migrations
from warehouse_cdp.warehouse.sync_journal import FileEntries, file_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from warehouse_cdp.warehouse.profile import Target
    from warehouse_cdp.warehouse.sync_journal import Entries

PATIENCE_SECONDS = 60.0
"""How long a run that is under way waits for somebody else to let go of the warehouse."""

SYNC_TABLES = (
    "sync_runs", "sync_log", "sync_state", "sync_outbox", "sync_journal", "sync_pins",
    "suppressed_identifiers",
)  # fmt: skip
_MEMORY_LIMIT = "1GB"
_LOOK_AGAIN_SECONDS = 0.2
_TABLE_ROWS = 50_000
PARAMETER = re.compile(r"\$([a-z][a-z_0-9]*)")


class Session(Protocol):
    """One connection that runs the store's statements."""

    def sha256(self, expression: str) -> str:
        """Lower-case hex SHA-256 of a text, in this engine's SQL."""

    def state(self, table: str) -> str:
        """The quoted name of a table of the state."""

    def texts_in(self, expression: str) -> str:
        """A query of the texts (``token``) in a JSON object, to be joined laterally."""

    def run(self, statement: str, parameters: Mapping[str, object] | None = None) -> None:
        """Carry out one statement."""

    def rows(
        self, statement: str, parameters: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""

    def tables(
        self, statement: str, parameters: Mapping[str, object] | None = None
    ) -> Iterator[pa.Table]:
        """Return the rows of a query as Arrow tables, at least one."""

    def load(
        self, table: str, columns: Mapping[str, str], cells: Sequence[Sequence[object]]
    ) -> None:
        """Make a temporary table of columns, all of one length."""

    def transaction(self) -> AbstractContextManager[None]:
        """All of it or nothing."""


class Sessions(Protocol):
    """Opens sessions on one warehouse, and keeps what must not be in it."""

    def open(self, *, writes: bool, is_patient: bool = False) -> AbstractContextManager[Session]:
        """Open a session; a patient one waits a while for somebody else to finish.

        Raises:
            WarehouseBusyError: somebody else holds the warehouse.
            InputDataError: there is no such warehouse, or its state is too old.
        """

    def lock(self, sync_name: str) -> AbstractContextManager[None]:
        """Keep other runs of a sync out.

        Raises:
            StateRefusedError: one is under way.
        """

    def entries(self, sync_name: str) -> Entries:
        """The journal's entries."""

    def close(self) -> None:
        """Give back what is kept between sessions."""


class DuckDbSession:
    """A session on the warehouse's file and the state's."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, target: Target, *, has_state: bool
    ) -> None:
        self._connection = connection
        self._target = target
        self._has_state = has_state

    def sha256(self, expression: str) -> str:
        """As of ``Session``."""
        return f"sha256({expression})"

    def state(self, table: str) -> str:
        """As of ``Session``."""
        if not self._has_state:
            return quoted("temp", "main", table)
        return quoted(STATE_ALIAS, self._target.state_schema, table)

    def texts_in(self, expression: str) -> str:
        """As of ``Session``."""
        return f"select unnest(json_extract_string({expression}, '$.*')) as token"

    def run(self, statement: str, parameters: Mapping[str, object] | None = None) -> None:
        """As of ``Session``."""
        self._execute(statement, parameters)

    def rows(
        self, statement: str, parameters: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """As of ``Session``."""
        return self._execute(statement, parameters).fetchall()

    def tables(
        self, statement: str, parameters: Mapping[str, object] | None = None
    ) -> Iterator[pa.Table]:
        """As of ``Session``."""
        used = _used(statement, parameters)
        try:
            reader = self._connection.sql(statement, params=used).to_arrow_reader(_TABLE_ROWS)
        except duckdb.Error as error:
            raise self._unreadable(error) from None
        yield reader.schema.empty_table()
        try:
            for batch in reader:
                yield pa.Table.from_batches([batch])
        except (duckdb.Error, pa.ArrowException) as error:
            raise self._unreadable(error) from None

    def load(
        self, table: str, columns: Mapping[str, str], cells: Sequence[Sequence[object]]
    ) -> None:
        """As of ``Session``."""
        loaded = pa.table(
            {
                name: pa.array(values, _ARROW_TYPES[kind])
                for (name, kind), values in zip(columns.items(), cells, strict=True)
            }
        )
        self._connection.register("loaded_rows", loaded)
        self.run(f"create or replace temporary table {table} as from loaded_rows")
        self._connection.unregister("loaded_rows")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """As of ``Session``."""
        self.run("begin")
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self.run("commit")

    def _execute(
        self, statement: str, parameters: Mapping[str, object] | None
    ) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(statement, _used(statement, parameters))
        except duckdb.Error as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> InputDataError:
        # The engine's own text may quote data.
        relations = re.search(r"(?:Table|column)[^\"]*\"([\w.]+)\"", str(error))
        which = f", {relations[1]}" if relations else ""
        message = (
            f"the warehouse {self._target.warehouse.name} or its state could not be read or "
            f"written ({type(error).__name__}{which}): run `dbt build --target "
            f"{self._target.name}`; what was sent meanwhile is in the journal"
        )
        return InputDataError(message)


def _used(statement: str, parameters: Mapping[str, object] | None) -> dict[str, object]:
    """The parameters that a statement names: an engine refuses others."""
    return {name: (parameters or {})[name] for name in dict.fromkeys(PARAMETER.findall(statement))}


_ARROW_TYPES = {"text": pa.string(), "bigint": pa.int64()}


class DuckDbSessions:
    """Sessions on a DuckDB target; locks and journals are files beside the state.

    One connection in memory serves all sessions, one after the other: making one takes longer
    than most of them last. The files are attached for a session only.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._folder = target.state.with_name(f"{target.state.name}.sync")
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._remove_spilled: weakref.finalize[..., DuckDbSessions] | None = None

    @contextmanager
    def open(self, *, writes: bool, is_patient: bool = False) -> Iterator[Session]:
        """As of ``Sessions``."""
        deadline = time.monotonic() + (PATIENCE_SECONDS if is_patient else 0.0)
        connection = self._connection or self._connected()
        try:
            while True:
                try:
                    attach_target(connection, self._target, writes_state=writes)
                except WarehouseBusyError:
                    self._let_go(connection)
                    if time.monotonic() >= deadline:
                        raise
                    time.sleep(_LOOK_AGAIN_SECONDS)
                else:
                    break
            yield self._session(connection, writes=writes)
        finally:
            self._let_go(connection)

    def close(self) -> None:
        """Give the memory back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._remove_spilled is not None:
            self._remove_spilled()

    def _connected(self) -> duckdb.DuckDBPyConnection:
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("set TimeZone = 'UTC'")
        self._connection.execute(f"set memory_limit = '{_MEMORY_LIMIT}'")
        self._connection.execute("set preserve_insertion_order = false")
        # Private, since DuckDB may put rows there; one for the connection, since DuckDB takes no
        # other once it has.
        spill = tempfile.mkdtemp(prefix="cdp-sync-")
        self._remove_spilled = weakref.finalize(self, shutil.rmtree, spill, ignore_errors=True)
        self._connection.execute("set temp_directory = $folder", {"folder": spill})
        return self._connection

    def _let_go(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Drop what the session made and detach the files; a connection that cannot is closed."""
        try:
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where temporary"
            ).fetchall():
                connection.execute(f"drop table temp.main.{quoted(str(name))}")
            for (name,) in connection.execute(
                "select database_name from duckdb_databases() "
                "where not internal and database_name <> 'memory'"
            ).fetchall():
                connection.execute(f"detach {quoted(str(name))}")
        except duckdb.Error:
            self.close()

    def lock(self, sync_name: str) -> AbstractContextManager[None]:
        """As of ``Sessions``: a lock that ends with the process, however it ends."""
        return file_lock(self._folder, f"{self._target.state_schema}.{sync_name}", sync_name)

    def entries(self, sync_name: str) -> Entries:
        """As of ``Sessions``: a file, so that the state is not locked while answers come in."""
        return FileEntries(self._folder, f"{self._target.state_schema}.{sync_name}")

    def _session(self, connection: duckdb.DuckDBPyConnection, *, writes: bool) -> Session:
        target = self._target
        found = {
            str(name)
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() "
                "where database_name = $1 and schema_name = $2",
                [STATE_ALIAS, target.state_schema],
            ).fetchall()
        }
        missing = sorted(set(SYNC_TABLES) - found)
        if missing and (writes or set(missing) != set(SYNC_TABLES)):
            message = (
                f"the state {target.state} has no {', '.join(missing)} for target {target.name}: "
                f"run `dbt build --target {target.name}` first"
            )
            raise InputDataError(message)
        if missing:  # a dry run before the first build: nothing was ever sent
            for name, columns in sync_table_columns(target).items():
                connection.execute(f"create temporary table {name} ({columns})")
        return DuckDbSession(connection, target, has_state=not missing)


def scratch_session(connection: duckdb.DuckDBPyConnection, target: Target) -> Session:
    """A session on a connection that is open, without any memory of what was sent."""
    for name, columns in sync_table_columns(target).items():
        connection.execute(f"create temporary table {name} ({columns})")
    return DuckDbSession(connection, target, has_state=False)


def sync_table_columns(target: Target) -> dict[str, str]:
    """The tables of syncs as the project's own migrations make them: their columns with types."""
    columns: dict[str, list[str]] = {}
    for migration in known_migrations(target.project_folder):
        for name, text in migration:
            if name in SYNC_TABLES:
                columns.setdefault(name, []).append(text)
    return {name: ", ".join(texts) for name, texts in columns.items()}

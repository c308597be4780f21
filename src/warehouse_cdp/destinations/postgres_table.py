"""A table of a PostgreSQL database: rows are merged by the key, in one transaction a batch.

A batch is copied into a temporary table and merged from there; a row that is the same already is
not touched. What the database refuses is rolled back whole, so the engine can halve the batch. The
table must exist and its key columns must be unique: a sync creates and alters nothing.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2 import sql

from warehouse_cdp.activation.protocol import (
    ACKNOWLEDGED,
    Capabilities,
    Mode,
    Opening,
    Outcome,
    Secret,
    Setting,
)
from warehouse_cdp.activation.values import is_null, to_text
from warehouse_cdp.destinations import limits
from warehouse_cdp.destinations.limits import limit_rows
from warehouse_cdp.errors import (
    BatchRefusedError,
    ConfigurationError,
    DestinationError,
    DestinationUnauthorisedError,
    DestinationUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from warehouse_cdp.activation.protocol import Batch, Row

_BATCH = "cdp_batch"
_CONNECT_SECONDS = 10
_LOCK_MILLISECONDS = 30_000
# Classes of SQLSTATE (its first two characters): whose fault a failure is.
_OURS = frozenset({"22", "23"})  # data and constraints: some row is bad
_LATER = frozenset(
    {"08", "40", "53", "55", "57"}
)  # connection, deadlock, resources, locks, shutdown


class PostgresTableType:
    """A table of a PostgreSQL database."""

    name = "postgres"
    capabilities = Capabilities(
        modes=("upsert", "mirror", "insert", "update"),
        on_leave=("delete", "keep", "clear_fields"),
        on_withdrawal="delete",
        on_erasure="delete",
        batch_rows=limits.POSTGRES.batch_rows,
        batch_bytes=limits.POSTGRES.batch_bytes,
        concurrency=limits.POSTGRES.concurrency,
        verified_against="a real PostgreSQL server",
        settings=(
            Setting("table", "text", "Name of the table.", is_required=True),
            Setting("schema", "text", "Schema of the table.", default="public"),
        ),
        secrets=(
            Secret("dsn", "CDP_POSTGRES_DSN", "postgresql://user:password@host:5432/database"),
        ),
        limits=limit_rows(limits.POSTGRES),
    )

    def problems(self, settings: Mapping[str, object], mode: Mode) -> Sequence[str]:  # noqa: ARG002
        """A name that holds its schema too."""
        if "." in str(settings.get("table", "")):
            return ["table must be a name alone; its schema is a setting of its own"]
        return []

    def open(self, opening: Opening) -> PostgresTable:
        """Connect, and look at the table.

        Raises:
            ConfigurationError: there is no such table or column, or the key is not unique.
            DestinationUnauthorisedError: user or password are not accepted.
            DestinationUnavailableError: no connection.
        """
        return PostgresTable(opening)


class PostgresTable:
    """One table."""

    def __init__(self, opening: Opening) -> None:
        schema, table = str(opening.settings["schema"]), str(opening.settings["table"])
        self._name = f"{schema}.{table}"
        self._table = sql.Identifier(schema, table)
        self._columns = opening.columns
        self._key = opening.key
        self._mode = opening.mode
        self._lock = threading.Lock()
        self._dsn = opening.secrets["dsn"]
        self._connection: Any = None
        with self._lock:
            self._connect()
            self._check(schema, table)

    @property
    def place(self) -> str:
        """The table and its database, without a user."""
        info = self._connection.info
        return f"postgres table {self._name} in {info.dbname} at {info.host}"

    def identity(self) -> str:
        """Host, port, database and table."""
        info = self._connection.info
        return f"postgres:{info.host}:{info.port}/{info.dbname}/{self._name}"

    def remembered_of(self, row: Row) -> Mapping[str, str] | None:  # noqa: ARG002 - the protocol's
        """Nothing: a row is found by its key."""
        return None

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        """Carry out a batch in one transaction.

        Raises:
            BatchRefusedError: the database refuses a value or a constraint; nothing was applied.
            DestinationUnauthorisedError: the user may not write here.
            DestinationUnavailableError: the connection or a lock failed.
        """
        on_leave = batch.rows[0].on_leave if batch.lane == "remove" else None
        if on_leave == "keep":
            return {row.key: ACKNOWLEDGED for row in batch.rows}
        with self._lock:
            if self._connection.closed:
                self._connect()
            self._transact(batch, on_leave)
        return {row.key: ACKNOWLEDGED for row in batch.rows}

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _transact(self, batch: Batch, on_leave: str | None) -> None:
        failed: DestinationError | None = None
        try:
            with self._connection, self._connection.cursor() as cursor:
                cursor.execute(f"set local lock_timeout = {_LOCK_MILLISECONDS}")
                if on_leave is None:
                    self._load(cursor, self._columns, _values(batch.rows, self._columns))
                    cursor.execute(self._merge())
                else:
                    self._load(cursor, self._key, _values(batch.rows, self._key))
                    cursor.execute(self._delete() if on_leave == "delete" else self._clear())
        except psycopg2.Error as error:
            failed = self._failure(error)
        if failed is not None:  # outside the handler: the database's own text holds the row
            raise failed

    def _load(
        self,
        cursor: Any,  # noqa: ANN401 - psycopg2's
        columns: Sequence[str],
        rows: Iterable[Sequence[str | None]],
    ) -> None:
        """Copy rows into a temporary table whose columns are those of the table."""
        names = _list(columns)
        cursor.execute(
            sql.SQL("create temp table {} on commit drop as select {} from {} with no data").format(
                sql.Identifier(_BATCH), names, self._table
            )
        )
        statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(_BATCH), names)
        cursor.copy_expert(statement, _Lines(rows))

    def _merge(self) -> sql.Composed:
        others = [name for name in self._columns if name not in self._key]
        if self._mode == "update":
            return sql.SQL("update {} as there set {} from {} as batch where {} and {}").format(
                self._table, self._assignments(others, "batch"), sql.Identifier(_BATCH),
                self._same_key(), self._differs(others, "there", "batch"),
            )  # fmt: skip
        insert = sql.SQL("insert into {} as there ({}) select {} from {} on conflict ({}) ").format(
            self._table, _list(self._columns), _list(self._columns), sql.Identifier(_BATCH),
            _list(self._key),
        )  # fmt: skip
        if self._mode == "insert" or not others:
            return insert + sql.SQL("do nothing")
        return insert + sql.SQL("do update set {} where {}").format(
            self._assignments(others, "excluded"), self._differs(others, "there", "excluded")
        )

    def _delete(self) -> sql.Composed:
        return sql.SQL("delete from {} as there using {} as batch where {}").format(
            self._table, sql.Identifier(_BATCH), self._same_key()
        )

    def _clear(self) -> sql.Composed:
        others = [name for name in self._columns if name not in self._key]
        empty = sql.SQL(", ").join(
            sql.SQL("{} = null").format(sql.Identifier(name)) for name in others
        )
        return sql.SQL("update {} as there set {} from {} as batch where {}").format(
            self._table, empty, sql.Identifier(_BATCH), self._same_key()
        )

    def _same_key(self) -> sql.Composed:
        return sql.SQL(" and ").join(
            sql.SQL("there.{0} = batch.{0}").format(sql.Identifier(name)) for name in self._key
        )

    def _assignments(self, names: Sequence[str], source: str) -> sql.Composed:
        return sql.SQL(", ").join(
            sql.SQL("{0} = {1}.{0}").format(sql.Identifier(name), sql.Identifier(source))
            for name in names
        )

    def _differs(self, names: Sequence[str], one: str, other: str) -> sql.Composed:
        left, right = (
            sql.SQL(", ").join(sql.Identifier(alias, name) for name in names)
            for alias in (one, other)
        )
        return sql.SQL("({}) is distinct from ({})").format(left, right)

    def _connect(self) -> None:
        failed: DestinationError | None = None
        try:
            self._connection = psycopg2.connect(
                self._dsn, connect_timeout=_CONNECT_SECONDS, application_name="warehouse-cdp"
            )
        except psycopg2.OperationalError as error:
            said = str(error)  # looked at and not repeated: it holds the user
            if "authentication" in said or "role" in said or "no password" in said:
                message = f"postgres: refused the user for {self._name}; check the DSN's variable"
                failed = DestinationUnauthorisedError(message)
            else:
                message = f"postgres: no connection to the database of {self._name}"
                failed = DestinationUnavailableError(message)
        except psycopg2.ProgrammingError:
            message = "postgres: the DSN is none; it has the form postgresql://user@host/database"
            failed = ConfigurationError(message)  # type: ignore[assignment]
        if failed is not None:
            raise failed

    def _check(self, schema: str, table: str) -> None:
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(
                "select column_name from information_schema.columns "
                "where table_schema = %s and table_name = %s",
                (schema, table),
            )
            there = {str(row[0]) for row in cursor.fetchall()}
            cursor.execute(
                "select array_agg(attribute.attname::text) from pg_index as index "
                "join pg_class as class on class.oid = index.indrelid "
                "join pg_namespace as namespace on namespace.oid = class.relnamespace "
                "join pg_attribute as attribute on attribute.attrelid = class.oid "
                "and attribute.attnum = any(index.indkey) "
                "where index.indisunique and index.indpred is null "
                "and namespace.nspname = %s and class.relname = %s group by index.indexrelid",
                (schema, table),
            )
            unique = [set(row[0]) for row in cursor.fetchall()]
        problem = None
        missing = [name for name in self._columns if name not in there]
        if not there:
            problem = "there is no such table, or the user may not see it"
        elif missing:
            problem = f"it has no {', '.join(missing)}; it has {', '.join(sorted(there))}"
        elif set(self._key) not in unique:
            problem = f"{', '.join(self._key)} must have a unique index of its own"
        if problem is not None:
            self._connection.close()
            message = f"postgres table {self._name}: {problem}"
            raise ConfigurationError(message)

    def _failure(self, error: psycopg2.Error) -> DestinationError:
        state = error.pgcode or ""
        if state[:2] in _OURS:
            return BatchRefusedError(f"postgres table {self._name}: refused a batch", state)
        if state == "42501":
            message = f"postgres table {self._name}: the user may not write here; nothing was done"
            return DestinationUnauthorisedError(message)
        if not state or state[:2] in _LATER:
            message = f"postgres table {self._name}: the connection or a lock failed ({state})"
            return DestinationUnavailableError(message)
        message = f"postgres table {self._name}: refused what we asked ({state})"
        return DestinationUnauthorisedError(message)


class _Lines:
    """Rows as the text format of COPY, read piece by piece."""

    def __init__(self, rows: Iterable[Sequence[str | None]]) -> None:
        self._lines = (
            ("\t".join(map(_cell, row)) + "\n").encode("utf-8", "surrogatepass") for row in rows
        )
        self._rest = b""

    def read(self, size: int) -> bytes:
        """Return at most ``size`` bytes, none at the end."""
        parts, length = [self._rest], len(self._rest)
        while length < size and (line := next(self._lines, b"")):
            parts.append(line)
            length += len(line)
        whole = b"".join(parts)
        self._rest = whole[size:]
        return whole[:size]


def _cell(value: str | None) -> str:
    if value is None:
        return "\\N"
    escaped = value.replace("\\", "\\\\").replace("\t", "\\t")
    return escaped.replace("\n", "\\n").replace("\r", "\\r")


def _values(rows: Sequence[Row], columns: Sequence[str]) -> Iterable[list[str | None]]:
    for row in rows:
        values = (row.values.get(name) for name in columns)
        yield [None if is_null(value) else to_text(value) for value in values]


def _list(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)

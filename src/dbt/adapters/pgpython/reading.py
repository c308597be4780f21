"""Tables of the server as relations of the session, read when the model reads them.

Whatever one model reads is one snapshot, as it is for one SQL statement: the first connection
exports its snapshot and every further one, which a join of two tables needs, takes it over.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import adbc_driver_manager
import pyarrow as pa
from dbt_common.exceptions import DbtDatabaseError

from dbt.adapters.pgpython.errors import relation_error, server_message
from dbt.adapters.pgpython.types import MOST_DIGITS, ServerColumn, literal, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import adbc_driver_postgresql.dbapi as adbc
    import duckdb

_SNAPSHOT = "begin transaction isolation level repeatable read read only"
_COLUMNS = """
select attname::text as name, typname::text as type_name, atttypmod as typmod
from pg_catalog.pg_attribute
inner join pg_catalog.pg_type on pg_type.oid = pg_attribute.atttypid
where attrelid = {relation}::regclass and attnum > 0 and not attisdropped
order by attnum
"""


class Snapshot:
    """The server as of one moment, on as many connections as are read at once.

    Args:
        connect: opens a connection in autocommit mode.
    """

    def __init__(self, connect: Callable[[], adbc.Connection]) -> None:
        self._connect = connect
        self._idle: list[adbc.Connection] = []
        self._all: list[adbc.Connection] = []
        self._name = ""
        self.failure: Exception | None = None

    @contextmanager
    def stream(self) -> Iterator[adbc.Connection]:
        """A connection for one scan, which may end before all is read."""
        connection = None
        try:
            connection = self.take()
            yield connection
        except GeneratorExit:
            # Rows are still on their way; only the first must stay, for the snapshot's sake.
            if connection is not None and connection is not self._all[0]:
                self._all.remove(connection)
                connection.close()
            raise
        except Exception as error:
            # What DuckDB raises of it is wrapped three times over.
            self.failure = error
            raise
        self.give_back(connection)

    def take(self) -> adbc.Connection:
        """A connection that nothing reads from."""
        if self._idle:
            return self._idle.pop()
        connection = self._connect()
        self._all.append(connection)
        with connection.cursor() as cursor:
            cursor.execute(_SNAPSHOT)
            if self._name:
                try:
                    cursor.execute(f"set transaction snapshot {literal(self._name)}")
                except adbc_driver_manager.Error as error:
                    said = server_message(error)
                    message = f"a connection that the model reads through was closed: {said}"
                    raise DbtDatabaseError(message) from error
            else:
                cursor.execute("select pg_export_snapshot() as name")
                self._name = cursor.fetchone()[0]
        return connection

    def give_back(self, connection: adbc.Connection) -> None:
        """Let the connection serve again."""
        self._idle.append(connection)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What a small query returns."""
        connection = self.take()
        with connection.cursor() as cursor:
            cursor.execute(sql)
            found: list[dict[str, Any]] = cursor.fetch_arrow_table().to_pylist()
        self.give_back(connection)
        return found

    def close(self) -> None:
        """End the snapshot."""
        for connection in self._all:
            connection.close()
        self._all, self._idle = [], []


class ServerTable:
    """A table of the server, read anew by each scan, batch by batch.

    DuckDB takes it for what the Arrow PyCapsule interface describes.

    Args:
        snapshot: to read from.
        relation: its name, quoted for SQL.
        also: an expression of the server, with a name, that is read beside the columns.

    Raises:
        DbtRuntimeError: there is no such table, or it cannot be read exactly.
    """

    def __init__(self, snapshot: Snapshot, relation: str, also: str | None = None) -> None:
        self._snapshot = snapshot
        with relation_error(relation):
            self.columns = _columns(snapshot, relation)
            selected = [column.selected() for column in self.columns]
            names = ", ".join([*selected, also] if also else selected)
            # The relation's name comes from dbt, quoted; the columns' from the catalog.
            self._sql = f"select {names} from {relation}"  # noqa: S608
            connection = snapshot.take()
            with connection.cursor() as cursor:
                self._schema = _plain(cursor.adbc_execute_schema(self._sql))
            snapshot.give_back(connection)

    def __arrow_c_schema__(self) -> object:
        """Its columns, without reading it."""
        return self._schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Its rows, read as they are asked for."""
        reader = pa.RecordBatchReader.from_batches(self._schema, self._batches())
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        with self._snapshot.stream() as connection, connection.cursor() as cursor:
            cursor.execute(self._sql)
            for batch in cursor.fetch_record_batch():
                yield pa.RecordBatch.from_arrays(batch.columns, schema=self._schema)


def relation_of(
    session: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    relation: str,
    also: str | None = None,
) -> duckdb.DuckDBPyRelation:
    """A table of the server as a relation of the session, its types as on DuckDB.

    Args:
        session: of the model.
        snapshot: to read from.
        relation: the table's name, quoted for SQL.
        also: an expression of the server, with a name, that is read beside the columns.
    """
    table = ServerTable(snapshot, relation, also)
    received = [column.received() for column in table.columns]
    if also:
        received.append(also.rpartition(" as ")[2])
    return session.from_arrow(table).project(", ".join(received))


def _columns(snapshot: Snapshot, relation: str) -> list[ServerColumn]:
    found = snapshot.rows(_COLUMNS.format(relation=literal(relation)))
    columns = [ServerColumn(**row) for row in found]
    measured = [column for column in columns if column.is_unbounded_numeric]
    if not measured:
        return columns
    digits = {column.name: _digits(snapshot, relation, column) for column in measured}
    return [replace(column, numeric_digits=digits.get(column.name)) for column in columns]


def _digits(snapshot: Snapshot, relation: str, column: ServerColumn) -> tuple[int, int]:
    """Digits before and after the point that the values of a numeric need."""
    value, source = quoted(column.name), relation
    if column.is_array:
        value, source = "element", f"{relation}, unnest({quoted(column.name)}) as element"
    # Names from the catalog, quoted.
    (row,) = snapshot.rows(
        "select coalesce(max(length(trunc(abs(finite))::text)), 1) as before,"  # noqa: S608
        " coalesce(max(min_scale(finite)), 0) as after,"
        f" count(*) filter (where {value} in ('NaN', 'Infinity', '-Infinity')) as endless"
        f" from {source} cross join lateral"
        f" (select nullif(nullif(nullif({value}, 'NaN'), 'Infinity'), '-Infinity') as finite)"
        " as one"
    )
    if row["endless"] or row["before"] + row["after"] > MOST_DIGITS:
        message = (
            f'column "{column.name}" of {relation} holds a numeric that has no exact DuckDB type'
            f" (more than {MOST_DIGITS} digits, NaN or infinity): cast it to double precision or"
            " text in the SQL model that makes it"
        )
        raise ValueError(message)
    return row["before"], row["after"]


def _plain(schema: pa.Schema) -> pa.Schema:
    """The schema without the driver's notes, which the batches need not repeat."""
    return pa.schema([pa.field(field.name, field.type) for field in schema])

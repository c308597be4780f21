"""The result of a Python model as a table of the server, batch by batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import adbc_driver_manager
import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dbt.adapters.pgpython.errors import NulByteError
from dbt.adapters.pgpython.types import SentColumn, quoted, sent_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    import adbc_driver_postgresql.dbapi as adbc

# Ten thousand texts of a thousand letters are ten megabytes, of which a few copies are under way.
_BATCH_ROWS = 10_000
_LONGEST_NAME = 63
_RESULT = "__dbt_result"


@dataclass(frozen=True)
class Output:
    """Where a result goes.

    Attributes:
        schema: of the table.
        identifier: of the table, which does not exist yet.
        unlogged: whether it bypasses the write-ahead log.
    """

    schema: str
    identifier: str
    unlogged: bool = False


def as_relation(session: duckdb.DuckDBPyConnection, result: Any) -> duckdb.DuckDBPyRelation:
    """What ``model()`` returned, as a relation of the session.

    Args:
        session: of the model.
        result: a DuckDB relation, a pandas frame or anything of Arrow's that DuckDB reads.

    Raises:
        TypeError: it is none of these.
    """
    if isinstance(result, duckdb.DuckDBPyRelation):
        return result
    try:
        session.register(_RESULT, result)
    except (duckdb.Error, TypeError) as error:
        message = (
            f"model() returned {type(result).__name__}; it must return a DuckDB relation, a pandas"
            " DataFrame or an Arrow table"
        )
        raise TypeError(message) from error
    return session.table(_RESULT)


def write(connection: adbc.Connection, relation: duckdb.DuckDBPyRelation, output: Output) -> int:
    """Make a table of a relation, in one transaction.

    Args:
        connection: not in autocommit mode; committed on success.
        relation: whose rows to store.
        output: the table to make.

    Returns:
        The number of rows.

    Raises:
        NulByteError: a text holds a NUL byte, which Postgres cannot store; nothing is stored.
        ValueError: a column's name is longer than Postgres keeps.
    """
    names = zip(relation.columns, relation.types, strict=True)
    columns = [sent_column(name, str(kind)) for name, kind in names]
    _check_names(columns)
    table = quoted(output.schema, output.identifier)
    declared = ", ".join(column.definition() for column in columns)
    unlogged = "unlogged " if output.unlogged else ""
    reader = _reader(relation.project(", ".join(column.expression for column in columns)))
    failures: list[Exception] = []
    rows = pa.RecordBatchReader.from_batches(reader.schema, _without_nul(reader, failures))
    with connection.cursor() as cursor:
        cursor.execute(f"create {unlogged}table {table} ({declared})")
        try:
            count = cursor.adbc_ingest(
                output.identifier, rows, mode="append", db_schema_name=output.schema
            )
        except adbc_driver_manager.Error:
            if failures:  # in its own words, not in the driver's
                raise failures[0] from None
            raise
        for statement in _conversions(table, columns):
            cursor.execute(statement)
    connection.commit()
    return int(count)


def _reader(relation: duckdb.DuckDBPyRelation) -> pa.RecordBatchReader:
    # DuckDB 1.4 knows only the older name, which newer ones warn of.
    name = "to_arrow_reader" if hasattr(relation, "to_arrow_reader") else "fetch_record_batch"
    reader: pa.RecordBatchReader = getattr(relation, name)(_BATCH_ROWS)
    return reader


def _check_names(columns: list[SentColumn]) -> None:
    for column in columns:
        if len(column.name.encode()) > _LONGEST_NAME:
            message = (
                f'column "{column.name}": Postgres keeps {_LONGEST_NAME} bytes of a name; rename it'
            )
            raise ValueError(message)


def _conversions(table: str, columns: list[SentColumn]) -> list[str]:
    changes = [
        f"alter column {quoted(one.name)} type {one.declared}"
        f" using {quoted(one.name)}::{one.declared}"
        for one in columns
        if one.stored_as
    ]
    return [f"alter table {table} {', '.join(changes)}"] if changes else []


def _without_nul(
    reader: pa.RecordBatchReader, failures: list[Exception]
) -> Iterator[pa.RecordBatch]:
    """The batches, each looked through before it is sent; notes what went wrong."""
    first = 0
    try:
        for batch in reader:
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                _refuse_nul(name, column, first)
            yield batch
            first += batch.num_rows
    except Exception as error:
        failures.append(error)
        raise


def _refuse_nul(name: str, column: pa.Array, first: int) -> None:
    if pa.types.is_large_list(column.type) or pa.types.is_list(column.type):
        if _may_hold_nul(column.values):
            texts = column.to_pylist()
            found = [any("\0" in one for one in row or () if one) for row in texts]
            if any(found):
                raise NulByteError(name, first + found.index(True) + 1)
        return
    if _may_hold_nul(column):
        row = pc.index(pc.match_substring(column, "\0"), value=True).as_py()
        if row >= 0:
            raise NulByteError(name, first + row + 1)


def _may_hold_nul(column: pa.Array) -> bool:
    """Whether any byte of its texts is zero: one pass over the bytes, and seldom a second."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return False
    data = column.buffers()[2]
    return data is not None and data.size > 0 and not np.frombuffer(data, np.uint8).all()

"""A read-only copy of the marts for BI tools, since one writer locks a DuckDB file.

Views become tables, so that the copy needs neither the warehouse nor the state; it is written
beside the old copy and takes its name only when it is complete. Who reads the old one meanwhile
goes on reading it.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from warehouse_cdp.destinations.atomic import replaced_file
from warehouse_cdp.errors import ConfigurationError, DestinationError
from warehouse_cdp.warehouse.connection import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COLUMNS = ["schema_name", "table_name", "row_count"]
_COPY = "cdp_published"
_GROUP_READABLE = 0o640


def nothing_published() -> pd.DataFrame:
    """The report of a run that published nothing: a partial build, say."""
    empty = pd.DataFrame(columns=COLUMNS)
    return empty.astype({"schema_name": "string", "table_name": "string", "row_count": "int64"})


def publish_tables(
    connection: duckdb.DuckDBPyConnection, schemas: Sequence[str], path: str
) -> pd.DataFrame:
    """Copy every table and view of some schemas into a DuckDB file, under the same names.

    Args:
        connection: to the warehouse; its own transaction is left alone.
        schemas: whose tables to publish.
        path: the file to replace.

    Returns:
        ``COLUMNS``, one row per table.

    Raises:
        ConfigurationError: the path is the warehouse itself, or another file in use.
        DestinationError: the copy could not be written; the old one is as it was.
    """
    cursor = connection.cursor()
    try:
        _refuse_own_files(cursor, path)
        tables = cursor.execute(
            "select table_catalog, table_schema, table_name from information_schema.tables "
            "where table_catalog = current_database() and list_contains($1, table_schema) "
            "and not contains(table_name, '__dbt_') order by all",
            [list(schemas)],
        ).fetchall()
        with replaced_file(Path(path), _GROUP_READABLE) as part, _attached(cursor, part):
            rows = [
                (schema, name, _copy(cursor, catalog, schema, name))
                for catalog, schema, name in tables
            ]
    except (OSError, duckdb.Error) as error:
        message = f"cannot publish to {path} ({type(error).__name__}); the old copy is as it was"
        raise DestinationError(message) from None
    finally:
        cursor.close()
    return pd.DataFrame(rows, columns=COLUMNS) if rows else nothing_published()


def _refuse_own_files(cursor: duckdb.DuckDBPyConnection, path: str) -> None:
    in_use = cursor.execute("select path from duckdb_databases() where path is not null").fetchall()
    if Path(path).resolve() in {Path(row[0]).resolve() for row in in_use}:
        message = f"var publish_path: {path} is the warehouse or its state; name another file"
        raise ConfigurationError(message)


@contextlib.contextmanager
def _attached(cursor: duckdb.DuckDBPyConnection, part: Path) -> Iterator[None]:
    part.unlink()  # DuckDB makes its own file
    wal = part.with_name(part.name + ".wal")
    wal.unlink(missing_ok=True)
    literal = "'" + str(part).replace("'", "''") + "'"
    cursor.execute(f"attach {literal} as {_COPY}")
    try:
        yield
    finally:
        cursor.execute(f"detach {_COPY}")  # writes everything into the one file
        wal.unlink(missing_ok=True)


def _copy(cursor: duckdb.DuckDBPyConnection, catalog: str, schema: str, name: str) -> int:
    origin, copy = quoted(catalog, schema, name), quoted(_COPY, schema, name)
    cursor.execute(f"create schema if not exists {quoted(_COPY, schema)}")
    # Names from the catalog, quoted: no value ever stands in this text.
    made = cursor.execute(f"create table {copy} as select * from {origin}").fetchone()  # noqa: S608
    return int(made[0]) if made else 0

"""Copying a DuckDB file into a fresh one, and putting the fresh one in its place.

A row that was deleted stays readable in the file: DELETE, CHECKPOINT, VACUUM and dropping the
table leave its bytes. Only a copy into a new file is without them. The copy is written beside the
old file under a fixed name and takes its name by one rename when it is complete and on disk, so a
crash at any moment leaves the old file or the new one, and the next copy clears the remains away.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from warehouse_cdp.destinations.atomic import PRIVATE_FILE, part_path
from warehouse_cdp.errors import InputDataError, WarehouseBusyError
from warehouse_cdp.warehouse.connection import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Table = tuple[str, str]
"""Schema and name of a table."""

_FRESH = "cdp_fresh_copy"


def attach_alone(connection: duckdb.DuckDBPyConnection, path: Path, alias: str) -> None:
    """Attach a file for writing, so that nobody else can change it, with nothing left in its log.

    Raises:
        WarehouseBusyError: another process holds the file.
        InputDataError: it is no DuckDB file, or is not there.
    """
    _attach(connection, path, alias, "")
    connection.execute(f"force checkpoint {quoted(alias)}")


def attach_to_read(connection: duckdb.DuckDBPyConnection, path: Path, alias: str) -> None:
    """Attach a file for reading; others may read it too.

    Raises:
        WarehouseBusyError: another process holds the file for writing.
        InputDataError: it is no DuckDB file, or is not there.
    """
    _attach(connection, path, alias, " (read_only)")


def _attach(connection: duckdb.DuckDBPyConnection, path: Path, alias: str, options: str) -> None:
    if not path.is_file():
        message = f"{path} does not exist"
        raise InputDataError(message)
    try:
        connection.execute(f"attach {_literal(path)} as {quoted(alias)}{options}")
    except duckdb.Error as error:
        if "lock on file" in str(error):
            message = (
                f"{path} is in use by another process (a dbt run, a sync, a BI tool or an open "
                "DuckDB shell): wait for it or close it, then run the same command again"
            )
            raise WarehouseBusyError(message) from None
        message = f"{path} cannot be opened as a DuckDB database ({type(error).__name__})"
        raise InputDataError(message) from None


def tables_of(connection: duckdb.DuckDBPyConnection, alias: str) -> dict[Table, list[str]]:
    """Every table of an attached database with its columns, in order."""
    rows = connection.execute(
        """
        select columns.schema_name, columns.table_name, columns.column_name
        from duckdb_columns() as columns
        inner join duckdb_tables() as tables using (database_oid, schema_oid, table_oid)
        where tables.database_name = $1 and not tables.internal
        order by columns.schema_name, columns.table_name, columns.column_index
        """,
        [alias],
    ).fetchall()
    found: dict[Table, list[str]] = {}
    for schema, table, column in rows:
        found.setdefault((str(schema), str(table)), []).append(str(column))
    return found


@contextmanager
def fresh_copy(
    connection: duckdb.DuckDBPyConnection,
    alias: str,
    path: Path,
    contents: Mapping[Table, str] | None = None,
) -> Iterator[Path]:
    """Yield a complete copy of an attached database that waits beside ``path`` for its name.

    Args:
        connection: where ``alias`` is attached.
        alias: the database to copy: tables, views, macros, comments.
        path: whose place the copy is for (see ``take_place``).
        contents: for some tables a query that yields what the copy shall hold instead of all
            rows; its columns stand in the table's order.

    What the block did not put in place is deleted.

    Raises:
        InputDataError: the copy could not be written (a full disk, say); nothing was changed.
    """
    part = part_path(path)
    _clear(part)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _write(connection, alias, part, contents or {})
        part.chmod(path.stat().st_mode & 0o777 if path.exists() else PRIVATE_FILE)
        _flush(part)
        yield part
    finally:
        _clear(part)


def take_place(part: Path, path: Path) -> None:
    """Give a complete copy the name of the file that it replaces, in one step.

    The old file must have no log of its own any more (``attach_alone`` sees to that): it would be
    taken for the new one's.
    """
    _log_of(path).unlink(missing_ok=True)
    part.replace(path)
    _flush(path.parent)


def _write(
    connection: duckdb.DuckDBPyConnection, alias: str, part: Path, contents: Mapping[Table, str]
) -> None:
    try:
        connection.execute(f"attach {_literal(part)} as {_FRESH}")
        try:
            connection.execute(f"copy from database {quoted(alias)} to {_FRESH} (schema)")
            for table in tables_of(connection, alias):
                # Names from the catalog, quoted: no value ever stands in this text.
                rows = contents.get(table) or f"select * from {quoted(alias, *table)}"  # noqa: S608
                connection.execute(f"insert into {quoted(_FRESH, *table)} {rows}")
        finally:
            connection.execute(f"detach {_FRESH}")  # writes everything into the one file
    except (duckdb.Error, OSError) as error:
        message = (
            f"a fresh copy beside {part.parent} could not be written ({type(error).__name__}); "
            "the files are as they were. Is there room for a second copy on the disk?"
        )
        raise InputDataError(message) from None


def _clear(part: Path) -> None:
    part.unlink(missing_ok=True)
    _log_of(part).unlink(missing_ok=True)


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Opening the warehouse and its state the way the profile says, with errors a user can act on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import duckdb
import psycopg2
from psycopg2 import errors as pg

from warehouse_cdp.errors import InputDataError, WarehouseBusyError
from warehouse_cdp.warehouse.postgres import PostgresConnection, open_postgres
from warehouse_cdp.warehouse.profile import STATE_ALIAS, Target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from warehouse_cdp.warehouse.profile import AnyTarget

Connection: TypeAlias = duckdb.DuckDBPyConnection | PostgresConnection
"""Either engine's: statements with ``$1`` for a parameter, rows as tuples."""
QUERY_ERRORS = (duckdb.Error, psycopg2.Error)
"""What either engine raises of a statement."""
NOT_THERE = (duckdb.CatalogException, pg.UndefinedTable, pg.InvalidSchemaName)
"""What either engine raises of a table that was not made yet."""


def quoted(*parts: str) -> str:
    """Return a quoted SQL name of one or more parts."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


@contextmanager
def open_warehouse(
    target: Target, *, writes_state: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection with the warehouse (read only) and the state attached.

    The catalogs carry the names that dbt gives them, since views hold them.

    Raises:
        WarehouseBusyError: another process holds one of the files.
        InputDataError: the warehouse does not exist or is no DuckDB file.
    """
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("set TimeZone = 'UTC'")
        attach_target(connection, target, writes_state=writes_state)
        yield connection
    finally:
        connection.close()


def attach_target(
    connection: duckdb.DuckDBPyConnection, target: Target, *, writes_state: bool
) -> None:
    """Attach the warehouse (read only) and the files beside it, under the names dbt gives them.

    Raises:
        WarehouseBusyError: another process holds one of the files.
        InputDataError: the warehouse does not exist or is no DuckDB file.
    """
    if not target.warehouse.exists():
        message = (
            f"{target.warehouse} does not exist: load data (the sample: `cdp load-sample`) and "
            f"run `dbt build --target {target.name}`"
        )
        raise InputDataError(message)
    attach_file(connection, target.warehouse, target.database, read_only=True)
    for alias, path in target.attachments.items():
        is_written = writes_state and path == target.state
        if path.exists() or is_written:
            attach_file(connection, path, alias, read_only=not is_written)


def open_any_warehouse(target: AnyTarget) -> AbstractContextManager[Connection]:
    """Open the warehouse of either engine to read, with its state.

    Raises:
        WarehouseBusyError: another process holds a DuckDB file.
        InputDataError: a DuckDB file does not exist or is none.
        ConfigurationError: a server cannot be reached, or knows neither user nor database.
    """
    return open_warehouse(target) if isinstance(target, Target) else open_postgres(target)


LAYERS = ("staging", "intermediate", "identity", "marts", "segments", "audiences", "activation")


def in_target(template: str, target: AnyTarget) -> str:
    """Fill in where the layers are: ``{marts}.orders`` becomes ``"cdp"."dev_marts".orders``."""
    places = {layer: quoted(target.database, target.schema_of(layer)) for layer in LAYERS}
    return template.format(**places)


def state_table(target: AnyTarget, name: str) -> str:
    """The quoted name of a table of the state."""
    catalog = STATE_ALIAS if isinstance(target, Target) else target.database
    return quoted(catalog, target.state_schema, name)


def use_state(connection: Connection, target: AnyTarget) -> bool:
    """Make the state's tables reachable by their bare names; false when there are none yet."""
    catalog = STATE_ALIAS if isinstance(target, Target) else target.database
    found = connection.execute(
        "select count(*) from information_schema.tables where table_catalog = $1 "
        "and table_schema = $2 and table_name = 'sync_state'",
        [catalog, target.state_schema],
    ).fetchone()
    if not found or not found[0]:
        return False
    if isinstance(target, Target):
        connection.execute(f"use {quoted(catalog, target.state_schema)}")
    else:
        connection.execute(f"set search_path to {quoted(target.state_schema)}")
    return True


def attach_file(
    connection: duckdb.DuckDBPyConnection, path: Path, alias: str, *, read_only: bool
) -> None:
    """Attach a DuckDB file under a name.

    Raises:
        WarehouseBusyError: another process holds the file.
        InputDataError: the file is no DuckDB database.
    """
    literal = "'" + str(path).replace("'", "''") + "'"
    options = " (read_only)" if read_only else ""
    try:
        connection.execute(f"attach {literal} as {quoted(alias)}{options}")
    except duckdb.Error as error:
        if "lock on file" in str(error):
            message = (
                f"{path} is in use by another process (a dbt run, a sync, a BI tool or an open "
                "DuckDB shell): wait for it or close it, then run the same command again"
            )
            raise WarehouseBusyError(message) from None
        message = f"{path} cannot be opened as a DuckDB database ({type(error).__name__})"
        raise InputDataError(message) from None

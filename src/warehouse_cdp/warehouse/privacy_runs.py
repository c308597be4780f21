"""The record of privacy requests: a row of state for each that somebody dealt with."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.privacy.person import REQUEST_ID
from warehouse_cdp.warehouse.connection import in_target, open_warehouse, quoted
from warehouse_cdp.warehouse.profile import STATE_ALIAS
from warehouse_cdp.warehouse.state_erasure import RESULTS, RUNS, ErasureRun

if TYPE_CHECKING:
    from warehouse_cdp.privacy import Naming
    from warehouse_cdp.warehouse.profile import Target

_RUN_ROW = (
    "select $1::text as run_id, $2::text as request_id, $3::text as request_type, "
    "$4::text as subject_hash, $5::text as requested_by, $6::timestamp as started_at, "
    "$7::timestamp as finished_at"
)


def record_run(target: Target, run: ErasureRun, request_type: str, subject: str) -> None:
    """Append that somebody dealt with a request to the state; ``subject`` is a keyed hash.

    Raises:
        InputDataError: the state has no table for it yet.
        WarehouseBusyError: another process holds the state.
    """
    with open_warehouse(target, writes_state=True) as connection:
        require_tables(connection, target)
        place = quoted(STATE_ALIAS, target.state_schema, RUNS)
        connection.execute(
            f"insert into {place} by name {_RUN_ROW}",
            _run_values(run, request_type, subject),
        )


def add_run(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    run: ErasureRun,
    request_type: str,
    subject: str,
) -> None:
    """Make a temporary table with the row that ``record_run`` would append."""
    connection.execute(
        f"create or replace temp table {quoted(table)} as {_RUN_ROW}",
        _run_values(run, request_type, subject),
    )


def new_run(target: Target, named: Naming, requested_by: str, data_clock: datetime) -> ErasureRun:
    """A run that starts now; its request is the one named, or one of its own."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    request_id = named.value if named.kind == REQUEST_ID else f"{target.name}-{run_id}"
    return ErasureRun(run_id, request_id, requested_by, now, data_clock)


def data_clock(connection: duckdb.DuckDBPyConnection, target: Target) -> datetime:
    """The clock of the last build.

    Raises:
        InputDataError: nothing was built.
    """
    try:
        row = connection.execute(
            in_target("select max(as_of) from {intermediate}.int_build_context", target)
        ).fetchone()
    except duckdb.CatalogException:
        row = None
    if not row or row[0] is None:
        message = f"{target.place} was not built: run `dbt build --target {target.name}`"
        raise InputDataError(message)
    clock: datetime = row[0]
    return clock


def require_tables(connection: duckdb.DuckDBPyConnection, target: Target) -> None:
    """Refuse a state that has no tables for privacy requests.

    Raises:
        InputDataError: the project was not built since they came.
    """
    row = connection.execute(
        "select count(*) from duckdb_tables() where database_name = $1 and schema_name = $2 "
        "and list_contains($3, table_name)",
        [STATE_ALIAS, target.state_schema, [RESULTS, RUNS]],
    ).fetchone()
    if not row or row[0] < len((RESULTS, RUNS)):
        message = (
            f"{target.state_place} has no tables for privacy requests of target {target.name}: "
            f"run `dbt build --target {target.name}` first"
        )
        raise InputDataError(message)


def _run_values(run: ErasureRun, request_type: str, subject: str) -> list[Any]:
    finished_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    return [
        run.run_id,
        run.request_id,
        request_type,
        subject,
        run.requested_by,
        run.started_at,
        finished_at,
    ]

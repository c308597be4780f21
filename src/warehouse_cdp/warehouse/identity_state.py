"""Identity as the command line reads it (why are two records one?) and undoes it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import as_table, explain, rollback, text_columns
from warehouse_cdp.warehouse.connection import in_target, open_warehouse, quoted
from warehouse_cdp.warehouse.profile import STATE_ALIAS

if TYPE_CHECKING:
    from warehouse_cdp.warehouse.profile import Target


@dataclass(frozen=True)
class Rollback:
    """What rolling a run back wrote, or would write."""

    run_id: str
    rollback_run_id: str
    record_count: int
    is_dry_run: bool


def roll_back(target: Target, run_id: str, *, is_dry_run: bool) -> Rollback:
    """Append the reverse of a run to ``identity_assignments``, all or nothing.

    Raises:
        InputDataError: identity has never been built in this state.
        StateRefusedError: the run is unknown, or a later run changed its records again.
        WarehouseBusyError: another process holds the warehouse or the state.
    """
    table = quoted(STATE_ALIAS, target.state_schema, "identity_assignments")
    clock = pd.Timestamp(datetime.now(UTC).replace(tzinfo=None)).floor("s")
    with open_warehouse(target, writes_state=not is_dry_run) as connection:
        try:
            log = text_columns(connection.execute(f"from {table}").df())
        except duckdb.CatalogException:
            message = f"{target.state} holds no identity_assignments: run `dbt build` first"
            raise InputDataError(message) from None
        new_run_id = str(uuid.uuid4())
        reverse = as_table("identity_assignments", rollback(log, run_id, new_run_id, clock))
        if not is_dry_run:
            connection.register("reverse_rows", reverse)
            connection.execute(f"insert into {table} by name from reverse_rows")
    return Rollback(run_id, new_run_id, len(reverse), is_dry_run)


def explain_records(target: Target, left_record_id: str, right_record_id: str) -> pd.DataFrame:
    """The path of links between two records of a customer (``linkage.PATH_COLUMNS``).

    Raises:
        InputDataError: identity has not been built, or no path joins the two.
        WarehouseBusyError: another process holds the warehouse.
    """
    with open_warehouse(target) as connection:
        try:
            links = connection.execute(in_target("from {identity}.identity_links", target)).df()
        except duckdb.CatalogException:
            message = f"{target.warehouse} holds no identity_links: run `dbt build` first"
            raise InputDataError(message) from None
    return explain(links, left_record_id, right_record_id)

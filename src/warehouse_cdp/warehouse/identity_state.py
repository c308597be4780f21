"""Identity as the command line undoes it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import as_table, rollback, text_columns
from warehouse_cdp.warehouse.connection import open_warehouse, quoted
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
            message = f"{target.state_place} holds no identity_assignments: run `dbt build` first"
            raise InputDataError(message) from None
        new_run_id = str(uuid.uuid4())
        reverse = as_table("identity_assignments", rollback(log, run_id, new_run_id, clock))
        if not is_dry_run:
            connection.register("reverse_rows", reverse)
            connection.execute(f"insert into {table} by name from reverse_rows")
    return Rollback(run_id, new_run_id, len(reverse), is_dry_run)

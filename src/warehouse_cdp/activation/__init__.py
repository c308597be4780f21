"""The sync engine: plans and guards what leaves the warehouse. Pure; edges come in as ports."""

from warehouse_cdp.activation.config import (
    FileSpec,
    Guards,
    MappedColumn,
    SyncConfig,
    choose_syncs,
    syncs_of,
    unfinished_upstream,
)
from warehouse_cdp.activation.delivery import (
    Delivery,
    Destination,
    Outcome,
    RunRecord,
    SyncReport,
    SyncStore,
)
from warehouse_cdp.activation.plan import PlanInput, SyncPlan, build_plan
from warehouse_cdp.activation.runner import RunContext, run_sync
from warehouse_cdp.activation.values import row_hashes, sync_keys, text_columns, to_text

__all__ = [
    "Delivery",
    "Destination",
    "FileSpec",
    "Guards",
    "MappedColumn",
    "Outcome",
    "PlanInput",
    "RunContext",
    "RunRecord",
    "SyncConfig",
    "SyncPlan",
    "SyncReport",
    "SyncStore",
    "build_plan",
    "choose_syncs",
    "row_hashes",
    "run_sync",
    "sync_keys",
    "syncs_of",
    "text_columns",
    "to_text",
    "unfinished_upstream",
]

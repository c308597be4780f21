"""The sync engine: plans and guards what leaves the warehouse. Pure; edges come in as ports."""

from warehouse_cdp.activation.config import (
    ContactPoint,
    DestinationSpec,
    Guards,
    MappedColumn,
    SyncConfig,
    choose_syncs,
    unfinished_upstream,
)
from warehouse_cdp.activation.declaration import syncs_of
from warehouse_cdp.activation.delivery import (
    Beginning,
    Ending,
    Journal,
    PlannedRow,
    Planning,
    Run,
    RunContext,
    SyncReport,
    SyncStore,
    Tally,
    Vault,
)
from warehouse_cdp.activation.guards import ALLOWANCES
from warehouse_cdp.activation.plan import Counts, SyncPlan
from warehouse_cdp.activation.protocol import (
    Batch,
    Capabilities,
    Destination,
    DestinationType,
    Opening,
    Outcome,
    Row,
    Snapshot,
    SnapshotDestination,
)
from warehouse_cdp.activation.runner import run_sync
from warehouse_cdp.activation.values import split_key, to_text

__all__ = [
    "ALLOWANCES",
    "Batch",
    "Beginning",
    "Capabilities",
    "ContactPoint",
    "Counts",
    "Destination",
    "DestinationSpec",
    "DestinationType",
    "Ending",
    "Guards",
    "Journal",
    "MappedColumn",
    "Opening",
    "Outcome",
    "PlannedRow",
    "Planning",
    "Row",
    "Run",
    "RunContext",
    "Snapshot",
    "SnapshotDestination",
    "SyncConfig",
    "SyncPlan",
    "SyncReport",
    "SyncStore",
    "Tally",
    "Vault",
    "choose_syncs",
    "run_sync",
    "split_key",
    "syncs_of",
    "to_text",
    "unfinished_upstream",
]

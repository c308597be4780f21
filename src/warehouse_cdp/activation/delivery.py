"""The seam between the engine and the outside: what a destination and a store must be able to do.

Every destination answers per key, so that one bad row neither stops nor hides the others; what
it does not answer for was not delivered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import pandas as pd

    from warehouse_cdp.activation.config import SyncConfig
    from warehouse_cdp.activation.plan import SyncPlan

Status = Literal["acknowledged", "rejected", "retry"]
RunStatus = Literal["succeeded", "unchanged", "partial", "blocked", "failed", "planned"]


@dataclass(frozen=True)
class Outcome:
    """What a destination did with one key; ``error_code`` names a kind, never a value."""

    status: Status
    error_code: str | None = None


@dataclass(frozen=True)
class Delivery:
    """One batch for a destination.

    ``changes`` has plan.CHANGE_COLUMNS. ``contents`` has the key as index and the destination's
    columns; it is None when only the removals of ``changes`` may be carried out on what is there.
    """

    run_id: str
    changes: pd.DataFrame
    contents: pd.DataFrame | None


class Destination(Protocol):
    """Something outside that takes rows."""

    @property
    def place(self) -> str:
        """Where the rows go, for a person to read."""

    def has_lost_everything(self) -> bool:
        """Whether what was acknowledged is known to be gone, so that all must be sent again."""

    def deliver(self, delivery: Delivery) -> Mapping[str, Outcome]:
        """Carry out the changes and answer for each key.

        Raises:
            DestinationError: nothing was delivered.
        """


@dataclass(frozen=True)
class SyncReport:
    """What one sync did or, in a dry run, would do."""

    sync_name: str
    run_id: str
    status: RunStatus
    place: str
    plan: SyncPlan
    rejected_count: int = 0
    blocked_because: str | None = None


@dataclass(frozen=True)
class RunRecord:
    """One row of ``sync_runs``, but for its times."""

    run_id: str
    config: SyncConfig
    plan: SyncPlan
    status: RunStatus
    error_code: str | None
    rejected_count: int


class SyncStore(Protocol):
    """The warehouse as a sync sees it."""

    def read_source(self, config: SyncConfig) -> pd.DataFrame:
        """Rows of the model: ``config.read_columns``."""

    def read_candidates(self, config: SyncConfig) -> pd.DataFrame:
        """Everyone considered: the key columns, ``customer_id`` and ``holdback_reason``."""

    def read_standings(self, config: SyncConfig) -> pd.DataFrame:
        """Every customer id, living or retired: ``customer_id`` and ``holdback_reason``."""

    def read_state(self, sync_name: str) -> pd.DataFrame:
        """What was acknowledged: ``plan.STATE_COLUMNS``."""

    def record(
        self, run: RunRecord, log: pd.DataFrame, started_at: datetime, finished_at: datetime
    ) -> None:
        """Append the run and its log, and bring the state up to date, in one transaction.

        ``log`` has ``plan.CHANGE_COLUMNS`` and ``status``, ``error_code``: acknowledged rows
        become or leave the state, others change nothing.
        """

"""What a run of a sync works with beside the destination: rows of the plan, store, journal, report.

The store is the warehouse as a sync sees it. The journal is written before a batch is sent and
after it was answered, so that whatever happens in between is known to the next run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    import pyarrow as pa

    from warehouse_cdp.activation.config import SyncConfig
    from warehouse_cdp.activation.plan import SyncPlan
    from warehouse_cdp.activation.protocol import Batch, OnLeave, Operation, Outcome, Value
    from warehouse_cdp.errors import CdpError

RunStatus = Literal[
    "succeeded", "unchanged", "partial", "blocked", "failed", "planned", "interrupted"
]
OPERATIONS: tuple[Operation, ...] = ("add", "change", "remove")


class PlannedRow(NamedTuple):
    """One row of the open plan, with its content as it may be sent now.

    ``current_hash`` is None for one that may not be written any more. Its text never shows the
    content.
    """

    number: int
    key: str
    operation: Operation
    reason: str
    row_hash: str
    destination_key: str
    destination_id: str | None
    remembered: str | None
    on_leave: OnLeave | None
    idempotency_key: str
    current_hash: str | None
    contact_value: str | None
    cells: tuple[Value, ...]

    def __repr__(self) -> str:
        """Which row of the plan it is, and no more."""
        return f"PlannedRow(number={self.number}, operation={self.operation!r})"


@dataclass(slots=True)
class Tally:
    """Rows of a run by operation, and how many batches it took."""

    attempted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OPERATIONS, 0))
    succeeded: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OPERATIONS, 0))
    rejected: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OPERATIONS, 0))
    unanswered: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OPERATIONS, 0))
    superseded: int = 0
    batches: int = 0

    @property
    def failed_count(self) -> int:
        """Rows that were sent and are not acknowledged."""
        return sum(self.rejected.values()) + sum(self.unanswered.values())


@dataclass(frozen=True)
class SyncReport:
    """What one sync did or, in a dry run, would do.

    ``blocked_by`` is what would have to be allowed. ``changed_columns`` counts rows by column
    that differs, ``sample`` holds some keys by operation; both only in a dry run.
    """

    sync_name: str
    run_id: str
    status: RunStatus
    place: str
    plan: SyncPlan
    tally: Tally = field(default_factory=Tally)
    blocked_by: str | None = None
    blocked_because: str | None = None
    error: CdpError | None = None
    changed_columns: tuple[tuple[str, int], ...] = ()
    sample: tuple[tuple[str, str], ...] = ()

    @property
    def rejected_count(self) -> int:
        """Rows that the destination did not take."""
        return self.tally.failed_count


@dataclass(frozen=True)
class Run:
    """One run of one sync, as the store records it."""

    run_id: str
    config: SyncConfig
    started_at: datetime


class Vault(Protocol):
    """Keeps what a destination remembers of a row, readable or not."""

    def seal(self, remembered: Mapping[str, str]) -> str:
        """Return it as a text to keep."""

    def unseal(self, kept: str) -> Mapping[str, str]:
        """Return what was sealed."""


class Journal(Protocol):
    """What is written down at once, outside the database where that would lock it."""

    def sending(self, batch: Batch, numbers: Sequence[int], remembered: Mapping[int, str]) -> None:
        """Note that a batch is about to be sent, durable at once with all answers before it.

        Rows by number; ``remembered``, sealed, of those that have it.
        """

    def answered(self, batch: Batch, outcomes: Mapping[int, Outcome]) -> None:
        """Note what came back, by number of the row; durable with the next batch, or ``flush``."""

    def flush(self) -> None:
        """Make durable what was answered."""


@dataclass(frozen=True)
class Beginning:
    """How things stand before a run: rows acknowledged, which destination, who must never leave.

    ``suppressed`` holds keyed hashes of the contact points of erased people.
    """

    there_count: int
    in_doubt_count: int
    pinned_identity: str | None
    suppressed: frozenset[str]


@dataclass(frozen=True)
class Ending:
    """What to remember beside the answers: the destination, and that a snapshot was taken whole."""

    identity: str | None = None
    everything_taken: bool = False


class Planning(Protocol):
    """A plan that was made, in the session that made it."""

    @property
    def plan(self) -> SyncPlan:
        """Its counts."""

    def journalise(self, *, only_privacy: bool) -> int:
        """Write the plan down and return how many rows are to be sent."""

    def preview(self) -> tuple[Sequence[tuple[str, int]], Sequence[tuple[str, str]]]:
        """How many rows change by field that differs, and a sample of (operation, key)."""

    def snapshot(self) -> Iterator[pa.Table]:
        """All that should be there; the session ends with the last table."""

    def privacy_keys(self) -> frozenset[str]:
        """Keys of rows that must go, whatever else is blocked."""

    def close(self) -> None:
        """End the session."""


class SyncStore(Protocol):
    """The warehouse as a sync sees it."""

    def locked(self, sync_name: str) -> AbstractContextManager[None]:
        """Keep every other run of the same sync out.

        Raises:
            StateRefusedError: another run is under way.
        """

    def begin(self, config: SyncConfig, now: datetime, *, is_dry_run: bool) -> Beginning:
        """Settle what a run that did not end left behind, and say how things stand."""

    def plan(self, run: Run, *, is_resend: bool, is_dry_run: bool) -> Planning:
        """Compare what should be there with what is."""

    def chunks(self, run: Run, row_count: int) -> Iterator[Iterable[PlannedRow]]:
        """Rows of the open plan in the order of sending, some ten thousand at a time.

        A chunk was read whole before it is given; its rows are made one by one as they are asked
        for, once.
        """

    def journal(self, run: Run) -> Journal:
        """The journal of the run."""

    def settle(self, run: Run, now: datetime) -> None:
        """Take answers from the journal into the state, once there are many."""

    def finish(self, run: Run, report: SyncReport, now: datetime, ending: Ending) -> None:
        """Settle the rest and complete the record of the run.

        What was not sent is planned anew another time.
        """


@dataclass(frozen=True)
class RunContext:
    """What a run is given from outside: its id, a clock, a secret and the user's decisions."""

    run_id: str
    clock: Callable[[], datetime]
    hash_key: str
    vault: Vault
    transforms: Mapping[str, Callable[[str], str | None]] = field(default_factory=dict)
    tombstone: Callable[[str, str, str], str] | None = None
    is_dry_run: bool = False
    allowed: frozenset[str] = frozenset()
    should_stop: Callable[[], bool] = lambda: False
    show: Callable[[int, int], None] = lambda _done, _total: None

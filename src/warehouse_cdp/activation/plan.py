"""What a plan comes to: how many rows, why, and what is held back. The rows stay in the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse_cdp.activation.protocol import ADD, CHANGE, REMOVE

if TYPE_CHECKING:
    from collections.abc import Iterable

SEND = "send"
DELIBERATE_REASONS = frozenset({"mapping", "hash_rules", "resend", "merged"})
"""Changes that nobody made to the data: no guard takes them for a broken model."""


@dataclass(frozen=True)
class PlannedGroup:
    """How many keys have one verdict, operation and reason."""

    verdict: str
    operation: str
    reason: str
    is_privacy: bool
    is_there: bool
    row_count: int


@dataclass(frozen=True)
class Counts:
    """Rows by what happens to them.

    ``removed`` contains ``removed_for_privacy``. ``kept`` left and may stay, ``waiting`` were
    rejected and their time has not come, ``ignored`` changed in a mode that sends no changes.
    """

    source: int = 0
    invalid: int = 0
    held_back: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    removed_for_privacy: int = 0
    unchanged: int = 0
    kept: int = 0
    waiting: int = 0
    ignored: int = 0


@dataclass(frozen=True)
class SyncPlan:
    """What one run would do, in counts.

    ``reasons`` counts what is sent by operation and reason. ``acknowledged_count`` is how many
    rows are there, ``data_change_count`` how many of them change because their data did.
    """

    counts: Counts
    held_back: tuple[tuple[str, int], ...]
    reasons: tuple[tuple[str, str, int], ...]
    acknowledged_count: int
    data_change_count: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send."""
        return not self.reasons

    def planned(self, operation: str) -> int:
        """How many rows are sent for one operation."""
        return sum(count for done, _, count in self.reasons if done == operation)


def plan_of(
    groups: Iterable[PlannedGroup],
    *,
    source: int,
    there: int,
    held_back: tuple[tuple[str, int], ...],
) -> SyncPlan:
    """Put the counts of a plan together.

    Args:
        groups: every key that is not there as it should be.
        source: rows of the model.
        there: rows at the destination, those in doubt among them.
        held_back: candidates that may not be sent, by reason.
    """
    groups = list(groups)
    sent = [group for group in groups if group.verdict == SEND]

    def count(verdict: str) -> int:
        return sum(group.row_count for group in groups if group.verdict == verdict)

    def sent_for(operation: str, *, only_privacy: bool = False) -> int:
        return sum(
            group.row_count
            for group in sent
            if group.operation == operation and (group.is_privacy or not only_privacy)
        )

    touched = sum(group.row_count for group in groups if group.is_there)
    counts = Counts(
        source=source,
        invalid=count("invalid"),
        held_back=sum(number for _, number in held_back),
        added=sent_for(ADD),
        changed=sent_for(CHANGE),
        removed=sent_for(REMOVE),
        removed_for_privacy=sent_for(REMOVE, only_privacy=True),
        unchanged=there - touched,
        kept=count("kept"),
        waiting=count("waiting"),
        ignored=count("ignored"),
    )
    reasons: dict[tuple[str, str], int] = {}
    for group in sent:
        key = (group.operation, group.reason)
        reasons[key] = reasons.get(key, 0) + group.row_count
    changed_data = sum(
        number
        for (operation, reason), number in reasons.items()
        if operation == CHANGE and reason not in DELIBERATE_REASONS
    )
    return SyncPlan(
        counts,
        held_back,
        tuple((*key, number) for key, number in sorted(reasons.items())),
        there,
        changed_data,
    )

"""When a plan looks like a mistake upstream and must not be carried out unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection

    from warehouse_cdp.activation.config import Guards
    from warehouse_cdp.activation.plan import SyncPlan

Allowance = Literal["removals", "changes", "rejects", "destination", "failed-build"]
ALLOWANCES: tuple[Allowance, ...] = (
    "removals", "changes", "rejects", "destination", "failed-build",
)  # fmt: skip
"""What a user may let pass once."""

CHANGE_FLOOR = 100
"""Fewer changed rows than this are never too many."""

REJECT_FLOOR = 20
"""Fewer rejected rows than this never stop a run."""


def blocking_reason(
    plan: SyncPlan, guards: Guards, allowed: Collection[str] = ()
) -> tuple[Allowance, str] | None:
    """Say what a user would have to allow for the plan to run, and why, or None.

    Removals for want of consent or for an erasure never count: they must happen, however many.
    """
    removals = plan.counts.removed - plan.counts.removed_for_privacy
    if removals and "removals" not in allowed:
        if plan.counts.source < guards.min_source_rows:
            return "removals", (
                f"the model has {plan.counts.source} row(s), fewer than min_source_rows "
                f"{guards.min_source_rows}, and {removals} row(s) at the destination would be "
                "removed"
            )
        share = removals / plan.acknowledged_count
        if share > guards.max_remove_share:
            return "removals", (
                f"{removals} of {plan.acknowledged_count} row(s) at the destination would be "
                f"removed ({share:.0%}), more than max_remove_share {guards.max_remove_share:.0%}"
            )
    changes = plan.data_change_count
    if changes >= CHANGE_FLOOR and "changes" not in allowed:
        share = changes / plan.acknowledged_count
        if share > guards.max_change_share:
            return "changes", (
                f"{changes} of {plan.acknowledged_count} row(s) at the destination would change "
                f"({share:.0%}), more than max_change_share {guards.max_change_share:.0%}"
            )
    return None


def too_many_rejects(rejected: int, answered: int, guards: Guards) -> bool:
    """Whether so much is rejected that sending more would only hammer the destination."""
    return rejected >= REJECT_FLOOR and rejected / answered > guards.max_reject_share

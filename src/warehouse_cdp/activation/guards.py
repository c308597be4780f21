"""When a plan looks like a mistake upstream and must not be carried out unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warehouse_cdp.activation.config import Guards
    from warehouse_cdp.activation.plan import SyncPlan


def blocking_reason(plan: SyncPlan, guards: Guards) -> str | None:
    """Say why a plan must not run, or None.

    Removals for want of consent or for an erasure never count: they must happen, however many.
    """
    removals = plan.counts.removed - plan.counts.removed_for_privacy
    if removals == 0:
        return None
    if plan.counts.source < guards.min_source_rows:
        return (
            f"the model has {plan.counts.source} row(s), fewer than min_source_rows "
            f"{guards.min_source_rows}, and {removals} row(s) at the destination would be removed"
        )
    share = removals / plan.acknowledged_count
    if share > guards.max_remove_share:
        return (
            f"{removals} of {plan.acknowledged_count} row(s) at the destination would be removed "
            f"({share:.0%}), more than max_remove_share {guards.max_remove_share:.0%}"
        )
    return None

"""One run of one sync: plan, guard, deliver, and only then remember.

State is written after the destination acknowledged. A crash before that sends the same rows
again, which a destination must bear; a crash never makes a row count as sent that was not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from warehouse_cdp.activation.delivery import Delivery, Outcome, RunRecord, SyncReport
from warehouse_cdp.activation.guards import blocking_reason
from warehouse_cdp.activation.plan import PlanInput, SyncPlan, build_plan
from warehouse_cdp.errors import DestinationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from warehouse_cdp.activation.config import SyncConfig
    from warehouse_cdp.activation.delivery import Destination, RunStatus, SyncStore

_NO_ANSWER = Outcome("retry", "no_answer")


@dataclass(frozen=True)
class RunContext:
    """What a run is given from outside: its id, a clock, a secret and the user's decisions."""

    run_id: str
    clock: Callable[[], datetime]
    hash_key: str
    is_dry_run: bool = False
    allow_removals: bool = False


def plan_sync(
    config: SyncConfig, store: SyncStore, destination: Destination, hash_key: str
) -> SyncPlan:
    """Read what should be there and what was acknowledged, and return the difference."""
    given = PlanInput(
        source=store.read_source(config),
        candidates=store.read_candidates(config),
        standings=store.read_standings(config),
        state=store.read_state(config.name),
    )
    resend = not given.state.empty and destination.has_lost_everything()
    return build_plan(config, given, hash_key, resend=resend)


def run_sync(
    config: SyncConfig, store: SyncStore, destination: Destination, context: RunContext
) -> SyncReport:
    """Carry out one sync, or only say what it would do.

    Returns:
        A report. Its status is ``blocked`` when a guard stopped the plan: then only removals for
        want of consent or for an erasure were carried out.

    Raises:
        DestinationError: the destination took nothing; the run is recorded as failed.
    """
    run_id, started_at = context.run_id, context.clock()
    plan = plan_sync(config, store, destination, context.hash_key)
    blocked = None if context.allow_removals else blocking_reason(plan, config.guards)
    report = SyncReport(
        config.name, run_id, "planned", destination.place, plan, blocked_because=blocked
    )
    if context.is_dry_run:
        return replace(report, status="blocked" if blocked else "planned")

    changes = plan.changes if blocked is None else plan.privacy_removals
    contents = plan.contents if blocked is None else None
    try:
        outcomes: Mapping[str, Outcome] = (
            {} if changes.empty else destination.deliver(Delivery(run_id, changes, contents))
        )
    except DestinationError:
        run = RunRecord(run_id, config, plan, "failed", "destination_error", len(changes))
        store.record(run, _log_of(changes.head(0), {}), started_at, context.clock())
        raise
    log = _log_of(changes, outcomes)
    rejected = int((log["status"] != "acknowledged").sum())
    status = _status_of(plan, rejected, blocked)
    run = RunRecord(run_id, config, plan, status, "guard" if blocked else None, rejected)
    store.record(run, log, started_at, context.clock())
    return replace(report, status=status, rejected_count=rejected)


def _log_of(changes: pd.DataFrame, outcomes: Mapping[str, Outcome]) -> pd.DataFrame:
    answers = [outcomes.get(key, _NO_ANSWER) for key in changes["sync_key"]]
    return changes.assign(
        status=pd.Series([answer.status for answer in answers], index=changes.index, dtype=object),
        error_code=pd.Series(
            [answer.error_code for answer in answers], index=changes.index, dtype=object
        ),
    )


def _status_of(plan: SyncPlan, rejected: int, blocked: str | None) -> RunStatus:
    if blocked is not None:
        return "blocked"
    if rejected:
        return "partial"
    return "unchanged" if plan.is_empty else "succeeded"

"""One run of one sync: settle what was left, plan, guard, write the plan down, send, remember.

Nothing counts as sent before the destination acknowledged it. A crash at any moment leaves at
most the batches that were under way in doubt; the next run knows them and sends them again under
the same idempotency keys, or takes their rows away if they are not wanted any more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from warehouse_cdp.activation.batches import batches_of, row_of
from warehouse_cdp.activation.delivery import Ending, Run, SyncReport, Tally
from warehouse_cdp.activation.guards import blocking_reason, too_many_rejects
from warehouse_cdp.activation.protocol import REMOVE, Snapshot, SnapshotDestination
from warehouse_cdp.activation.sending import UNSENT, Answer, send_all
from warehouse_cdp.errors import CdpError, DestinationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from warehouse_cdp.activation.config import SyncConfig
    from warehouse_cdp.activation.delivery import (
        Beginning,
        Journal,
        PlannedRow,
        Planning,
        RunContext,
        RunStatus,
        SyncStore,
    )
    from warehouse_cdp.activation.plan import SyncPlan
    from warehouse_cdp.activation.protocol import Batch, Destination, Row


def run_sync(
    config: SyncConfig,
    store: SyncStore,
    destination: Destination | SnapshotDestination,
    context: RunContext,
) -> SyncReport:
    """Carry out one sync, or only say what it would do.

    Returns:
        A report. Its status is ``blocked`` when a guard stopped the plan: then only removals for
        want of consent or for an erasure were carried out. Its ``error`` says what stopped the
        sending, if anything did; what was not acknowledged is planned again by the next run.

    Raises:
        CdpError: nothing could be planned.
    """
    run = Run(context.run_id, config, context.clock())
    if context.is_dry_run:
        return _dry_run(run, store, destination, context)
    with store.locked(config.name):
        return _run(run, store, destination, context)


def _dry_run(
    run: Run,
    store: SyncStore,
    destination: Destination | SnapshotDestination,
    context: RunContext,
) -> SyncReport:
    beginning = store.begin(run.config, run.started_at, is_dry_run=True)
    planning = store.plan(run, is_resend=_has_lost(beginning, destination), is_dry_run=True)
    try:
        blocked = blocking_reason(planning.plan, run.config.guards, context.allowed)
        changed, sample = planning.preview()
        return SyncReport(
            run.config.name,
            run.run_id,
            "blocked" if blocked else "planned",
            destination.place,
            planning.plan,
            blocked_by=blocked[0] if blocked else None,
            blocked_because=blocked[1] if blocked else None,
            changed_columns=tuple(sorted(changed)),
            sample=tuple(sample),
        )
    finally:
        planning.close()


def _run(
    run: Run,
    store: SyncStore,
    destination: Destination | SnapshotDestination,
    context: RunContext,
) -> SyncReport:
    config = run.config
    beginning = store.begin(config, run.started_at, is_dry_run=False)
    # Asked before the plan is made: no file is held open while a destination takes its time.
    is_resend = _has_lost(beginning, destination)
    identity, error = _identity_of(destination)
    planning = store.plan(run, is_resend=is_resend, is_dry_run=False)
    try:
        plan = planning.plan
        report = SyncReport(config.name, run.run_id, "unchanged", destination.place, plan)
        refused = _refused(report, identity, beginning.pinned_identity, error, context)
        if refused is None:
            blocked = blocking_reason(plan, config.guards, context.allowed)
            if blocked:
                report = replace(report, blocked_by=blocked[0], blocked_because=blocked[1])
            row_count = planning.journalise(only_privacy=blocked is not None)
            if isinstance(destination, SnapshotDestination):
                sent = _replace(run, planning, destination, report, row_count, context)
            else:
                planning.close()
                sent = _send(run, store, destination, report, row_count, beginning, context)
    finally:
        planning.close()
    if refused is not None:
        store.finish(run, refused, context.clock(), Ending())
        return refused
    done = replace(sent, status=_status_of(sent, plan, context))
    is_whole = isinstance(destination, SnapshotDestination) and done.error is None
    store.finish(run, done, context.clock(), Ending(identity, everything_taken=is_whole))
    return done


def _refused(
    report: SyncReport,
    identity: str | None,
    pinned: str | None,
    error: CdpError | None,
    context: RunContext,
) -> SyncReport | None:
    """What is not even begun: a destination that cannot be asked, or is another than before.

    Not even removals are sent to another one: they would hit another environment's people.
    """
    if error is not None:
        return replace(report, status="failed", error=error)
    if pinned in (None, identity) or "destination" in context.allowed:
        return None
    because = f"the destination is {identity}, and this sync began with {pinned}"
    return replace(report, status="blocked", blocked_by="destination", blocked_because=because)


def _identity_of(
    destination: Destination | SnapshotDestination,
) -> tuple[str | None, CdpError | None]:
    try:
        return destination.identity(), None
    except CdpError as error:
        return None, error


def _has_lost(beginning: Beginning, destination: Destination | SnapshotDestination) -> bool:
    return (
        isinstance(destination, SnapshotDestination)
        and beginning.there_count > 0
        and destination.has_lost_everything()
    )


def _replace(
    run: Run,
    planning: Planning,
    destination: SnapshotDestination,
    report: SyncReport,
    row_count: int,
    context: RunContext,
) -> SyncReport:
    """Send a snapshot, whole or not at all; a blocked one only loses who must go."""
    if not row_count:
        return report
    tally = Tally(batches=1)
    by_operation = _planned_by_operation(report, row_count)
    tally.attempted |= by_operation
    try:
        if report.blocked_by:
            keys = planning.privacy_keys()
            planning.close()
            destination.drop(keys)
        else:
            destination.replace(
                Snapshot(
                    run.run_id, run.config.targets, run.config.key_targets, planning.snapshot()
                )
            )
    except DestinationError as error:
        tally.unanswered |= by_operation
        return replace(report, tally=tally, error=error)
    finally:
        planning.close()
    tally.succeeded |= by_operation
    context.show(row_count, row_count)
    return replace(report, tally=tally)


def _planned_by_operation(report: SyncReport, row_count: int) -> dict[str, int]:
    if report.blocked_by:
        return {"add": 0, "change": 0, "remove": row_count}
    return {name: report.plan.planned(name) for name in ("add", "change", "remove")}


class _Sending:
    """What goes on between the store, the journal and the destination while a plan is sent."""

    def __init__(
        self,
        run: Run,
        store: SyncStore,
        destination: Destination,
        context: RunContext,
        row_count: int,
        suppressed: frozenset[str],
    ) -> None:
        self._run = run
        self._destination = destination
        self._context = context
        self._row_count = row_count
        self._journal: Journal = store.journal(run)
        self._suppressed = suppressed
        self._numbers = count(1)
        self.tally = Tally()
        self.too_many_rejects = False

    def chunk(self, planned: Iterable[PlannedRow]) -> DestinationError | None:
        """Send one chunk of the plan; return what stopped it, or None."""
        config, context = self._run.config, self._context
        try:
            return send_all(
                self._destination,
                batches_of(
                    self._rows(planned), self._run.run_id, config, context.hash_key, self._numbers
                ),
                config.concurrency,
                context.hash_key,
                self._numbers,
                self._begin,
                self._answer,
            )
        finally:
            self._journal.flush()

    def _rows(self, planned: Iterable[PlannedRow]) -> Iterator[Row]:
        config, context, is_anyone_suppressed = self._run.config, self._context, self._suppressed
        for one in planned:
            is_current = one.current_hash == one.row_hash or one.operation == REMOVE
            if is_current and not (is_anyone_suppressed and self._is_suppressed(one)):
                yield row_of(one, config, context)
            else:
                self.tally.superseded += 1

    def _is_suppressed(self, planned: PlannedRow) -> bool:
        contact, tombstone = self._run.config.contact_point, self._context.tombstone
        if contact is None or tombstone is None:
            return False
        value = planned.contact_value
        return (
            value is not None
            and tombstone(contact.type, value, self._context.hash_key) in self._suppressed
        )

    def _begin(self, batch: Batch) -> None:
        remembered: dict[int, str] = {}
        for row in batch.rows if batch.lane == "write" else ():
            found = self._destination.remembered_of(row)
            if found:
                remembered[row.number] = self._context.vault.seal(found)
        for operation, number in Counter(row.operation for row in batch.rows).items():
            self.tally.attempted[operation] += number
        self.tally.batches += 1
        self._journal.sending(batch, [row.number for row in batch.rows], remembered)

    def _answer(self, answer: Answer) -> bool:
        outcomes = [answer.outcomes[row.key] for row in answer.batch.rows]
        numbers = [row.number for row in answer.batch.rows]
        self._journal.answered(answer.batch, dict(zip(numbers, outcomes, strict=True)))
        for row, outcome in zip(answer.batch.rows, outcomes, strict=True):
            if outcome.status == "acknowledged":
                self.tally.succeeded[row.operation] += 1
            elif outcome.status == "rejected":
                self.tally.rejected[row.operation] += 1
            elif outcome.error_class == UNSENT:
                self.tally.attempted[row.operation] -= 1
            else:
                self.tally.unanswered[row.operation] += 1
        rejected = sum(self.tally.rejected.values())
        answered = sum(self.tally.succeeded.values()) + rejected
        self._context.show(answered, self._row_count)
        if "rejects" not in self._context.allowed and answered:
            self.too_many_rejects = too_many_rejects(rejected, answered, self._run.config.guards)
        return not self.too_many_rejects and not self._context.should_stop()


def _send(
    run: Run,
    store: SyncStore,
    destination: Destination,
    report: SyncReport,
    row_count: int,
    beginning: Beginning,
    context: RunContext,
) -> SyncReport:
    """Send the open plan batch by batch."""
    sending = _Sending(run, store, destination, context, row_count, beginning.suppressed)
    error: CdpError | None = None
    try:
        for place, chunk in enumerate(store.chunks(run, row_count)):
            if place:
                store.settle(run, context.clock())
            error = sending.chunk(chunk)
            if error or sending.too_many_rejects or context.should_stop():
                break
    except CdpError as stopped:  # the warehouse is busy, or gone: what was answered is journalled
        error = stopped
    tally = sending.tally
    if sending.too_many_rejects:
        rejected, done = sum(tally.rejected.values()), sum(tally.succeeded.values())
        because = (
            f"{rejected} of {rejected + done} row(s) were rejected, more than max_reject_share "
            f"{run.config.guards.max_reject_share:.0%}; the rest was not sent"
        )
        report = replace(report, blocked_by="rejects", blocked_because=because)
    return replace(report, tally=tally, error=error)


def _status_of(report: SyncReport, plan: SyncPlan, context: RunContext) -> RunStatus:
    if report.blocked_by is not None:
        return "blocked"
    tally = report.tally
    if report.error is not None:
        return "partial" if sum(tally.succeeded.values()) else "failed"
    if context.should_stop() and sum(tally.succeeded.values()) < sum(
        number for _, _, number in plan.reasons
    ):
        return "interrupted"
    if tally.failed_count or tally.superseded:
        return "partial"
    return "unchanged" if plan.is_empty else "succeeded"

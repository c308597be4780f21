"""``cdp sync``: send what changed, and ask what was sent."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from warehouse_cdp.cli.console import columns, note, progress, say, say_json, thousands
from warehouse_cdp.cli.frame import HERE, JsonOption, ProjectOption, TargetOption, app, examples
from warehouse_cdp.warehouse.profile import load_any_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from warehouse_cdp.activation import SyncConfig, SyncReport
    from warehouse_cdp.warehouse.sync_inquiries import KeyAnswer, SyncStatus
    from warehouse_cdp.warehouse.syncs import SyncResult

NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Syncs; none: all.")
]
DEFAULT_VERB = "run"
INTERRUPTED = 7
"""Exit code of a run that was told to stop."""


class SyncGroup(TyperGroup):
    """``cdp sync`` without a verb runs syncs: what stands there is a name or an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own copy
        """Put the verb in where none is said."""
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = [DEFAULT_VERB, *args]
        return super().parse_args(ctx, args)


sync_app = typer.Typer(
    cls=SyncGroup,
    name="sync",
    help="Send what changed to the destinations of the project's syncs: `cdp sync [NAME]...` "
    "(its options: `cdp sync run --help`), and ask what was sent.",
    epilog=examples(
        "cdp sync --list",
        "cdp sync --dry-run",
        "cdp sync sync_email__contacts --target prod",
        "cdp sync status",
        "cdp sync explain cus_0123456789abcdef",
    ),
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(sync_app)


@sync_app.command(
    name=DEFAULT_VERB,
    epilog=examples(
        "cdp sync --list", "cdp sync --dry-run", "cdp sync sync_email__contacts --target prod"
    ),
)
def sync(
    names: NamesArgument = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent; write nothing.")
    ] = False,
    list_only: Annotated[bool, typer.Option("--list", help="List the declared syncs.")] = False,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help="Pass a guard this once: removals (many rows leave, or the model is empty), "
            "changes (nearly every row differs), rejects (the destination refuses most), "
            "destination (another account than at first) or failed-build (the last dbt run did "
            "not finish above the sync). May be repeated.",
        ),
    ] = None,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Send what changed to the destinations that the project's exposures name.

    Only rows that consent allows are sent, and who withdrew is removed. A second run without a
    change sends nothing.
    """
    from warehouse_cdp.warehouse.syncs import (  # noqa: PLC0415 - pandas costs a second
        SyncRequest,
        declared_syncs,
        run_syncs,
        tell_failures,
    )

    chosen = load_any_target(project_dir, target)
    if list_only:
        _list(list(declared_syncs(chosen).values()), as_json=as_json)
        return
    with _stop_signals() as should_stop, progress("sync") as show:
        request = SyncRequest(
            tuple(names or ()), dry_run, frozenset(allow or ()), should_stop=should_stop
        )
        results = run_syncs(chosen, request, show)
    if as_json:
        say_json([as_dictionary(result) for result in results])
    else:
        for result in results:
            if result.report is not None:
                print_report(result.report)
    errors = [result.error for result in results if result.error is not None]
    for error in errors:
        note(f"error: {error}")
    if not dry_run:
        tell_failures(results)
    if errors:
        raise typer.Exit(errors[0].exit_code)
    if any(result.report and result.report.status == "interrupted" for result in results):
        note("stopped between batches; what was not sent is planned again by the next run")
        raise typer.Exit(INTERRUPTED)


@sync_app.command(epilog=examples("cdp sync status", "cdp sync status --json"))
def status(
    names: NamesArgument = None,
    *,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say how each sync stands: its last run, rows that are there, rows that are not settled."""
    from warehouse_cdp.warehouse.sync_inquiries import sync_statuses  # noqa: PLC0415 - pandas
    from warehouse_cdp.warehouse.syncs import opened_syncs  # noqa: PLC0415 - pandas

    with opened_syncs(load_any_target(project_dir, target), tuple(names or ())) as (
        sessions,
        configs,
    ):
        found = sync_statuses(sessions, configs)
    if as_json:
        say_json([asdict(one) for one in found])
        return
    for one in found:
        _print_status(one)


@sync_app.command(epilog=examples("cdp sync retry sync_email__contacts"))
def retry(
    names: NamesArgument = None,
    *,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Let rejected rows, and those set aside, be sent by the next run, whatever their interval."""
    from warehouse_cdp.warehouse.sync_inquiries import retry_rejected  # noqa: PLC0415 - pandas
    from warehouse_cdp.warehouse.syncs import opened_syncs  # noqa: PLC0415 - pandas

    with opened_syncs(load_any_target(project_dir, target), tuple(names or ())) as (
        sessions,
        configs,
    ):
        counted = retry_rejected(sessions, configs)
    if as_json:
        say_json(counted)
        return
    for name, number in counted.items():
        say(f"{name}: {thousands(number)} row(s) will be sent again by the next `cdp sync`")


@sync_app.command(epilog=examples("cdp sync explain cus_0123456789abcdef"))
def explain(
    key: Annotated[str, typer.Argument(metavar="KEY", help="A customer_id, or the key of a row.")],
    names: NamesArgument = None,
    *,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say why a customer is, or is not, at each destination."""
    from warehouse_cdp.warehouse.sync_inquiries import explain_key  # noqa: PLC0415 - pandas
    from warehouse_cdp.warehouse.syncs import opened_syncs  # noqa: PLC0415 - pandas

    chosen = load_any_target(project_dir, target)
    with opened_syncs(chosen, tuple(names or ())) as (sessions, configs):
        answers = [
            answer
            for config in configs
            for answer in explain_key(sessions, config, key, chosen.hash_key)
        ]
    if as_json:
        say_json([asdict(answer) for answer in answers])
        return
    for answer in answers:
        _print_answer(answer)


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Take the first SIGTERM or SIGINT as a wish to stop between batches; a second one kills."""
    received: list[int] = []

    def receive(number: int, _frame: object) -> None:
        received.append(number)
        signal.signal(number, before[signal.Signals(number)])
        note("stopping after the batches that are under way; once more stops at once")

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for number in before:
            signal.signal(number, receive)
    except ValueError:  # not in the main thread: an orchestrator has its own way to stop
        yield lambda: False
        return
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_status(one: SyncStatus) -> None:
    ended = f" at {one.last_finished_at:%Y-%m-%d %H:%M:%S} UTC" if one.last_finished_at else ""
    say(f"{one.sync_name}: {one.last_status or 'never run'}{ended}")
    say(f"  there      {thousands(one.there_count)}")
    for name, number in one.unsettled.items():
        again = (
            f" (next attempt {one.next_attempt_at:%Y-%m-%d %H:%M:%S} UTC)"
            if name == "rejected" and one.next_attempt_at
            else ""
        )
        say(f"  {name.replace('_', ' '):<10} {thousands(number)}{again}")
    for key, number in one.removal_keys.items():
        say(f"  sealed     {thousands(number)} under removal key {key}")


def _print_answer(answer: KeyAnswer) -> None:
    there = "is there" if answer.is_there else "is not there"
    say(f"{answer.sync_name} {answer.key} {there}: {answer.because}")
    for name, value in answer.facts.items():
        shown = (
            ", ".join(f"{inner} {found}" for inner, found in value.items() if found is not None)
            if isinstance(value, dict)
            else value
        )
        say(f"  {name.replace('_', ' '):<15} {'none' if shown is None else shown}")


def _list(configs: Sequence[SyncConfig], *, as_json: bool) -> None:
    rows = [
        {
            "name": config.name,
            "model": config.model,
            "mode": config.mode,
            "destination": config.destination.type,
            "owner": config.owner,
        }
        for config in configs
    ]
    if as_json:
        say_json(rows)
        return
    for line in columns([tuple(str(value) for value in row.values()) for row in rows], indent=0):
        say(line)
    if not rows:
        say("no sync is declared (docs/guides/activation.md)")


def print_report(report: SyncReport) -> None:
    """Say what one sync did, in counts only."""
    counts = report.plan.counts
    say(f"{report.sync_name}: {report.status}")
    say(f"  to         {report.place}")
    sent = (
        f"{thousands(counts.added)} added, {thousands(counts.changed)} changed, "
        f"{thousands(counts.removed)} removed"
    )
    if counts.removed_for_privacy:
        sent += f" ({thousands(counts.removed_for_privacy)} for want of consent or an erasure)"
    say(f"  {'would send' if report.status == 'planned' else 'sent      '} {sent}")
    say(f"  unchanged  {thousands(counts.unchanged)}")
    held_back = ", ".join(f"{reason} {thousands(n)}" for reason, n in report.plan.held_back)
    say(f"  held back  {thousands(counts.held_back)}" + (f": {held_back}" if held_back else ""))
    for operation, reason, number in report.plan.reasons:
        say(f"  {operation:<10} {thousands(number)} for {reason}")
    if report.changed_columns:
        said = ", ".join(f"{name} {thousands(number)}" for name, number in report.changed_columns)
        say(f"  fields     {said}")
    for operation, key in report.sample:
        say(f"  such as    {operation} {key}")
    if counts.kept:
        say(f"  kept       {thousands(counts.kept)} (left, and may stay)")
    if counts.waiting:
        say(f"  waiting    {thousands(counts.waiting)} (rejected; see `cdp sync status`)")
    if report.tally.superseded:
        said = f"{thousands(report.tally.superseded)} (changed while sending; run again)"
        say(f"  superseded {said}")
    if counts.invalid:
        say(f"  invalid    {thousands(counts.invalid)} (key missing or not unique)")
    if report.rejected_count:
        say(f"  rejected   {thousands(report.rejected_count)} (sent again next time)")


def as_dictionary(result: SyncResult) -> dict[str, Any]:
    """Return a result as JSON: the same counts as on the screen."""
    said: dict[str, Any] = {"sync": result.sync_name, "status": "failed"}
    if result.report is not None:
        report = result.report
        counts = report.plan.counts
        said |= {
            "status": report.status,
            "run_id": report.run_id,
            "place": report.place,
            "source": counts.source,
            "invalid": counts.invalid,
            "added": counts.added,
            "changed": counts.changed,
            "removed": counts.removed,
            "removed_for_privacy": counts.removed_for_privacy,
            "unchanged": counts.unchanged,
            "kept": counts.kept,
            "waiting": counts.waiting,
            "superseded": report.tally.superseded,
            "batches": report.tally.batches,
            "reasons": [
                {"operation": operation, "reason": reason, "rows": number}
                for operation, reason, number in report.plan.reasons
            ],
            "changed_fields": dict(report.changed_columns),
            "sample": [{"operation": operation, "key": key} for operation, key in report.sample],
            "blocked_by": report.blocked_by,
            "rejected": report.rejected_count,
            "held_back": dict(report.plan.held_back),
        }
    if result.error is not None:
        said["error"] = str(result.error)
    return said

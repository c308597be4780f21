"""``cdp sync``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from warehouse_cdp.cli.console import columns, note, progress, say, say_json, thousands
from warehouse_cdp.cli.frame import HERE, JsonOption, ProjectOption, TargetOption, app, examples
from warehouse_cdp.warehouse.profile import load_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.activation import SyncConfig, SyncReport
    from warehouse_cdp.warehouse.syncs import SyncResult


@app.command(
    epilog=examples(
        "cdp sync --list", "cdp sync --dry-run", "cdp sync sync_email__contacts --target prod"
    )
)
def sync(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Syncs to run; none: all.")
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent; write nothing.")
    ] = False,
    list_only: Annotated[bool, typer.Option("--list", help="List the declared syncs.")] = False,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help="Pass a guard this once: removals (many rows leave, or the model is empty) or "
            "failed-build (the last dbt run did not finish above the sync). May be repeated.",
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
    )

    chosen = load_target(project_dir, target)
    if list_only:
        _list(list(declared_syncs(chosen).values()), as_json=as_json)
        return
    request = SyncRequest(tuple(names or ()), dry_run, frozenset(allow or ()))
    with progress("sync") as show:
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
    if errors:
        raise typer.Exit(errors[0].exit_code)


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
            "rejected": report.rejected_count,
            "held_back": dict(report.plan.held_back),
        }
    if result.error is not None:
        said["error"] = str(result.error)
    return said

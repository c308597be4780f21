"""``cdp identity``."""

from __future__ import annotations

from typing import Annotated

import typer

from warehouse_cdp.cli.console import say, say_json
from warehouse_cdp.cli.frame import HERE, JsonOption, ProjectOption, TargetOption, app, examples
from warehouse_cdp.warehouse.profile import load_any_target

identity = typer.Typer(
    name="identity",
    help="Look after who is who.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(identity)


@identity.callback()
def frame() -> None:
    """Hold the verbs about identity."""


@identity.command(
    epilog=examples(
        "cdp identity rollback 0b3c…-run-id --dry-run", "cdp identity rollback 0b3c…-run-id"
    )
)
def rollback(
    run: Annotated[str, typer.Argument(metavar="RUN", help="run_id of the table identity_runs.")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be undone; write nothing.")
    ] = False,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Undo what a run decided about who is who, by appending the reverse; nothing is deleted.

    The next build decides afresh: mend the cause (data, an override, a threshold) before it.
    """
    from warehouse_cdp.warehouse.engines import as_duckdb  # noqa: PLC0415 - pandas is slow
    from warehouse_cdp.warehouse.identity_state import roll_back  # noqa: PLC0415

    chosen = load_any_target(project_dir, target)
    with as_duckdb(chosen, (), writes="nothing" if dry_run else "state") as on_duckdb:
        done = roll_back(on_duckdb, run, is_dry_run=dry_run)
    if as_json:
        say_json(
            {
                "run_id": done.run_id,
                "rollback_run_id": done.rollback_run_id,
                "record_count": done.record_count,
                "is_dry_run": done.is_dry_run,
            }
        )
        return
    verb = "would give back" if done.is_dry_run else "gave back"
    say(f"{verb} {done.record_count} records to where they were before run {done.run_id}")
    if not done.is_dry_run:
        say(f"this is run {done.rollback_run_id}; next, without deciding identity afresh:")
        say("  dbt run --select identity_assignments+ --exclude identity_assignments")

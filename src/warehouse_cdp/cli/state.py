"""``cdp state``: look after the one thing that cannot be rebuilt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warehouse_cdp.cli.console import columns, note, say, say_json, thousands
from warehouse_cdp.cli.frame import HERE, JsonOption, ProjectOption, TargetOption, app, examples
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.warehouse.profile import Target, load_any_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.warehouse.profile import AnyTarget
    from warehouse_cdp.warehouse.state_checks import Finding
    from warehouse_cdp.warehouse.state_manifest import Inspection

OutOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE|DIR",
        help="Where to: a file ending in .duckdb, or a folder, where the name tells the time "
        "(UTC). Default: the folder state_backups beside the state, or in the project's folder.",
    ),
]
BackupArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")]
StateArgument = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="A backup; none: the state itself.")
]

state = typer.Typer(
    name="state",
    help="Back up, check and restore the memory that cannot be rebuilt.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(state)


@state.callback()
def frame() -> None:
    """Hold the verbs about state."""


@state.command(
    epilog=examples(
        "cdp state backup",
        "cdp state backup --out /backups/cdp --keep 14",
        "cdp state backup --out before-upgrade.duckdb",
    )
)
def backup(
    *,
    out: OutOption = None,
    keep: Annotated[
        int | None,
        typer.Option(metavar="N", help="Leave the N newest in the folder and delete older ones."),
    ] = None,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Copy the state into one file with a manifest, and check the copy.

    If a check fails the copy is kept, no older one is deleted, and the exit code is 3.
    """
    chosen = load_any_target(project_dir, target)
    if isinstance(chosen, Target):
        from warehouse_cdp.warehouse import state_files  # noqa: PLC0415 - pandas costs a second

        taken = state_files.back_up(chosen, out, keep)
    else:
        from warehouse_cdp.warehouse import postgres_state  # noqa: PLC0415 - as above

        taken = postgres_state.back_up(chosen, out, keep)
    found = taken.inspection
    if as_json:
        say_json({**_as_dictionary(found), "deleted": [str(path) for path in taken.deleted]})
    else:
        rows = found.findings[0].detail
        say(f"backed up to {taken.path} ({rows}, {len(found.findings)} checks)")
        if taken.deleted:
            say(f"deleted {thousands(len(taken.deleted))} older")
    _fail_if_broken(found, found.path)


@state.command(epilog=examples("cdp state restore state_backups/cdp_state-20260301T020000Z.duckdb"))
def restore(
    file: BackupArgument,
    *,
    force: Annotated[
        bool,
        typer.Option("--force", help="Go back although the state knows what the backup does not."),
    ] = False,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of the state, which is kept beside it.

    The backup is verified first. What the state has learnt since is never lost unasked, and
    tombstones of erased people are carried over in any case.
    """
    chosen = load_any_target(project_dir, target)
    kept, row_count, carried = _restore(chosen, file, force=force)
    if as_json:
        say_json(
            {
                "state": chosen.state_place,
                "restored_from": str(file),
                "kept": str(kept) if kept else None,
                "row_count": row_count,
                "carried_erasures": carried,
            }
        )
        return
    say(f"restored {chosen.state_place} from {file} ({thousands(row_count)} rows)")
    if kept:
        say(f"the state it replaced is kept as {kept}")
    if carried:
        say(
            f"carried over {thousands(carried)} tombstones of erased people; erase "
            "those people again, since the backup may hold rows of theirs"
        )
    say("next: bring the warehouse in line with it")
    say(f"  dbt build --target {chosen.name}")


@state.command(
    epilog=examples(
        "cdp state verify", "cdp state verify state_backups/cdp_state-20260301T020000Z.duckdb"
    )
)
def verify(
    file: StateArgument = None,
    *,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Check that a state is whole and consistent; exit code 3 if it is not."""
    chosen = load_any_target(project_dir, target)
    if isinstance(chosen, Target):
        from warehouse_cdp.warehouse import state_files  # noqa: PLC0415 - pandas costs a second

        found = state_files.verify_state(chosen, file)
    else:
        from warehouse_cdp.warehouse import postgres_state  # noqa: PLC0415 - as above

        found = postgres_state.verify_state(chosen, file)
    place = file or chosen.state_place
    if as_json:
        say_json({**_as_dictionary(found), "path": str(place)})
    else:
        say(f"{place}{_origin(found)}")
        for line in columns([_row(finding) for finding in found.findings]):
            say(line)
    _fail_if_broken(found, place)


def _restore(target: AnyTarget, file: Path, *, force: bool) -> tuple[Path | None, int, int]:
    """Restore on either engine: what was kept, rows restored and tombstones carried over."""
    if isinstance(target, Target):
        from warehouse_cdp.warehouse import state_files  # noqa: PLC0415 - pandas costs a second

        replaced = state_files.restore(target, file, force=force)
        return replaced.kept, replaced.row_count, replaced.carried_erasures
    from warehouse_cdp.warehouse import postgres_state  # noqa: PLC0415 - as above

    filled = postgres_state.restore(target, file, force=force)
    return filled.kept, filled.row_count, filled.carried_erasures


def _origin(found: Inspection) -> str:
    made = found.manifest
    if made is None:
        return ""
    return f": backup of {made.made_at:%Y-%m-%d %H:%M:%S} UTC by cdp {made.tool_version}"


def _row(finding: Finding) -> tuple[str, ...]:
    return (finding.status, finding.check, finding.detail)


def _as_dictionary(found: Inspection) -> dict[str, Any]:
    made = found.manifest
    return {
        "path": str(found.path),
        "is_sound": not found.failed,
        "made_at": f"{made.made_at.isoformat()}Z" if made else None,
        "schema_version": made.schema_version if made else None,
        "checks": [
            {"check": one.check, "status": one.status, "count": one.count, "detail": one.detail}
            for one in found.findings
        ],
    }


def _fail_if_broken(found: Inspection, place: Path | str) -> None:
    if found.failed:
        failed: Sequence[Finding] = found.failed
        note(f"error: {place} fails {len(failed)} of {len(found.findings)} checks")
        for one in failed:
            note(f"  {one.check}: {one.detail}")
        raise typer.Exit(InputDataError.exit_code)

"""``cdp state``: look after the one thing that cannot be rebuilt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warehouse_cdp.cli.console import columns, note, say, say_json, thousands
from warehouse_cdp.cli.frame import HERE, JsonOption, ProjectOption, TargetOption, app, examples
from warehouse_cdp.errors import ConfigurationError, InputDataError, UnsupportedEngineError
from warehouse_cdp.warehouse.profile import load_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.warehouse.profile import Target
    from warehouse_cdp.warehouse.state_checks import Finding
    from warehouse_cdp.warehouse.state_manifest import Inspection

OutOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE|DIR",
        help="Where to: a file ending in .duckdb, or a folder, where the name tells the time "
        "(UTC). Default: the folder state_backups beside the state.",
    ),
]
BackupArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")]
StateArgument = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="A backup; none: the state itself.")
]

state = typer.Typer(
    name="state",
    help="Back up, check and restore the memory that cannot be rebuilt (DuckDB).",
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
    from warehouse_cdp.warehouse.state_files import (  # noqa: PLC0415 - pandas costs a second
        back_up,
    )

    taken = back_up(_duckdb_target(project_dir, target), out, keep)
    found = taken.inspection
    if as_json:
        say_json({**_as_dictionary(found), "deleted": [str(path) for path in taken.deleted]})
    else:
        rows = found.findings[0].detail
        say(f"backed up to {taken.path} ({rows}, {len(found.findings)} checks)")
        if taken.deleted:
            say(f"deleted {thousands(len(taken.deleted))} older")
    _fail_if_broken(found)


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
    from warehouse_cdp.warehouse import state_files  # noqa: PLC0415 - pandas costs a second

    chosen = _duckdb_target(project_dir, target)
    done = state_files.restore(chosen, file, force=force)
    if as_json:
        say_json(
            {
                "state": str(done.state),
                "restored_from": str(file),
                "kept": str(done.kept) if done.kept else None,
                "row_count": done.row_count,
                "carried_erasures": done.carried_erasures,
            }
        )
        return
    say(f"restored {done.state} from {file} ({thousands(done.row_count)} rows)")
    if done.kept:
        say(f"the state it replaced is kept as {done.kept}")
    if done.carried_erasures:
        say(
            f"carried over {thousands(done.carried_erasures)} tombstones of erased people; erase "
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
    from warehouse_cdp.warehouse.state_files import (  # noqa: PLC0415 - pandas costs a second
        verify_state,
    )

    found = verify_state(_duckdb_target(project_dir, target), file)
    if as_json:
        say_json(_as_dictionary(found))
    else:
        say(f"{found.path}{_origin(found)}")
        for line in columns([_row(finding) for finding in found.findings]):
            say(line)
    _fail_if_broken(found)


def _duckdb_target(project_dir: Path, name: str | None) -> Target:
    """The target; on another engine its own tool keeps the state, and the error names it.

    Raises:
        ConfigurationError: the target is wrong or not on DuckDB.
    """
    try:
        return load_target(project_dir, name)
    except UnsupportedEngineError as error:
        if error.engine != "postgres":
            raise
        message = (
            f"on postgres the state is the schema {error.state_schema}, which the server's own "
            f"tools keep: `pg_dump --format=custom --schema={error.state_schema} "
            f"--file=state.dump {error.database}`, and `pg_restore` back "
            "(docs/guides/state.md). cdp state works on duckdb targets"
        )
        raise ConfigurationError(message) from None


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


def _fail_if_broken(found: Inspection) -> None:
    if found.failed:
        failed: Sequence[Finding] = found.failed
        note(f"error: {found.path} fails {len(failed)} of {len(found.findings)} checks")
        for one in failed:
            note(f"  {one.check}: {one.detail}")
        raise typer.Exit(InputDataError.exit_code)

"""``cdp identity override``: what people decide about who is who, outranking the matcher."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warehouse_cdp.cli.blast_radius import print_blast_radius
from warehouse_cdp.cli.console import columns, progress, say, say_json, thousands
from warehouse_cdp.cli.frame import HERE, JsonOption, ProjectOption, TargetOption, examples
from warehouse_cdp.cli.identity import identity
from warehouse_cdp.warehouse.profile import load_any_target

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    import pandas as pd

    from warehouse_cdp.linkage.instructions import Instruction
    from warehouse_cdp.warehouse.blast_radius import BlastRadius
    from warehouse_cdp.warehouse.overrides import Change
    from warehouse_cdp.warehouse.profile import AnyTarget, Target

STDIN = "-"

override = typer.Typer(
    name="override",
    help="Decide who is who, and take it back. Decisions outrank the matcher from the next build.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
identity.add_typer(override)

RecordArgument = Annotated[
    str, typer.Argument(metavar="RECORD", help="record_id of identity_map, such as crm:0035.")
]
ReasonOption = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why, for whoever reads it later.")
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", metavar="DATE", help="YYYY-MM-DD from which it holds no more."),
]
ByOption = Annotated[
    str | None,
    typer.Option(
        "--by", metavar="NAME", help="Who decides, for the record; default: the system's user."
    ),
]
DryRunOption = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Build it on a copy and say what it would change; the warehouse is not touched.",
    ),
]


@override.callback()
def frame() -> None:
    """Hold the verbs about overrides."""


@override.command(
    name="must-link",
    epilog=examples(
        'cdp identity override must-link crm:0035 shop_uk:7001 --reason "same passport" --dry-run',
        "cdp identity override must-link crm:0035 shop_uk:7001",
    ),
)
def must_link(  # noqa: PLR0913 - an option each
    left: RecordArgument,
    right: RecordArgument,
    *,
    reason: ReasonOption = None,
    until: UntilOption = None,
    by: ByOption = None,
    dry_run: DryRunOption = False,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say that two records are one person: a confirmed match."""
    one = _pair("must_link", left, right, reason, until)
    _record(load_any_target(project_dir, target), [one], by, dry_run=dry_run, as_json=as_json)


@override.command(
    name="cannot-link",
    epilog=examples(
        'cdp identity override cannot-link crm:0035 shop_uk:7001 --reason "father and son"',
        "cdp identity override cannot-link crm:0035 shop_uk:7001 --until 2027-01-01 --dry-run",
    ),
)
def cannot_link(  # noqa: PLR0913 - an option each
    left: RecordArgument,
    right: RecordArgument,
    *,
    reason: ReasonOption = None,
    until: UntilOption = None,
    by: ByOption = None,
    dry_run: DryRunOption = False,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say that two records are two people: a confirmed non-match."""
    one = _pair("cannot_link", left, right, reason, until)
    _record(load_any_target(project_dir, target), [one], by, dry_run=dry_run, as_json=as_json)


@override.command(
    name="block-value",
    epilog=examples(
        "cdp identity override block-value email - --dry-run < address.txt",
        'cdp identity override block-value phone "+44 20 7946 0000" --reason "the till\'s own"',
    ),
)
def block_value(  # noqa: PLR0913 - an option each
    identifier_type: Annotated[
        str, typer.Argument(metavar="TYPE", help="email, phone, loyalty_card, national_id, …")
    ],
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE",
            help="The value; `-` reads it from standard input, so that it stays out of the "
            "shell's history.",
        ),
    ],
    *,
    reason: ReasonOption = None,
    until: UntilOption = None,
    by: ByOption = None,
    dry_run: DryRunOption = False,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say that a value identifies nobody: a shop's own phone, a mailbox that many share."""
    from warehouse_cdp.linkage.instructions import Instruction  # noqa: PLC0415 - pandas is slow

    said = sys.stdin.readline().strip() if value == STDIN else value
    one = Instruction(
        "block_value",
        identifier_type=identifier_type,
        identifier_value=said,
        reason=reason,
        valid_until=_moment(until),
    )
    _record(load_any_target(project_dir, target), [one], by, dry_run=dry_run, as_json=as_json)


@override.command(
    epilog=examples(
        "cdp identity override load decisions.csv --dry-run",
        "cdp identity override load decisions.csv --by review-desk",
    )
)
def load(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV with a column instruction (must_link, cannot_link or block_value), and "
            "left_record_id, right_record_id, identifier_type, identifier_value, reason and "
            "valid_until where they apply.",
        ),
    ],
    *,
    by: ByOption = None,
    dry_run: DryRunOption = False,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Record many decisions at once: all of them, or none if one is wrong."""
    from warehouse_cdp.warehouse.override_files import (  # noqa: PLC0415 - pandas is slow
        read_instructions,
    )

    new = read_instructions(file)
    _record(load_any_target(project_dir, target), new, by, dry_run=dry_run, as_json=as_json)


@override.command(
    epilog=examples(
        "cdp identity override withdraw ovr_5f0c1d2e3a4b --dry-run",
        "cdp identity override withdraw ovr_5f0c1d2e3a4b ovr_0a1b2c3d4e5f",
    )
)
def withdraw(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="override_id; see `list`.")],
    *,
    by: ByOption = None,
    dry_run: DryRunOption = False,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Take decisions back: the next build restores what was, old ids included."""
    from warehouse_cdp.warehouse.overrides import (  # noqa: PLC0415 - pandas costs a second
        plan_withdrawal,
    )

    with _opened(load_any_target(project_dir, target), dry_run=dry_run) as chosen:
        change = plan_withdrawal(chosen, ids, by or getpass.getuser())
        found = _carry_out(chosen, change, dry_run=dry_run)
    _tell(change, found, dry_run=dry_run, as_json=as_json)


@override.command(
    name="list",
    epilog=examples("cdp identity override list", "cdp identity override list --all --json"),
)
def list_them(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Those withdrawn or over as well.")
    ] = False,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """List decisions, the newest first; blocked values and reasons are left to `cdp query`."""
    from warehouse_cdp.warehouse.engines import as_duckdb  # noqa: PLC0415 - pandas is slow
    from warehouse_cdp.warehouse.overrides import NEEDS, list_overrides  # noqa: PLC0415

    with as_duckdb(load_any_target(project_dir, target), NEEDS) as chosen:
        found = list_overrides(chosen)
    if not everything:
        found = found[~found["status"].isin(["withdrawn", "expired"])]
    rows = _plain(found)
    if as_json:
        say_json(rows)
        return
    lines: list[tuple[str, ...]] = [
        (
            str(row["override_id"]),
            str(row["status"]),
            str(row["instruction"]),
            _about(row),
            f"by {row['created_by'] or 'unknown'}",
            f"until {str(row['valid_until'])[:10]}" if row["valid_until"] else "",
        )
        for row in rows
    ]
    for line in columns(lines, indent=0):
        say(line)
    if not lines:
        say("no override holds" + ("" if everything else "; --all lists those withdrawn or over"))


def _pair(
    instruction: str, left: str, right: str, reason: str | None, until: str | None
) -> Instruction:
    from warehouse_cdp.linkage.instructions import Instruction  # noqa: PLC0415 - pandas is slow

    return Instruction(instruction, left, right, reason=reason, valid_until=_moment(until))


def _moment(until: str | None) -> pd.Timestamp | None:
    from warehouse_cdp.warehouse.override_files import moment  # noqa: PLC0415 - pandas is slow

    return moment(until, "--until")


def _record(
    target: AnyTarget, new: Sequence[Instruction], by: str | None, *, dry_run: bool, as_json: bool
) -> None:
    from warehouse_cdp.warehouse.overrides import (  # noqa: PLC0415 - pandas costs a second
        plan_recording,
    )

    with _opened(target, dry_run=dry_run) as chosen:
        change = plan_recording(chosen, new, by or getpass.getuser())
        found = _carry_out(chosen, change, dry_run=dry_run)
    _tell(change, found, dry_run=dry_run, as_json=as_json)


def _opened(target: AnyTarget, *, dry_run: bool) -> AbstractContextManager[Target]:
    """The target on DuckDB, or a copy of what is needed of a server's; the state may be written."""
    from warehouse_cdp.warehouse.engines import as_duckdb  # noqa: PLC0415 - pandas is slow
    from warehouse_cdp.warehouse.overrides import NEEDS  # noqa: PLC0415

    return as_duckdb(target) if dry_run else as_duckdb(target, NEEDS, writes="state")


def _carry_out(target: Target, change: Change, *, dry_run: bool) -> BlastRadius | None:
    """Write a change, or build it on a copy and say what that sets off."""
    from warehouse_cdp.warehouse.blast_radius import blast_radius  # noqa: PLC0415 - pandas is slow
    from warehouse_cdp.warehouse.overrides import write_change  # noqa: PLC0415

    if not dry_run:
        write_change(target, change)
        return None
    if change.is_empty:
        return None
    with progress("dry run") as show:
        return blast_radius(target, change, show)


def _tell(change: Change, found: BlastRadius | None, *, dry_run: bool, as_json: bool) -> None:
    """Say what was done, or what it would set off."""
    if as_json:
        said: dict[str, Any] = {
            # A dry run writes no row, so that the id of one is nobody's.
            "recorded": [] if dry_run else change.added["override_id"].tolist(),
            "withdrawn": [] if dry_run else list(change.withdrawn),
            "already": list(change.already),
            "is_dry_run": dry_run,
        }
        say_json({**said, "blast_radius": found.as_dictionary()} if found else said)
        return
    for override_id in change.already:
        say(f"{override_id} is so already: nothing to do")
    if found is not None:
        print_blast_radius(found, len(change.added), len(change.withdrawn))
        return
    for override_id in () if dry_run else change.added["override_id"]:
        say(f"recorded {override_id}")
    for override_id in () if dry_run else change.withdrawn:
        say(f"withdrew {override_id}")
    drawn = int(change.added["review_stratum"].notna().sum())
    if drawn and not dry_run:
        say(f"{thousands(drawn)} of the review sample: see `cdp identity precision`")
    if not dry_run and not change.is_empty:
        say("from the next `dbt build` on it holds")


def _about(row: dict[str, Any]) -> str:
    if row["instruction"] == "block_value":
        return f"a value of {row['identifier_type']}"
    return f"{row['left_record_id']} {row['right_record_id']}"


def _plain(found: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values: times as text, what is missing as None."""
    frame = found.astype(object).where(found.notna(), None)
    return [
        {
            str(name): value if value is None or isinstance(value, str) else str(value)
            for name, value in row.items()
        }
        for row in frame.to_dict("records")
    ]

"""How the command line tells what a change of overrides would set off. Ids and counts only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse_cdp.cli.console import columns, say, thousands

if TYPE_CHECKING:
    from warehouse_cdp.warehouse.blast_radius import BlastRadius

_SHOWN = 10


def print_blast_radius(found: BlastRadius, recorded: int, withdrawn: int) -> None:
    """Say what would happen, in the order in which it would."""
    what = " and ".join(
        f"{verb} {thousands(count)}"
        for verb, count in (("record", recorded), ("withdraw", withdrawn))
        if count
    )
    say(f"dry run: would {what}; nothing was written")
    say(f"built on a copy of the build of {found.built_as_of}")
    if found.also_pending:
        say(f"with {thousands(found.also_pending)} more recorded or withdrawn since that build")
    _ids(found)
    say("golden fields")
    say(f"  of {thousands(found.golden_customers)} customers who stay")
    _table([(name, thousands(count)) for name, count in found.golden_fields.items()])
    say("segments")
    _table(
        [
            (one.segment_name, f"{thousands(one.entered)} enter", f"{thousands(one.left)} leave")
            for one in found.segments
        ]
    )
    say("syncs")
    _table(
        [
            (
                one.sync_name,
                f"{thousands(one.added)} added",
                f"{thousands(one.changed)} changed",
                f"{thousands(one.removed)} removed",
            )
            for one in found.syncs
        ]
    )
    stopped = [
        f"{one.sync_name}: {one.blocked_because}" for one in found.syncs if one.blocked_because
    ]
    for line in (*found.refused, *stopped):
        say(f"refused unasked: {line}")


def _ids(found: BlastRadius) -> None:
    moves = found.moves
    say("ids")
    say(
        f"  {thousands(moves.record_count)} of {thousands(moves.record_count_before)} records "
        f"change their customer; customers {thousands(moves.customer_count_before)} -> "
        f"{thousands(moves.customer_count_after)}"
    )
    say(f"  {thousands(len(moves.created))} begin, {thousands(len(moves.retired))} end")
    rows = [
        *(
            ("merged", one.retired_id, "into", one.into_id, one.record_count)
            for one in moves.merged
        ),
        *(
            (
                "split",
                one.from_id,
                "gives back" if one.is_regained else "gives",
                one.created_id,
                one.record_count,
            )
            for one in moves.split
        ),
        *(("moved", one.from_id, "to", one.to_id, one.record_count) for one in moves.moved),
    ]
    lines = [(*texts, f"{thousands(count)} records") for *texts, count in rows]
    for line in columns([tuple(map(str, line)) for line in lines[:_SHOWN]]):
        say(line)
    if len(lines) > _SHOWN:
        say(f"  … {thousands(len(lines) - _SHOWN)} more: --json lists all")


def _table(rows: list[tuple[str, ...]]) -> None:
    for line in columns(rows):
        say(line)
    if not rows:
        say("  none")

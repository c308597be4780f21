"""``cdp identity precision``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse_cdp.cli.console import columns, say, say_json, thousands
from warehouse_cdp.cli.frame import HERE, JsonOption, ProjectOption, TargetOption, examples
from warehouse_cdp.cli.identity import identity
from warehouse_cdp.warehouse.profile import load_any_target

if TYPE_CHECKING:
    from collections.abc import Mapping


@identity.command(epilog=examples("cdp identity precision", "cdp identity precision --json"))
def precision(
    *,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say how many decisions are right, from what people said about the drawn pairs.

    One row a stratum of identity_review_queue: its pairs, those decided, and the share that is one
    person with a 95 % interval. Of what is linked, the share is the precision.
    """
    from warehouse_cdp.warehouse.engines import as_duckdb  # noqa: PLC0415 - pandas is slow
    from warehouse_cdp.warehouse.overrides import NEEDS, current_precision  # noqa: PLC0415

    with as_duckdb(load_any_target(project_dir, target), NEEDS) as chosen:
        found = current_precision(chosen).astype(object)
    rows = found.where(found.notna(), None).to_dict("records")
    if as_json:
        say_json(rows)
        return
    heading = ("stratum", "pairs", "decided", "one person", "share", "from", "to", "")
    for line in columns([heading, *(_cells(row) for row in rows)], indent=0):
        say(line)


def _cells(row: Mapping[Any, Any]) -> tuple[str, ...]:
    shares = [row[name] for name in ("match_share", "match_share_low", "match_share_high")]
    return (
        str(row["stratum"]),
        thousands(row["pair_count"]),
        thousands(row["decided_pair_count"]),
        thousands(row["match_pair_count"]),
        *("-" if share is None else f"{share:.2%}" for share in shares),
        row["note"] or "",
    )

"""Which customer ids come and go between two maps of records to customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from warehouse_cdp.warehouse.connection import quoted
from warehouse_cdp.warehouse.profile import STATE_ALIAS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

    from warehouse_cdp.warehouse.profile import Target


@dataclass(frozen=True)
class Merged:
    """An id that ends, the one that most of its records have afterwards, and how many those are."""

    retired_id: str
    into_id: str
    record_count: int


@dataclass(frozen=True)
class Split:
    """An id that lives on, one that begins with records of it, and how many those are."""

    from_id: str
    created_id: str
    record_count: int
    is_regained: bool


@dataclass(frozen=True)
class Moved:
    """Records that go from one living id to another that lives already."""

    from_id: str
    to_id: str
    record_count: int


@dataclass(frozen=True)
class IdentityMoves:
    """What becomes of ids.

    ``created`` and ``retired`` are all ids that begin and end; ``merged``, ``split`` and ``moved``
    say where their records come from or go to. A created id is regained when its records held it
    in an earlier run.
    """

    record_count: int
    record_count_before: int
    customer_count_before: int
    customer_count_after: int
    created: tuple[str, ...]
    retired: tuple[str, ...]
    merged: tuple[Merged, ...]
    split: tuple[Split, ...]
    moved: tuple[Moved, ...]


def identity_moves(
    connection: duckdb.DuckDBPyConnection, target: Target, before_schema: str
) -> IdentityMoves:
    """Compare ``identity_map`` with the copy of it in ``before_schema`` of the same warehouse."""
    before = quoted(target.database, before_schema, "identity_map")
    after = quoted(target.database, target.schema_of("identity"), "identity_map")
    log = quoted(STATE_ALIAS, target.state_schema, "identity_assignments")

    def ids(sql: str) -> set[str]:
        return {str(found) for (found,) in connection.execute(sql).fetchall()}

    # Names of the target, quoted: no value ever stands in these texts.
    old = ids(f"select distinct customer_id from {before}")  # noqa: S608
    new = ids(f"select distinct customer_id from {after}")  # noqa: S608
    earlier = ids(
        f"select distinct customer_id from {log} where customer_id is not null and "  # noqa: S608
        f"run_number < (select max(run_number) from {log})"
    )
    changes = connection.execute(
        "select old.customer_id, new.customer_id, count(*) as record_count "  # noqa: S608
        f"from {before} as old inner join {after} as new using (record_id) "
        "where old.customer_id <> new.customer_id "
        "group by all order by 1, record_count desc, 2"
    ).fetchall()
    (records,) = connection.execute(f"select count(*) from {before}").fetchall()[0]  # noqa: S608
    merged: dict[str, Merged] = {}
    for one, other, count in changes:
        if one not in new:
            merged.setdefault(one, Merged(one, other, count))
    return IdentityMoves(
        record_count=sum(count for _, _, count in changes),
        record_count_before=int(records),
        customer_count_before=len(old),
        customer_count_after=len(new),
        created=tuple(sorted(new - old)),
        retired=tuple(sorted(old - new)),
        merged=tuple(merged.values()),
        split=tuple(
            Split(one, other, count, other in earlier)
            for one, other, count in changes
            if one in new and other not in old
        ),
        moved=tuple(
            Moved(one, other, count) for one, other, count in changes if one in new and other in old
        ),
    )


def id_limits(manifest: Mapping[str, Any], moves: IdentityMoves) -> Iterator[str]:
    """By which limit a build would refuse to write so many changes."""
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or node["name"] != "identity_assignments":
            continue
        limit = float(node["config"]["meta"]["limits"]["max_ids_changed_share"])
        share = moves.record_count / max(moves.record_count_before, 1)
        if share > limit:
            yield (
                f"{moves.record_count} of {moves.record_count_before} records change their "
                f"customer ({share:.1%}, identity_max_ids_changed_share is {limit:.1%}): the build "
                "needs --vars '{identity_allow_large_change: true}'"
            )

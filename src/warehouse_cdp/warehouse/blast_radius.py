"""What a change of overrides would set off, found by building it on a copy.

The copy is of the last build, and only what depends on an override is built again, with the clock
of that build: what differs afterwards comes from the overrides alone, not from newer raw data.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd

from warehouse_cdp.activation.guards import blocking_reason
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.warehouse.artifacts import read_manifest
from warehouse_cdp.warehouse.connection import attach_file, open_warehouse, quoted
from warehouse_cdp.warehouse.identity_moves import IdentityMoves, id_limits, identity_moves
from warehouse_cdp.warehouse.overrides import write_change
from warehouse_cdp.warehouse.profile import project_variables
from warehouse_cdp.warehouse.scratch import scratch_copy
from warehouse_cdp.warehouse.sync_planning import plan_against
from warehouse_cdp.warehouse.sync_sessions import scratch_session
from warehouse_cdp.warehouse.syncs import syncs_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from warehouse_cdp.warehouse.overrides import Change
    from warehouse_cdp.warehouse.profile import Target

BEFORE = "cdp_before"
_FROM = "identity_bad_values"
"""The first model that an override can change."""
SELECTION = (
    "int_build_context",
    "identity_run_start",
    f"{_FROM}+,+identity_map",
    f"{_FROM}+,+customers",
    f"{_FROM}+,+segment_members",
    f"{_FROM}+,+exposure:*",
)
_COMPARED = (("identity", "identity_map"), ("marts", "customers"), ("audiences", "segment_members"))

_GATE = ("marts", "customer_consents")
"""What the consent gate of syncs asks beside the models of the activation layer."""


@dataclass(frozen=True)
class SegmentChange:
    """Customers who enter and leave a segment; one merged into a member has not left."""

    segment_name: str
    entered: int
    left: int
    members_before: int


@dataclass(frozen=True)
class SyncChange:
    """Rows that the next run of a sync would send because of the change, and what would stop it."""

    sync_name: str
    added: int
    changed: int
    removed: int
    blocked_because: str | None


@dataclass(frozen=True)
class BlastRadius:
    """What would happen; ``refused`` are guards by which a build would refuse it unasked."""

    moves: IdentityMoves
    golden_fields: dict[str, int]
    golden_customers: int
    segments: tuple[SegmentChange, ...]
    syncs: tuple[SyncChange, ...]
    refused: tuple[str, ...] = ()
    also_pending: int = 0
    built_as_of: str = field(default="")

    def as_dictionary(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        said = asdict(self)
        return {
            "ids": said["moves"],
            "golden": {
                "customers_changed": self.golden_customers,
                "fields_changed": said["golden_fields"],
            },
            "segments": list(said["segments"]),
            "syncs": list(said["syncs"]),
            "would_be_refused": list(self.refused),
            "also_pending": self.also_pending,
            "built_as_of": self.built_as_of,
        }


def blast_radius(
    target: Target, change: Change, show: Callable[[str, int, int], None]
) -> BlastRadius:
    """Write a change into a copy, build there what depends on it, and compare; the copy goes.

    Raises:
        InputDataError: nothing is built yet, the build fails, or there is no room for a copy.
        WarehouseBusyError: another process writes the warehouse or the state.
    """
    with scratch_copy(target) as scratch:
        as_of, pending = _keep_before(scratch.target)
        write_change(scratch.target, change)
        variables = {"as_of": f"{as_of:%Y-%m-%d %H:%M:%S}", "identity_allow_large_change": True}
        scratch.run_models(SELECTION, variables, show)
        manifest = read_manifest(target.project_folder, scratch.artifacts)
        with open_warehouse(scratch.target) as connection:
            moves = identity_moves(connection, scratch.target, BEFORE)
            fields, customers = _golden_changes(connection, scratch.target)
            segments = _segment_changes(connection, scratch.target, moves)
            syncs = _sync_changes(connection, scratch.target, manifest)
    return BlastRadius(
        moves,
        fields,
        customers,
        segments,
        syncs,
        (*id_limits(manifest, moves), *segment_limits(target, segments)),
        pending,
        f"{as_of:%Y-%m-%d %H:%M:%S}",
    )


def _keep_before(target: Target) -> tuple[pd.Timestamp, int]:
    """Keep what is compared in tables of their own, in the copy.

    Returns:
        The clock of the last build, and how many overrides changed since: they have their effect
        in the copy too.

    Raises:
        InputDataError: a table is not there yet.
    """
    with duckdb.connect(":memory:") as connection:
        for alias, path in target.attachments.items():
            if path.exists():
                attach_file(connection, path, alias, read_only=True)
        attach_file(connection, target.warehouse, target.database, read_only=False)
        activation = target.schema_of("activation")
        tables = [(target.schema_of(layer), table) for layer, table in (*_COMPARED, _GATE)]
        tables += [
            (activation, str(name))
            for (name,) in connection.execute(
                "select table_name from information_schema.tables where table_catalog = $1 "
                "and table_schema = $2 order by 1",
                [target.database, activation],
            ).fetchall()
        ]
        context = quoted(target.database, target.schema_of("intermediate"), "int_build_context")
        state = quoted("cdp_state", target.state_schema, "identity_overrides")
        try:
            # Names of constants, the target and the catalog: no value ever stands in these texts.
            ((as_of, started_at),) = connection.execute(
                f"select max(as_of), max(started_at) from {context}"  # noqa: S608
            ).fetchall()
            ((pending,),) = connection.execute(
                f"select count(*) from {state} where created_at > $1 or withdrawn_at > $1",  # noqa: S608
                [started_at],
            ).fetchall()
            connection.execute(f"create schema {quoted(target.database, BEFORE)}")
            for schema, table in tables:
                connection.execute(
                    f"create table {quoted(target.database, BEFORE, table)} as "  # noqa: S608
                    f"select * from {quoted(target.database, schema, table)}"
                )
        except duckdb.Error as error:
            message = (
                f"{target.warehouse.name} is not built as far as it takes to compare "
                f"({type(error).__name__}): run `dbt build --target {target.name}` first"
            )
            raise InputDataError(message) from None
    if as_of is None:
        message = f"the last build left no clock: run `dbt build --target {target.name}` first"
        raise InputDataError(message)
    return pd.Timestamp(as_of), int(pending)


def _golden_changes(
    connection: duckdb.DuckDBPyConnection, target: Target
) -> tuple[dict[str, int], int]:
    """Fields that differ of customers who are there before and after, and how many customers."""
    before = quoted(target.database, BEFORE, "customers")
    after = quoted(target.database, target.schema_of("marts"), "customers")
    names = [
        name
        for (name,) in connection.execute(
            "select column_name from information_schema.columns where table_catalog = $1 and "
            "table_schema = $2 and table_name = 'customers' order by ordinal_position",
            [target.database, target.schema_of("marts")],
        ).fetchall()
        if name != "customer_id"
    ]
    differs = [f"old.{quoted(name)} is distinct from new.{quoted(name)}" for name in names]
    counts = ", ".join(f"count(*) filter (where {one})" for one in differs)
    # Names of the catalog, quoted: no value ever stands in this text.
    query = (
        f"select {counts}, count(*) filter (where {' or '.join(differs)}) "  # noqa: S608
        f"from {before} as old inner join {after} as new using (customer_id)"
    )
    # Fetched whole: DuckDB 2 takes no further work while a row may be left.
    ((*by_field, customers),) = connection.execute(query).fetchall()
    changed = dict(zip(names, by_field, strict=True))
    return {name: int(count) for name, count in changed.items() if count}, int(customers)


def _segment_changes(
    connection: duckdb.DuckDBPyConnection, target: Target, moves: IdentityMoves
) -> tuple[SegmentChange, ...]:
    """Entries and leavings by segment, of segments that have any."""
    before = quoted(target.database, BEFORE, "segment_members")
    after = quoted(target.database, target.schema_of("audiences"), "segment_members")
    merged = [(one.retired_id, one.into_id) for one in moves.merged]
    connection.register(
        "merged_ids", pd.DataFrame(merged, columns=["retired_id", "into_id"], dtype="string")
    )
    # Names of the target, quoted: no value ever stands in this text.
    rows = connection.execute(
        f"""
        with known as (
            select distinct
                members.segment_name,
                coalesce(merged_ids.into_id, members.customer_id) as customer_id
            from {before} as members
            left join merged_ids on members.customer_id = merged_ids.retired_id
        ),
        changes as (
            select
                coalesce(known.segment_name, inside.segment_name) as segment_name,
                count(*) filter (where known.customer_id is null) as entered,
                count(*) filter (where inside.customer_id is null) as gone
            from known
            full join {after} as inside using (segment_name, customer_id)
            group by all
        )
        select changes.segment_name, changes.entered, changes.gone, sizes.members
        from changes
        left join (select segment_name, count(*) as members from {before} group by all) as sizes
            using (segment_name)
        where changes.entered + changes.gone > 0
        order by changes.segment_name
        """  # noqa: S608
    ).fetchall()
    return tuple(
        SegmentChange(str(name), int(entered), int(gone), int(members or 0))
        for name, entered, gone, members in rows
    )


def segment_limits(target: Target, segments: Sequence[SegmentChange]) -> Iterator[str]:
    """By which limit a build would refuse to let segments shrink, as refuse_segment_shrinkage."""
    variables = project_variables(target.project_folder)
    limit = float(variables.get("segment_max_shrink_share", 1.0))
    guarded_from = int(variables.get("segment_shrink_guard_min_members", 0))
    for one in segments:
        if one.members_before >= guarded_from and one.left > limit * one.members_before:
            yield (
                f"{one.segment_name} loses {one.left} of {one.members_before} members "
                f"(segment_max_shrink_share is {limit:.1%}): the build needs "
                "--vars '{allow_segment_shrink: true}'"
            )


def _sync_changes(
    connection: duckdb.DuckDBPyConnection, target: Target, manifest: Mapping[str, Any]
) -> tuple[SyncChange, ...]:
    """Rows each sync would send if its destination held what the last build allows."""
    session = scratch_session(connection, target)

    def kept(relation: str) -> str:
        return quoted(target.database, BEFORE, relation.strip('"').rpartition('"."')[2])

    changes = []
    for name, config in sorted(syncs_in(manifest).items()):
        earlier = replace(
            config,
            relation=kept(config.relation),
            candidates_relation=kept(config.candidates_relation),
            standings_relation=kept(config.standings_relation),
            customer_consents_relation=kept(config.customer_consents_relation),
        )
        plan = plan_against(session, config, earlier, target.hash_key)
        blocked = blocking_reason(plan, config.guards)
        counts = plan.counts
        changes.append(
            SyncChange(
                name,
                counts.added,
                counts.changed,
                counts.removed,
                blocked[1] if blocked else None,
            )
        )
    return tuple(changes)

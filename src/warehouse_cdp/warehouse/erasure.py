"""Erasing a person: planned and counted first, then written as fresh copies of both files.

Nothing is deleted in place. The fresh copies are made without the person, checked, and take the
old files' places: first the state with its tombstones, then the warehouse. After a crash between
the two the same command finds the person in the warehouse still and finishes; what the state holds
already is not added twice.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse_cdp.errors import InputDataError, StateRefusedError
from warehouse_cdp.privacy import erased_name, staging_routes
from warehouse_cdp.privacy.routes import CUSTOMER
from warehouse_cdp.warehouse.artifacts import read_manifest
from warehouse_cdp.warehouse.connection import open_warehouse, quoted
from warehouse_cdp.warehouse.duckdb_plugin import set_hash_key, spare_planning
from warehouse_cdp.warehouse.erasure_tables import (
    ADDED,
    KEPT,
    Effect,
    FilePlan,
    count_unsearched,
    load_keys,
    load_raw_columns,
    load_raw_hashes,
    plan_file,
)
from warehouse_cdp.warehouse.file_copies import (
    attach_alone,
    attach_to_read,
    fresh_copy,
    take_place,
)
from warehouse_cdp.warehouse.person_finder import find_customer, gather
from warehouse_cdp.warehouse.privacy_runs import (
    add_run,
    data_clock,
    new_run,
    require_tables,
)
from warehouse_cdp.warehouse.profile import STATE_ALIAS
from warehouse_cdp.warehouse.state_erasure import (
    RESULTS,
    RUNS,
    ErasureRun,
    plan_state,
    rows_left,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from warehouse_cdp.privacy import Naming, Person, StagingRoute
    from warehouse_cdp.warehouse.file_copies import Table
    from warehouse_cdp.warehouse.profile import Target

PUBLISHED_ALIAS = "cdp_published"
_CHECKED = "cdp_checked"


@dataclass(frozen=True)
class ErasureReport:
    """What an erasure did, or would do: counts only, and what is left to do elsewhere."""

    request_id: str
    customer_id: str
    effects: tuple[Effect, ...]
    tombstone_count: int
    shared_count: int
    follow_ups: tuple[str, ...]
    is_dry_run: bool


@dataclass(frozen=True)
class _Plan:
    person: Person
    run: ErasureRun
    files: Mapping[str, FilePlan]
    raw_tables: frozenset[Table]
    unsearched_count: int

    @property
    def effects(self) -> tuple[Effect, ...]:
        found = [effect for file in self.files.values() for effect in file.effects]
        return tuple(
            sorted(found, key=lambda one: (one.database, one.schema, one.table, one.action))
        )


def preview(target: Target, named: Naming, requested_by: str) -> ErasureReport:
    """What ``erase`` would do; the files are only read.

    Raises:
        CdpError: as ``erase``.
    """
    with open_warehouse(target) as connection, _published(connection, target):
        plan = _plan(connection, target, named, requested_by)
    return _report(plan, is_server=target.server is not None, is_dry_run=True)


def erase(
    target: Target,
    named: Naming,
    requested_by: str,
    announce: Callable[[str], None] = lambda _step: None,
) -> ErasureReport:
    """Erase one person from the warehouse, the state and the published copy.

    Args:
        target: where.
        named: who; see ``privacy.naming``.
        requested_by: who does this, for the record.
        announce: told each step, for a progress bar.

    Raises:
        InputDataError: nobody or several customers are meant, the project is not built or not
            since raw rows came, or there is no room for the copies; nothing was changed.
        WarehouseBusyError: another process holds one of the files.
        StateRefusedError: the check of the fresh copies still found the person.
    """
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("set TimeZone = 'UTC'")
        if not target.warehouse.exists():
            message = f"{target.place} does not exist: run `dbt build --target {target.name}`"
            raise InputDataError(message)
        attach_alone(connection, target.warehouse, target.database)
        attach_alone(connection, target.state, STATE_ALIAS)
        for alias, path in target.attachments.items():
            if alias != STATE_ALIAS and path.exists():  # views may read it
                attach_to_read(connection, path, alias)
        with _published(connection, target) as published:
            announce("finding the person")
            plan = _plan(connection, target, named, requested_by)
            _refuse_unsearched(target, plan.unsearched_count)
            paths = {STATE_ALIAS: target.state, target.database: target.warehouse}
            if published is not None:
                paths[PUBLISHED_ALIAS] = published
            with ExitStack() as copies:
                parts = {}
                for alias, path in paths.items():
                    announce(f"copying {path.name}")
                    contents = plan.files[alias].contents
                    if alias == STATE_ALIAS:
                        contents = _with_proof(connection, target, plan)
                    parts[alias] = copies.enter_context(
                        fresh_copy(connection, alias, path, contents)
                    )
                announce("checking the copies")
                for alias, part in parts.items():
                    _check(connection, alias, part, plan)
                for alias, path in paths.items():
                    take_place(parts[alias], path)
    finally:
        connection.close()
    return _report(plan, is_server=target.server is not None, is_dry_run=False)


def _plan(
    connection: duckdb.DuckDBPyConnection, target: Target, named: Naming, requested_by: str
) -> _Plan:
    set_hash_key(connection, target.hash_key)
    spare_planning(connection)
    manifest = read_manifest(target.project_folder)
    routes = staging_routes(manifest)
    clock = data_clock(connection, target)
    require_tables(connection, target)
    _require_staging(connection, target, routes)
    run = new_run(target, named, requested_by, clock)
    person = gather(connection, target, find_customer(connection, target, named, "erase"))
    load_keys(connection, person, target.hash_key)
    load_raw_columns(connection, routes)
    load_raw_hashes(connection, target.database, routes)
    raw_tables = frozenset(_raw_tables(manifest))
    staged = {route.relation: route.route for route in routes}
    files = {
        STATE_ALIAS: plan_state(connection, person, run, target.hash_key),
        target.database: plan_file(connection, target.database, person, raw_tables, staged),
    }
    if _is_attached(connection, PUBLISHED_ALIAS):
        files[PUBLISHED_ALIAS] = plan_file(connection, PUBLISHED_ALIAS, person)
    unsearched = count_unsearched(connection, target.database, routes)
    return _Plan(person, run, files, raw_tables, unsearched)


def _report(plan: _Plan, *, is_server: bool, is_dry_run: bool) -> ErasureReport:
    at_destinations = sum(effect.row_count for effect in plan.effects if effect.action == KEPT)
    follow_ups = ["run `dbt build`, so that totals and segments are without the person"]
    if at_destinations:
        follow_ups.append(
            f"run `cdp sync`: {at_destinations} row(s) at destinations are removed by the next sync"
        )
    if plan.unsearched_count:
        follow_ups.append(
            f"first run `dbt build`: {plan.unsearched_count} raw row(s) came after the last one "
            "and cannot be searched"
        )
    kept = "the server's backups and its archived log" if is_server else "backups of both files"
    follow_ups.append(f"{kept}, the loaders' own files and the source systems are not touched")
    added = [one for one in plan.effects if one.action == ADDED]
    return ErasureReport(
        request_id=plan.run.request_id,
        customer_id=plan.person.customer_id,
        effects=plan.effects,
        tombstone_count=sum(
            one.row_count for one in added if one.table == "suppressed_identifiers"
        ),
        shared_count=plan.person.shared_count,
        follow_ups=tuple(follow_ups),
        is_dry_run=is_dry_run,
    )


def _with_proof(
    connection: duckdb.DuckDBPyConnection, target: Target, plan: _Plan
) -> dict[Table, str]:
    """The state's contents with a row per table and action, and one for the run."""
    run = plan.run
    finished_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    connection.execute(
        "create or replace temp table added_results (request_id text, table_name text, "
        "action text, row_count bigint, finished_at timestamp)"
    )
    rows = [
        (run.request_id, one.table_name, one.action, one.row_count, finished_at)
        for one in plan.effects
    ]
    if rows:
        connection.executemany("insert into temp.added_results values (?, ?, ?, ?, ?)", rows)
    subject = erased_name(CUSTOMER, plan.person.customer_id, target.hash_key)
    add_run(connection, "added_runs", run, "erasure", subject)
    contents = dict(plan.files[STATE_ALIAS].contents)
    for name, added in ((RESULTS, "added_results"), (RUNS, "added_runs")):
        place = quoted(STATE_ALIAS, target.state_schema, name)
        contents[(target.state_schema, name)] = (
            f"select * from {place} union all by name select * from temp.{added}"  # noqa: S608
        )
    return contents


def _check(connection: duckdb.DuckDBPyConnection, alias: str, part: Path, plan: _Plan) -> None:
    """Look for the person in a fresh copy before it takes its place.

    Raises:
        StateRefusedError: a row of the person is there still.
    """
    attach_to_read(connection, part, _CHECKED)
    try:
        if alias == STATE_ALIAS:
            left = rows_left(connection, _CHECKED)
        else:
            found = plan_file(connection, _CHECKED, plan.person, plan.raw_tables)
            left = {f"{one.schema}.{one.table}": one.row_count for one in found.effects}
    finally:
        connection.execute(f"detach {_CHECKED}")
    if left:
        shown = ", ".join(f"{table} ({count})" for table, count in sorted(left.items()))
        message = f"the check still found rows of the person in {shown}; nothing was changed"
        raise StateRefusedError(message)


@contextmanager
def _published(connection: duckdb.DuckDBPyConnection, target: Target) -> Iterator[Path | None]:
    """Attach the copy for BI tools, if there is one; its readers need not close it."""
    place = _publish_path(target)
    if place is None:
        yield None
        return
    attach_to_read(connection, place, PUBLISHED_ALIAS)
    try:
        yield place
    finally:
        connection.execute(f"detach {PUBLISHED_ALIAS}")


def _publish_path(target: Target) -> Path | None:
    manifest = read_manifest(target.project_folder)
    for node in manifest.get("nodes", {}).values():
        if node.get("name") == "published_tables":
            meta = (node.get("config") or {}).get("meta") or {}
            path = str(meta.get("publish_path") or "")
            place = target.project_folder / path
            return place if path and place.is_file() else None
    return None


def _raw_tables(manifest: Mapping[str, Any]) -> Iterator[Table]:
    for source in manifest["sources"].values():
        if source["source_name"] != STATE_ALIAS:
            yield str(source["schema"]), str(source["identifier"])


def _is_attached(connection: duckdb.DuckDBPyConnection, alias: str) -> bool:
    row = connection.execute(
        "select count(*) from duckdb_databases() where database_name = $1", [alias]
    ).fetchone()
    return bool(row and row[0])


def _refuse_unsearched(target: Target, count: int) -> None:
    """Rows that no staging table holds may be the person's, and later nobody could tell."""
    if count:
        message = (
            f"{count} raw row(s) of {target.place} came after the last build and cannot be "
            f"searched: run `dbt build --target {target.name}` first. Nothing was erased"
        )
        raise InputDataError(message)


def _require_staging(
    connection: duckdb.DuckDBPyConnection, target: Target, routes: list[StagingRoute]
) -> None:
    there = {
        (str(schema), str(name))
        for schema, name in connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = $1 "
            "union all select schema_name, view_name from duckdb_views() where database_name = $1",
            [target.database],
        ).fetchall()
    }
    missing = [route.name for route in routes if route.relation not in there]
    if missing:
        message = (
            f"{target.place} lacks {len(missing)} staging model(s) of target/manifest.json "
            f"(such as {missing[0]}), or the manifest is of another target than {target.name}: run "
            f"`dbt build --target {target.name}` first"
        )
        raise InputDataError(message)

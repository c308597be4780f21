"""State is the memory that cannot be rebuilt: ids survive reruns, refreshes and lost warehouses."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import duckdb
import pytest

from worlds import Project, build, small_world

if TYPE_CHECKING:
    from collections.abc import Callable

# The running build only, by design: build id, clock, run ids.
PER_BUILD = {"int_build_context", "identity_run_start"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A company of 150 people, built once; each test works on a copy."""
    project = small_world(tmp_path_factory.mktemp("world"))
    build(project)
    return project


@pytest.fixture
def copy(world: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("copy") / "project"
    shutil.copytree(world.folder, folder)
    return Project(folder)


def ids(project: Project) -> dict[str, str]:
    rows = project.query("select record_id, customer_id from dev_identity.identity_map")
    assert rows
    return dict(rows)


def fingerprints(project: Project) -> dict[str, tuple[int, int]]:
    """Row count and order-free hash of every table that a build makes, state included."""
    tables = project.query(
        "select database_name, schema_name, table_name from duckdb_tables() "
        "where schema_name like 'dev%' order by all"
    )
    found = {}
    for database, schema, table in tables:
        if table in PER_BUILD:
            continue
        rows = project.query(
            f"select count(*), coalesce(sum(hash(t) % 1000000007), 0) "
            f'from "{database}"."{schema}"."{table}" as t'
        )
        found[f"{schema}.{table}"] = rows[0]
    return found


def test_building_twice_changes_no_row(copy: Project) -> None:
    before = fingerprints(copy)
    build(copy)
    after = fingerprints(copy)
    changed = sorted(name for name in before | after if before.get(name) != after.get(name))
    assert changed == []


def test_full_refresh_keeps_every_id(copy: Project) -> None:
    before = ids(copy)
    build(copy, "--full-refresh")
    assert ids(copy) == before


def test_a_deleted_warehouse_keeps_every_id(copy: Project) -> None:
    before = ids(copy)
    copy.warehouse.unlink()
    assert copy.cdp("load-sample", "--from", "sample").code == 0
    build(copy)
    assert ids(copy) == before


def test_an_empty_build_writes_no_state(copy: Project) -> None:
    state = {name: rows for name, rows in fingerprints(copy).items() if name.startswith("dev.")}
    assert "dev.identity_assignments" in state
    build(copy, "--empty")
    after = {name: rows for name, rows in fingerprints(copy).items() if name.startswith("dev.")}
    assert after == state


def test_a_cannot_link_splits_and_lifting_it_restores(copy: Project) -> None:
    before = ids(copy)
    left, right = copy.query(
        "select left_record_id, right_record_id from dev_identity.identity_links "
        "where decision = 'linked' order by match_weight nulls last, 1, 2 limit 1"
    )[0]
    assert before[left] == before[right]
    with duckdb.connect(str(copy.state)) as connection:
        connection.execute(
            "insert into dev.identity_overrides values ('test-1', 'cannot_link', ?, ?, null, null, "
            "'two people', 'test', timestamp '2026-01-01', null)",
            [left, right],
        )
    build(copy)
    split = ids(copy)
    assert split[left] != split[right]
    others = {record for record, customer in before.items() if customer != before[left]}
    assert {record: split[record] for record in others} == {
        record: before[record] for record in others
    }
    with duckdb.connect(str(copy.state)) as connection:
        connection.execute("delete from dev.identity_overrides")
    build(copy)
    assert ids(copy) == before


def test_the_order_of_raw_rows_changes_nothing(
    world: Project, tmp_path_factory: pytest.TempPathFactory, shuffle_raw: Callable[[Project], None]
) -> None:
    shuffled = small_world(tmp_path_factory.mktemp("shuffled"))
    shuffle_raw(shuffled)
    build(shuffled)
    assert ids(shuffled) == ids(world)

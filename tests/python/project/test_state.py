"""State is the memory that cannot be rebuilt: ids survive reruns, refreshes and lost warehouses."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from worlds import ROOT, Outcome, Project, build, built_world, copied, sample_clock, small_world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# The running build only, by design: build id, clock, run ids.
PER_BUILD = {"int_build_context", "identity_run_start"}
# All that decides who is who, raw rows to map. What stands on it is rebuilt in test_waves.py.
WHO_IS_WHO = ("--select", "+identity_map")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A company of 150 people; each test works on a copy."""
    return built_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def copy(world: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copied(world, tmp_path_factory.mktemp("copy"))


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
    build(copy, *WHO_IS_WHO, "--full-refresh")
    assert ids(copy) == before


def test_a_deleted_warehouse_keeps_every_id(copy: Project) -> None:
    before = ids(copy)
    copy.warehouse.unlink()
    assert copy.cdp("load-sample", "--from", "sample").code == 0
    build(copy, *WHO_IS_WHO)
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
            "insert into dev.identity_overrides (override_id, instruction, left_record_id, "
            "right_record_id, created_at) values ('test-1', 'cannot_link', ?, ?, '2026-01-01')",
            [left, right],
        )
    build(copy, *WHO_IS_WHO)
    split = ids(copy)
    assert split[left] != split[right]
    others = {record for record, customer in before.items() if customer != before[left]}
    assert {record: split[record] for record in others} == {
        record: before[record] for record in others
    }
    with duckdb.connect(str(copy.state)) as connection:
        connection.execute("delete from dev.identity_overrides")
    build(copy, *WHO_IS_WHO)
    assert ids(copy) == before


def test_the_order_of_raw_rows_changes_nothing(
    world: Project, tmp_path_factory: pytest.TempPathFactory, shuffle_raw: Callable[[Project], None]
) -> None:
    shuffled = small_world(tmp_path_factory.mktemp("shuffled"))
    shuffle_raw(shuffled)
    build(shuffled, *WHO_IS_WHO)
    assert ids(shuffled) == ids(world)


# What a build decides about identity, and what it takes of state besides the log.
IDENTITY = ("int_build_context", "identity_run_start", "identity_pairs", "identity_links",
            "identity_assignments")  # fmt: skip


def run(project: Project, *arguments: str, **variables: object) -> Outcome:
    clock = {"as_of": sample_clock(project.folder / "sample")}
    return project.dbt("run", "--vars", json.dumps({**clock, **variables}), *arguments)


def state_rows(project: Project, table: str) -> list[tuple[Any, ...]]:
    return sorted(project.query(f"from cdp_state.dev.{table}"), key=repr)


def newest_ids(project: Project) -> dict[str, str]:
    """Who is who by state alone, before any model has read it."""
    return dict(
        project.query(
            "select record_id, arg_max(coalesce(customer_id, 'nobody'), run_number) "
            "from cdp_state.dev.identity_assignments group by 1"
        )
    )


def newest_run(project: Project) -> str:
    run_id: str = project.query(
        "select arg_max(run_id, run_number) from cdp_state.dev.identity_assignments"
    )[0][0]
    return run_id


def test_a_first_run_is_undone_and_decided_again_with_the_same_ids(copy: Project) -> None:
    before, log = newest_ids(copy), state_rows(copy, "identity_assignments")
    unknown = copy.cdp("identity", "rollback", "no-such-run")
    assert (unknown.code, "no run 'no-such-run' changed anything" in unknown.output) == (4, True)
    planned = copy.cdp("identity", "rollback", newest_run(copy), "--dry-run", "--json")
    assert json.loads(planned.output)["record_count"] == len(before)
    assert state_rows(copy, "identity_assignments") == log

    first = newest_run(copy)
    assert copy.cdp("identity", "rollback", first).code == 0
    assert set(newest_ids(copy).values()) == {"nobody"}
    twice = copy.cdp("identity", "rollback", first)
    assert (twice.code, "changed again by" in twice.output) == (4, True)
    undone = newest_run(copy)
    assert copy.cdp("identity", "rollback", undone).code == 0
    assert newest_ids(copy) == before
    assert copy.cdp("identity", "rollback", newest_run(copy)).code == 0
    assert set(newest_ids(copy).values()) == {"nobody"}

    # The models that say what this build began from are of yesterday: nothing is written.
    log = state_rows(copy, "identity_assignments")
    stale = run(copy, "--select", "identity_assignments")
    assert stale.code != 0
    assert "identity state moved on: this build read run 0, the newest is 4" in stale.output
    assert state_rows(copy, "identity_assignments") == log
    done = run(copy, "--select", *IDENTITY)
    assert done.code == 0, done.output
    assert newest_ids(copy) == before
    assert copy.cdp("state", "verify").code == 0


def test_many_changed_ids_are_refused_and_allowed_for_one_run(copy: Project) -> None:
    left, right = copy.query(
        "select left_record_id, right_record_id from dev_identity.identity_links "
        "where decision = 'linked' order by match_weight nulls last, 1, 2 limit 1"
    )[0]
    strict = {"identity_max_ids_changed_share": 0}
    with duckdb.connect(str(copy.state)) as connection:
        connection.execute(
            "insert into dev.identity_overrides (override_id, instruction, left_record_id, "
            "right_record_id, created_at) values ('o', 'cannot_link', ?, ?, '2026-01-01')",
            [left, right],
        )
    log = state_rows(copy, "identity_assignments")
    refused = run(copy, "--select", *IDENTITY, **strict)
    assert refused.code != 0
    assert "would change their customer" in refused.output
    assert "identity_allow_large_change: true" in refused.output
    assert state_rows(copy, "identity_assignments") == log
    allowed = run(copy, "--select", *IDENTITY, **strict, identity_allow_large_change=True)
    assert allowed.code == 0, allowed.output
    split = newest_ids(copy)
    assert split[left] != split[right]
    with duckdb.connect(str(copy.state)) as connection:
        connection.execute("delete from dev.identity_overrides")
    again = run(copy, "--select", *IDENTITY, **strict)
    assert again.code != 0
    assert "would change their customer" in again.output
    assert newest_ids(copy) == split


def test_a_partial_build_writes_no_membership(copy: Project) -> None:
    before = state_rows(copy, "segment_memberships")
    assert before
    for partial in (("--empty",), ("--sample", "1 day")):
        done = run(copy, "--select", "segment_members", "segment_memberships", *partial)
        assert done.code == 0, done.output
        assert state_rows(copy, "segment_memberships") == before


def test_a_segment_that_empties_is_refused_and_allowed_for_one_run(copy: Project) -> None:
    before = state_rows(copy, "segment_memberships")
    inside = [row for row in before if row[1] == "seg_lapsing" and row[-1] is None]
    assert len(inside) > 1
    # Nobody orders so often: the segment is empty, as after a load that is missing.
    emptied = {"lapsing_min_order_count": 100, "segment_shrink_guard_min_members": 1}
    selection = ("--select", "seg_lapsing", "segment_memberships")
    refused = run(copy, *selection, **emptied)
    assert refused.code != 0
    assert "Nothing was written to segment_memberships" in refused.output
    assert f"seg_lapsing: {len(inside)} members, {len(inside)} of them" in refused.output
    assert state_rows(copy, "segment_memberships") == before
    allowed = run(copy, *selection, **emptied, allow_segment_shrink=True)
    assert allowed.code == 0, allowed.output
    after = state_rows(copy, "segment_memberships")
    assert len(after) == len(before)
    assert not [row for row in after if row[1] == "seg_lapsing" and row[-1] is None]


def test_the_commands_of_the_guide_run(copy: Project, tmp_path: Path) -> None:
    guide = (ROOT / "docs/guides/state.md").read_text()
    blocks = re.findall(r"```console\n(.*?)```", guide, flags=re.DOTALL)
    commands = [line for block in blocks for line in block.strip().splitlines()]
    assert len(commands) > 5
    # As installing the package puts it on the path; the README's test runs `dbt build`.
    (tmp_path / "cdp").write_text(f'#!/bin/sh\nexec {sys.executable} -m warehouse_cdp "$@"\n')
    (tmp_path / "cdp").chmod(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for command in commands:
        if command != "dbt build":
            done = copy.run("bash", "-euo", "pipefail", "-c", command, environment=path)
            assert done.code == 0, f"{command}\n{done.output}"
    assert {path.name for path in copy.folder.glob("*.duckdb")} >= {"before-upgrade.duckdb"}
    assert list(copy.folder.glob("cdp_state.before-restore-*.duckdb"))

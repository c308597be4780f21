"""A build that is killed, and two at once: state and warehouse agree again after the next one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pytest

from crashes import BETWEEN, COMMITTED, KILLED, WRITTEN, add_points, environment, held
from worlds import Outcome, Project, built_world, copied, sample_clock

if TYPE_CHECKING:
    from collections.abc import Callable

# A run's own name and the key made of it, and how the matcher ran, which a killed build tells of
# the run in which it had something to do: no two runs have them in common.
PER_RUN = {
    "run_id",
    "assignment_id",
    "matching_mode",
    "matching_reason",
    "matched_record_count",
    "compared_pair_count",
}
# The running build only, by design.
PER_BUILD = {"int_build_context", "identity_run_start"}
IDENTITY_ONLY = ("int_build_context", "identity_run_start", "identity_assignments")


def build(project: Project, *arguments: str, **points: str) -> Outcome:
    clock = json.dumps({"as_of": sample_clock(project.folder / "sample")})
    command = ("build", "--resource-type", "seed", "--resource-type", "model", "--vars", clock)
    return project.dbt(*command, *arguments, environment=environment(project, **points))


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A company as it was built yesterday."""
    project = built_world(tmp_path_factory.mktemp("before"))
    add_points(project)
    return project


@pytest.fixture(scope="module")
def changed(before: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same with today's rows: a bridge between two customers, leavers, a newcomer, orders."""
    project = copied(before, tmp_path_factory.mktemp("changed"))
    left, right = project.query(
        "select min(record_id), max(record_id) from dev_identity.identity_map where source = 'crm'"
    )[0]
    with duckdb.connect(str(project.state)) as connection:
        connection.execute(
            "insert into dev.identity_overrides (override_id, instruction, left_record_id, "
            "right_record_id, created_at) values ('bridge', 'must_link', ?, ?, '2026-01-01')",
            [left, right],
        )
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute(
            "delete from raw_shop_uk.orders where customer_id in (select split_part(record_id, "
            "':', 2) from dev_identity.identity_map inner join dev_segments.seg_lapsing using "
            "(customer_id) where source = 'shop_uk')"
        )
        connection.execute(
            "insert into raw_crm.contacts (id, first_name, last_name, email, _deleted, _loaded_at) "
            "values ('new-contact', 'Somebody', 'New', 'somebody.new@mail.org', 'false', "
            "'2026-06-30T05:00:00Z')"
        )
    return project


@pytest.fixture
def copy_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Project], Project]:
    def copy(project: Project) -> Project:
        return copied(project, tmp_path_factory.mktemp("copy"))

    return copy


def fingerprints(project: Project) -> dict[str, tuple[int, int]]:
    """Row count and order-free hash of every table that a build makes, state included."""
    tables = project.query(
        "select database_name, schema_name, table_name, list(column_name order by column_name) "
        "from duckdb_columns() where schema_name like 'dev%' and table_name in "
        "(select table_name from duckdb_tables()) group by all order by all"
    )
    found = {}
    for database, schema, table, columns in tables:
        if table in PER_BUILD:
            continue
        kept = ", ".join(f'"{name}"' for name in columns if name not in PER_RUN)
        rows = "where outcome <> 'run'" if table == "identity_pairs" else ""
        found[f"{schema}.{table}"] = project.query(
            f"select count(*), coalesce(sum(hash(row({kept})) % 1000000007), 0) "
            f'from "{database}"."{schema}"."{table}" {rows}'
        )[0]
    return found


def rows_of(project: Project, table: str) -> int:
    count: int = project.query(f"select count(*) from cdp_state.dev.{table}")[0][0]
    return count


def memberships(project: Project) -> list[object]:
    return sorted(project.query("from cdp_state.dev.segment_memberships"), key=repr)


def assert_sound(project: Project) -> None:
    said = project.cdp("state", "verify")
    assert said.code == 0, said.output


def test_a_killed_build_is_made_good_by_the_next(
    before: Project, changed: Project, copy_of: Callable[[Project], Project]
) -> None:
    twin, killed = copy_of(changed), copy_of(changed)
    done = build(twin)
    assert done.code == 0, done.output
    # The change is worth the test: an id merged, people came, people left a segment.
    assert rows_of(twin, "identity_assignments") > rows_of(before, "identity_assignments") + 1
    left = [row for row in memberships(twin) if row[-1] is not None]  # type: ignore[index]
    assert left

    # Before the state is committed: as if the build had not been.
    assert build(killed, KILL_AT=WRITTEN).code == KILLED
    assert rows_of(killed, "identity_assignments") == rows_of(before, "identity_assignments")
    assert_sound(killed)
    # After the state is committed, before the warehouse knows of it.
    assert build(killed, "--select", *IDENTITY_ONLY, KILL_AT=COMMITTED).code == KILLED
    assert rows_of(killed, "identity_assignments") == rows_of(twin, "identity_assignments")
    known = "select count(*) from dev_identity.identity_map where record_id = 'crm:new-contact'"
    assert killed.query(known) == [(0,)]
    assert_sound(killed)
    # In the middle of writing memberships: not one row more or less.
    assert build(killed, KILL_AT=BETWEEN).code == KILLED
    assert memberships(killed) == memberships(before)
    assert_sound(killed)

    done = build(killed)
    assert done.code == 0, done.output
    ours, theirs = fingerprints(killed), fingerprints(twin)
    assert "dev.identity_assignments" in ours
    assert "dev_marts.customers" in ours
    differing = [name for name in ours | theirs if ours.get(name) != theirs.get(name)]
    assert sorted(differing) == []
    assert_sound(killed)


def test_of_two_builds_at_once_the_second_fails_and_writes_nothing(
    before: Project, copy_of: Callable[[Project], Project]
) -> None:
    one, two = copy_of(before), copy_of(before)
    clock = json.dumps({"as_of": sample_clock(one.folder / "sample")})
    run = ("run", "--select", *IDENTITY_ONLY, "--vars", clock)
    shared = {"CDP_STATE_PATH": str(one.state)}
    theirs = fingerprints(two)
    with held(one, COMMITTED, run) as first:
        same_files = one.dbt(*run, environment=environment(one))
        # Another developer with a warehouse of their own, and the same memory.
        same_state = two.dbt(*run, environment=environment(two, **shared))
        verified = one.cdp("state", "verify")
    assert first[0].code == 0, first[0].output
    for second, path in ((same_files, one.warehouse), (same_state, one.state)):
        assert second.code != 0
        assert f'Could not set lock on file "{path}"' in second.output
        assert "Conflicting lock is held" in second.output
    assert (verified.code, "in use by another process" in verified.output) == (5, True)
    assert fingerprints(one) == fingerprints(before)
    assert fingerprints(two) == theirs
    # One after the other both may.
    after = two.dbt(*run, environment=environment(two, **shared))
    assert after.code == 0, after.output

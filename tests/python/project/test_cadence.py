"""A decision undone, a load that is missing, and the names that production gives."""

from __future__ import annotations

import json

import duckdb
import pytest

from worlds import Project, build, built_world, copied, sample_clock


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return built_world(tmp_path_factory.mktemp("cadence"))


@pytest.fixture
def copy(world: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copied(world, tmp_path_factory.mktemp("copy"))


def ids(project: Project) -> dict[str, str]:
    return dict(project.query("select record_id, customer_id from dev_identity.identity_map"))


def test_a_run_that_is_rolled_back_is_as_if_it_had_not_been(copy: Project) -> None:
    before = ids(copy)
    left, right = copy.query(
        "select left_record_id, right_record_id from dev_identity.identity_links "
        "where decision = 'linked' order by match_weight nulls last, 1, 2 limit 1"
    )[0]
    with duckdb.connect(str(copy.state)) as connection:
        connection.execute(
            "insert into dev.identity_overrides (override_id, instruction, left_record_id, "
            "right_record_id, created_at) values ('wrong', 'cannot_link', ?, ?, '2026-01-01')",
            [left, right],
        )
    build(copy, "--select", "+identity_map", "identity_runs")
    assert ids(copy) != before
    run = copy.query(
        "select run_id from dev_identity.identity_runs order by run_number desc limit 1"
    )[0][0]
    undone = copy.cdp("identity", "rollback", run)
    assert undone.code == 0, undone.output
    command = next(line for line in undone.output.splitlines() if line.startswith("  dbt run"))
    outcome = copy.dbt(*command.split()[1:])
    assert outcome.code == 0, outcome.output
    assert ids(copy) == before
    again = copy.cdp("identity", "rollback", run)
    assert again.code == 4
    assert "roll back the newest of these first" in again.output


def test_a_build_that_loses_many_records_is_refused_and_writes_nothing(copy: Project) -> None:
    before = copy.query("select count(*) from cdp_state.dev.identity_assignments")
    with duckdb.connect(str(copy.warehouse)) as connection:
        connection.execute("delete from raw_shop_uk.customers")
        connection.execute("delete from raw_crm.contacts")
    clock = json.dumps({"as_of": sample_clock(copy.folder / "sample")})
    refused = copy.dbt("run", "--vars", clock, "--select", "+identity_assignments")
    assert refused.code != 0
    assert "identity_allow_large_change" in refused.output
    assert copy.query("select count(*) from cdp_state.dev.identity_assignments") == before
    allowed = json.dumps(
        {"as_of": sample_clock(copy.folder / "sample"), "identity_allow_large_change": True}
    )
    done = copy.dbt("run", "--vars", allowed, "--select", "+identity_assignments")
    assert done.code == 0, done.output
    assert copy.query("select count(*) from cdp_state.dev.identity_assignments") > before


def test_production_writes_bare_names_and_asks_for_a_key_of_its_own(world: Project) -> None:
    clock = json.dumps({"as_of": sample_clock(world.folder / "sample")})
    selection = ("run", "--target", "prod", "--select", "int_build_context", "--vars", clock)
    files = {
        "CDP_WAREHOUSE_PATH": str(world.folder / "prod.duckdb"),
        "CDP_STATE_PATH": str(world.folder / "prod_state.duckdb"),
    }
    loaded = world.cdp("load-sample", "--from", "sample", "--target", "prod", environment=files)
    assert loaded.code == 0, loaded.output
    refused = world.dbt(*selection, environment=files)
    assert refused.code != 0
    assert "CDP_HASH_KEY" in refused.output
    accepted = world.dbt(
        *selection, environment={**files, "CDP_HASH_KEY": "a-secret-of-production"}
    )
    assert accepted.code == 0, accepted.output
    with duckdb.connect(files["CDP_WAREHOUSE_PATH"], read_only=True) as connection:
        found = connection.execute(
            "select schema_name from duckdb_tables() where table_name = 'int_build_context'"
        ).fetchall()
    assert found == [("intermediate",)]

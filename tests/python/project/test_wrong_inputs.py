"""Bad input is normal input: each wrong thing gets one clear message, or is counted."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import duckdb
import pytest

from worlds import Outcome, Project, build, copied, sample_clock, small_world

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return small_world(tmp_path_factory.mktemp("wrong"), people=60)


@pytest.fixture
def project(loaded: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copied(loaded, tmp_path_factory.mktemp("copy"))


def change(project: Project, *statements: str) -> None:
    with duckdb.connect(str(project.warehouse)) as connection:
        for statement in statements:
            connection.execute(statement)


def run_input_layer(project: Project) -> Outcome:
    clock = f'{{"as_of": "{sample_clock(project.folder / "sample")}"}}'
    selection = ("--select", "staging", "intermediate", "resource_type:seed")
    return project.dbt("build", *selection, "--exclude", "resource_type:test", "--vars", clock)


def test_missing_tables_and_columns_are_named_together(project: Project) -> None:
    change(
        project,
        "drop table raw_support.tickets",
        "alter table raw_crm.contacts rename column email to e_mail",
    )
    outcome = run_input_layer(project)
    assert outcome.code != 0
    assert "table raw_support.tickets does not exist" in outcome.output
    assert "table raw_crm.contacts lacks column(s) email; it has" in outcome.output
    assert "cdp load-sample" in outcome.output


def test_an_empty_source_builds_green(project: Project) -> None:
    change(project, "delete from raw_support.tickets", "delete from raw_surveys.responses")
    build(project)
    rows = project.query(
        "select (select count(*) from dev_intermediate.int_tickets_unioned), "
        "(select count(*) from dev_marts.customers)"
    )
    assert rows[0][0] == 0
    assert rows[0][1] > 0


@pytest.fixture(scope="module")
def spoilt(loaded: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[str]]:
    """A build with a ticket that contradicts itself and one that is unreadable; all keys before."""
    project = copied(loaded, tmp_path_factory.mktemp("spoilt"))
    change(
        project,
        "create or replace table raw_support.tickets as "
        "select * from raw_support.tickets where id in "
        "(select id from raw_support.tickets group by id having count(*) = 1)",
        "insert into raw_support.tickets select * replace (id || '-2' as id) "
        "from raw_support.tickets",
    )
    keys = [key for (key,) in project.query("select id from raw_support.tickets order by id")]
    change(
        project,
        "insert into raw_support.tickets select * replace ('another subject' as subject) "
        f"from raw_support.tickets where id = '{keys[0]}'",
        "update raw_support.tickets set created_at = 'yesterday-ish', status = 'confused' "
        f"where id = '{keys[1]}'",
    )
    outcome = run_input_layer(project)
    assert outcome.code == 0, outcome.output
    return project, keys


def test_contradicting_duplicates_of_a_key_are_set_aside_and_counted(
    spoilt: tuple[Project, list[str]],
) -> None:
    project, keys = spoilt
    found = project.query("select ticket_id from dev_intermediate.int_tickets_unioned order by 1")
    assert [ticket for (ticket,) in found] == sorted(f"support:{key}" for key in keys[1:])
    assert project.query(
        "select row_count from dev_intermediate.int_data_quality_issues "
        "where model_name = 'stg_support__tickets' and issue = 'conflicting_version'"
    ) == [(2,)]


def test_unreadable_values_stop_nothing_and_are_counted_without_the_value(
    spoilt: tuple[Project, list[str]],
) -> None:
    project, keys = spoilt
    row = project.query(
        "select created_at, status from dev_intermediate.int_tickets_unioned "
        f"where ticket_id = 'support:{keys[1]}'"
    )
    assert row == [(None, None)]
    issues = project.query(
        "select * from dev_intermediate.int_data_quality_issues "
        "where model_name = 'stg_support__tickets'"
    )
    assert {(issue[2], issue[3]) for issue in issues} >= {
        ("created_at", "unparseable_timestamp"),
        ("status", "unknown_value"),
    }
    assert "yesterday-ish" not in str(issues)


@pytest.fixture
def locked(project: Project) -> Iterator[Project]:
    """The warehouse while another process writes to it."""
    code = textwrap.dedent(
        f"""
        import duckdb, sys
        connection = duckdb.connect({str(project.warehouse)!r})
        print("locked", flush=True)
        sys.stdin.read()
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        yield project
        other.communicate("")


def test_a_locked_warehouse_is_named_and_nothing_is_changed(locked: Project) -> None:
    outcome = run_input_layer(locked)
    assert outcome.code != 0
    assert "lock" in outcome.output.lower()
    assert "cdp.duckdb" in outcome.output

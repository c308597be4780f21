"""After ``cdp privacy erase``: the next build and sync, and that nothing of a person comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pytest

from erasure_world import EMAIL, ROWS, canaries_in_rows, company, customer_of, erase_her
from worlds import Outcome, Project, build, copied, sample_clock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The company as it was, with her; tests only look at it."""
    return company(tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def zenobia(before: Project) -> str:
    return customer_of(before, EMAIL)


@pytest.fixture(scope="module")
def rebuilt(
    before: Project, zenobia: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Project, Outcome]:
    """The next build after the erasure, with every data test."""
    project = copied(before, tmp_path_factory.mktemp("rebuilt"))
    assert erase_her(project).customer_id == zenobia
    return project, project.dbt(
        "build", "--exclude-resource-type", "unit_test", "--vars", clock_of(project)
    )


@pytest.fixture(scope="module")
def reloaded(
    before: Project,
    rebuilt: tuple[Project, Outcome],
    tmp_path_factory: pytest.TempPathFactory,
) -> Project:
    """The loaders deliver the same raw rows again, hers included, and the project is built."""
    project = copied(rebuilt[0], tmp_path_factory.mktemp("reloaded"))
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute(f"attach '{before.warehouse}' as old (read_only)")
        raw = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where database_name = 'old' and starts_with(schema_name, 'raw_')"
        ).fetchall()
        for schema, table in raw:
            connection.execute(
                f"create or replace table {schema}.{table} as from old.{schema}.{table}"
            )
    build(project)
    return project


def clock_of(project: Project) -> str:
    """The variables of ``build``: one parse serves all."""
    return json.dumps({"as_of": sample_clock(project.folder / "sample")})


def test_the_next_build_is_green_with_every_test(rebuilt: tuple[Project, Outcome]) -> None:
    assert rebuilt[1].code == 0, rebuilt[1].output


UNTOUCHED = {
    "dev_identity.identity_map": "true",
    "dev_identity.identity_visitors": "true",
    "dev_marts.customers": "true",
    "dev_marts.customer_identifiers": "true",
    "dev_marts.customer_consents": "true",
    "dev_marts.orders": "true",
    "dev_marts.order_items": "true",
    "dev_marts.sessions": "true",
    # The household's telephone was ambiguous as long as she had it too; now it is Bertram's.
    "dev_marts.customer_events": "interaction_id <> 'consent:household-consent'",
    # A share of all customers: who was next moves up when one leaves.
    "cdp_state.dev.segment_memberships": "segment_name <> 'seg_high_value'",
}
"""Tables with a customer, and the rows of others that may not change."""


@pytest.mark.parametrize("table", UNTOUCHED)
def test_nobody_else_changes_row_for_row(
    before: Project, rebuilt: tuple[Project, Outcome], reloaded: Project, zenobia: str, table: str
) -> None:
    """Neither by the erasure nor by the same raw rows loaded again."""
    others = (
        f"select * from {table} where customer_id is distinct from '{zenobia}' "
        f"and not starts_with(coalesce(customer_id, ''), 'erased:') and {UNTOUCHED[table]}"
    )
    expected = sorted(map(repr, before.query(others)))
    assert expected
    for project in (rebuilt[0], reloaded):
        found = sorted(map(repr, project.query(others)))
        assert len(found) == len(expected)
        assert sum(one != other for one, other in zip(found, expected, strict=True)) == 0


# What may name her after her raw rows were loaded again: the ids of these very rows, which say what
# to keep out, and the text of Bertram's ticket, which is his.
KNOWN_AGAIN = {
    "int_identifiers_received", "int_suppressed_records", "int_suppressed_orders",
    "int_tickets_unioned", "support_tickets",
}  # fmt: skip


def test_the_same_raw_rows_do_not_bring_her_back(
    reloaded: Project, rebuilt: tuple[Project, Outcome]
) -> None:
    held = {table.replace('"', "").split(".")[1:][-1] for table in tables_holding_her(reloaded)}
    assert held <= KNOWN_AGAIN
    received = reloaded.query(
        "select count(*) from dev_intermediate.int_identifiers_received "
        "where is_suppressed and identifier_value is not null"
    )
    assert received == [(0,)]
    count = "select count(*), count(distinct customer_id) from dev_identity.identity_map"
    assert reloaded.query(count) == rebuilt[0].query(count)


def tables_holding_her(project: Project) -> list[str]:
    """But for what comes before the erasure gate: what loaders deliver, and staging's copy."""
    return [
        table
        for table, _ in canaries_in_rows(project)
        if '."raw_' not in table and '."dev_staging"' not in table
    ]


def test_another_hash_key_under_which_she_would_come_back_is_refused(reloaded: Project) -> None:
    outcome = reloaded.dbt(
        "run", "--select", "int_build_context", "--vars", clock_of(reloaded),
        environment={"CDP_HASH_KEY": "another key"},
    )  # fmt: skip
    assert outcome.code != 0
    assert "9 tombstones of erased people were made with another hash key" in outcome.output


def test_what_is_suppressed_is_a_term_of_every_reconciliation(reloaded: Project) -> None:
    tied = reloaded.dbt(
        "test", "--select", "assert_input_ties_to_staging", "--vars", clock_of(reloaded)
    )
    assert tied.code == 0, tied.output
    counted = dict(
        reloaded.query(
            "select model_name, sum(row_count) from dev_intermediate.int_data_quality_issues "
            "where issue = 'suppressed_by_erasure' group by 1"
        )
    )
    assert counted == {
        "stg_crm__contacts": 1, "stg_shop_uk__customers": 1, "stg_shop_uk__guests": 1,
        "stg_shop_uk__orders": 2, "stg_shop_uk__order_items": 1, "stg_pos__orders": 2,
        "stg_loyalty__members": 1, "stg_loyalty__points": 1, "stg_web__events": 2,
        "stg_support__requesters": 1, "stg_support__tickets": 1, "stg_consent__events": 1,
        "int_consents_unioned": 1, "stg_consent__privacy_requests": 1,
    }  # fmt: skip
    mart = reloaded.query(
        "select sum(gross_amount - discount_amount + shipping_amount) from dev_marts.orders "
        "where source = 'shop_uk'"
    )
    raw = reloaded.query(
        "select sum(cast(total_price as decimal(18, 2))) from (select * from raw_shop_uk.orders "
        "qualify row_number() over (partition by id order by _loaded_at desc) = 1)"
    )
    suppressed = sum(float(row["total_price"]) for row in ROWS["raw_shop_uk.orders"])
    assert float(raw[0][0]) == pytest.approx(float(mart[0][0]) + suppressed)


def test_the_next_sync_takes_her_out_of_the_destinations(
    before: Project, rebuilt: tuple[Project, Outcome], tmp_path: Path, zenobia: str
) -> None:
    project = copied(rebuilt[0], tmp_path)
    sent = list((before.folder / "out").rglob("*email__contacts.csv"))
    assert EMAIL in sent[0].read_text()
    outcome = project.cdp("sync", "sync_email__contacts")
    assert outcome.code == 0, outcome.output
    assert "1 for want of consent or an erasure" in outcome.output
    now = list((project.folder / "out").rglob("*email__contacts.csv"))
    assert EMAIL not in now[0].read_text()
    left = project.query(
        "select count(*) from cdp_state.dev.sync_state "
        f"where sync_name = 'sync_email__contacts' and customer_id = '{zenobia}'"
    )
    assert left == [(0,)]

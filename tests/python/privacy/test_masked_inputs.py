"""A row of somebody else in which an erasure masked something is made anew from its input."""

from __future__ import annotations

import duckdb

from warehouse_cdp.privacy import HeldValue, Person
from warehouse_cdp.warehouse.erasure_tables import load_keys, plan_file


def test_a_row_that_is_masked_loses_the_hash_of_its_input() -> None:
    person = Person(
        customer_id="cus_a",
        customer_ids=frozenset({"cus_a"}),
        private_ids=frozenset({"cus_a"}),
        record_ids=frozenset({"crm:1"}),
        held=(HeldValue("email", "zq@example.org", is_shared=False),),
        keys=frozenset(),
    )
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as cdp")
        connection.execute(
            "create table cdp.identity_records as from (values "
            "('crm:1', 'ada', 'h1'), ('crm:2', 'care of zq@example.org', 'h2'), "
            "('crm:3', 'bob', 'h3')) as rows(record_id, company_key, input_hash)"
        )
        load_keys(connection, person, "a key")
        plan = plan_file(connection, "cdp", person)
        (query,) = plan.contents.values()
        assert connection.execute(f"{query} order by record_id").fetchall() == [
            ("crm:2", "care of [erased]", None),
            ("crm:3", "bob", "h3"),
        ]

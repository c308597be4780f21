"""On DuckDB keys are stored as they are; words that recur, and state, are packed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from worlds import built_world

if TYPE_CHECKING:
    from worlds import Project


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return built_world(tmp_path_factory.mktemp("world"))


def stored_plain(project: Project, table: str) -> set[str]:
    """The columns whose every value lies in the file as it is, whatever the engine would choose."""
    ((definition,),) = project.query(
        f"select sql from duckdb_tables() where table_name = '{table}' "
        "and schema_name not like 'raw%'"
    )
    inside = str(definition).split("(", 1)[1]
    return {
        column.split()[0]
        for column in inside.split(", ")
        if "USING COMPRESSION" in column.upper() and "UNCOMPRESSED" in column.upper()
    }


def test_keys_and_addresses_are_stored_as_they_are(world: Project) -> None:
    assert stored_plain(world, "orders") == {
        "order_id", "customer_id", "person_record_id", "order_number", "duplicate_of_order_id",
        "loyalty_card_number", "store_id",
    }  # fmt: skip
    assert "identifier_value" in stored_plain(world, "customer_identifiers")
    assert "channel" not in stored_plain(world, "customer_events")


def test_an_added_to_table_keeps_its_storage(world: Project) -> None:
    assert {"event_id", "customer_id"} <= stored_plain(world, "customer_events")


def test_state_is_packed(world: Project) -> None:
    assert stored_plain(world, "event_first_customers") == set()

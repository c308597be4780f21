"""Erasure routes: nothing personal without one, and the pure parts of naming a person."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.linkage import active_overrides
from warehouse_cdp.linkage.overrides import no_overrides
from warehouse_cdp.privacy import (
    HeldValue,
    Person,
    erased_name,
    key_version,
    naming,
    staging_routes,
    table_route,
    tombstone,
    uncovered_columns,
)

KEY = "a key"


def test_every_personal_column_is_on_an_erasure_route(manifest: dict[str, Any]) -> None:
    assert uncovered_columns(manifest) == []


PERSONAL = {"name": "x", "config": {"meta": {"personal": "email"}}, "meta": {}}


@pytest.mark.parametrize(
    ("node", "column"),
    [
        ("model.warehouse_cdp.products", "owner_address"),  # a mart without a key of a person
        ("source.warehouse_cdp.cdp_state.sync_runs", "operator"),  # state that is never masked
        ("source.warehouse_cdp.ads.spend", "buyer"),  # raw, and no staging route finds its rows
    ],
)
def test_a_personal_column_without_a_route_is_found(
    manifest: dict[str, Any], node: str, column: str
) -> None:
    changed = copy.deepcopy(manifest)
    place = changed["sources" if node.startswith("source.") else "nodes"][node]
    place["columns"][column] = {**PERSONAL, "name": column}
    assert uncovered_columns(changed) == [f"{place['name']}.{column}"]


def test_a_staging_model_that_cannot_tell_raw_rows_apart_is_found(
    manifest: dict[str, Any],
) -> None:
    changed = copy.deepcopy(manifest)
    del changed["nodes"]["model.warehouse_cdp.stg_crm__contacts"]["columns"]["row_hash"]
    assert "stg_crm__contacts.email" in uncovered_columns(changed)


def test_every_raw_table_with_people_in_it_is_reached(manifest: dict[str, Any]) -> None:
    reached = {route.raw_table for route in staging_routes(manifest)}
    read = {
        (source["schema"], source["identifier"])
        for source in manifest["sources"].values()
        if source["source_name"] != "cdp_state"
    }
    assert read - reached == {
        ("raw_ads", "spend"), ("raw_crm", "accounts"), ("raw_email", "campaigns"),
        ("raw_shop_de", "products"), ("raw_shop_uk", "products"),
    }  # fmt: skip


def test_an_event_id_finds_rows_only_where_nothing_else_does() -> None:
    assert dict(table_route(["event_id", "session_id"]).columns) == {"event_id": "event"}
    assert dict(table_route(["event_id", "record_id"]).columns) == {"record_id": "record"}
    assert not table_route(["product_id", "price"]).finds_rows


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("email", "  A.B@Example.ORG\n", "a.b@example.org"),
        ("phone", "0044 (7700) 900-123", "+447700900123"),
        ("loyalty_card", " 123 ", "123"),
    ],
)
def test_a_value_is_brought_into_the_form_of_the_warehouse(
    kind: str, text: str, value: str
) -> None:
    named = naming(kind, text)
    assert (named.kind, named.value) == (kind, value)
    assert value not in repr(named)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("email", "secret-name"), ("email", "a@"), ("phone", "07700"), ("customer", " "), ("x", "y")],
)
def test_what_cannot_be_such_a_value_is_refused_without_repeating_it(kind: str, text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        naming(kind, text)
    assert "secret-name" not in str(refused.value)


PERSON = Person(
    customer_id="cus_a",
    customer_ids=frozenset({"cus_a", "cus_old"}),
    private_ids=frozenset({"cus_a"}),
    record_ids=frozenset({"crm:1"}),
    held=(
        HeldValue("email", "a@b.org", is_shared=False),
        HeldValue("phone", "+447700900123", is_shared=True),
        HeldValue("loyalty_card", "000", is_shared=False, is_blocked=True),
        HeldValue("visitor", "v1", is_shared=False),
    ),
    keys=frozenset({("order", "shop_uk:9")}),
)


def test_what_others_hold_too_is_neither_a_key_nor_suppressed() -> None:
    keys = {
        ("customer", "cus_a"), ("customer", "cus_old"), ("record", "crm:1"),
        ("email", "a@b.org"), ("visitor", "v1"), ("order", "shop_uk:9"),
    }  # fmt: skip
    assert set(PERSON.row_keys()) == keys
    assert [kind for kind, _, _ in PERSON.tombstones(KEY)] == ["email", "record", "visitor"]
    assert {version for _, _, version in PERSON.tombstones(KEY)} == {key_version(KEY)}
    assert PERSON.shared_count == 2


def test_an_id_that_others_had_is_not_masked_and_masks_tell_nothing_without_the_key() -> None:
    masked = {(kind, value): mask for kind, value, mask in PERSON.masks(KEY)}
    assert ("customer", "cus_old") not in masked
    assert masked[("record", "crm:1")] == erased_name("record", "crm:1", KEY)
    assert masked[("record", "crm:1")] == "erased:" + tombstone("record", "crm:1", KEY)
    assert erased_name("record", "crm:1", "another key") != masked[("record", "crm:1")]
    assert tombstone("email", "x", KEY) != tombstone("phone", "x", KEY)


def test_an_override_about_an_erased_person_is_no_issue_and_does_nothing() -> None:
    import pandas as pd  # noqa: PLC0415

    rows = pd.DataFrame(
        [
            {
                "override_id": "o1",
                "instruction": "must_link",
                "left_record_id": erased_name("record", "crm:1", KEY),
                "right_record_id": "crm:2",
            }
        ]
    )
    overrides = pd.concat([no_overrides(), rows], ignore_index=True)
    active = active_overrides(overrides, pd.Series(["crm:2"]), None)
    assert active.issues.empty
    assert active.must_links.empty


def test_a_raw_table_of_which_one_reader_is_not_listed_is_staged_in_part(
    manifest: dict[str, Any],
) -> None:
    assert not any(route.is_partial for route in staging_routes(manifest))
    company = copy.deepcopy(manifest)
    refunds = company["nodes"].pop("model.warehouse_cdp.stg_pos__refunds")
    company["disabled"]["model.warehouse_cdp.stg_pos__refunds"] = [refunds]
    partial = {route.name for route in staging_routes(company) if route.is_partial}
    assert partial == {"stg_pos__orders", "stg_pos__receipt_contacts"}

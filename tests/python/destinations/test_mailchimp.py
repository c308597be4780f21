"""Mailchimp: nobody is subscribed again, and nobody stays under an old address."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conformance import KEY, Engine
from http_kits import MailchimpKit
from warehouse_cdp.activation.hashing import subscriber_hash
from warehouse_cdp.destinations.mailchimp import MailchimpType
from warehouse_cdp.errors import ConfigurationError, DestinationUnauthorisedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[MailchimpKit]:
    made = MailchimpKit(tmp_path)
    yield made
    made.close()
    assert made.stub.violations == []


def member_of(kit: MailchimpKit, address: str) -> dict[str, object]:
    name = subscriber_hash(address)
    assert name is not None
    found: dict[str, object] = kit.stub.members[name]
    return found


def test_who_unsubscribed_stays_so_and_who_is_new_becomes_what_is_said(kit: MailchimpKit) -> None:
    engine = Engine(kit, kit.open(status_if_new="pending"))
    engine.write("a")
    assert member_of(kit, "canary-a-1@x.test")["status"] == "pending"
    member_of(kit, "canary-a-1@x.test")["status"] = "unsubscribed"
    engine.write("a")
    engine.destination.close()
    assert member_of(kit, "canary-a-1@x.test")["status"] == "unsubscribed"


def test_a_changed_address_leaves_no_member_behind(kit: MailchimpKit) -> None:
    engine = Engine(kit, kit.open())
    engine.write("a")
    outcome = engine.write("a", version=2)["a"]
    engine.destination.close()
    assert member_of(kit, "canary-a-1@x.test")["status"] == "archived"
    assert outcome.remembered == {"subscriber_hash": subscriber_hash("canary-a-2@x.test")}
    assert kit.held() == {"a": kit.expected("a", 2)}


def test_an_erasure_is_permanent_and_an_empty_value_clears(kit: MailchimpKit) -> None:
    engine = Engine(kit, kit.open())
    engine.write("a", "b")
    engine.remove("a", on_leave="delete")
    engine.remove("b", on_leave="clear_fields")
    engine.destination.close()
    assert kit.held() == {"b": {"email": "canary-b-1@x.test"}}
    assert subscriber_hash("canary-a-1@x.test") not in kit.stub.members


def test_a_row_without_an_address_is_refused_and_its_old_one_leaves(kit: MailchimpKit) -> None:
    engine = Engine(kit, kit.open())
    engine.write("a")
    kit.poison = lambda key: {KEY: key, "email": "canary"}  # type: ignore[method-assign]
    outcome = engine.write("a", poisoned=["a"])["a"]
    engine.known.clear()
    unknown = engine.remove("z", on_leave="archive")["z"]
    engine.destination.close()
    assert (outcome.status, outcome.error_code) == ("rejected", "no_address")
    assert (unknown.status, unknown.error_code) == ("rejected", "not_remembered")
    assert kit.held() == {}


def test_what_mailchimp_forgot_is_told_by_its_code(kit: MailchimpKit) -> None:
    engine = Engine(kit, kit.open())
    kit.poison = lambda key: {KEY: key, "email": "forgotten@x.test"}  # type: ignore[method-assign]
    kit.stub.forgotten.add(str(subscriber_hash("forgotten@x.test")))
    outcome = engine.write("a", poisoned=["a"])["a"]
    engine.destination.close()
    assert (outcome.status, outcome.error_code) == ("rejected", "forgotten_email")


def test_an_audience_that_is_not_there_stops_the_run(kit: MailchimpKit) -> None:
    engine = Engine(kit, kit.open(list_id="nope"))
    for call in (engine.destination.identity, lambda: engine.write("a")):
        with pytest.raises(DestinationUnauthorisedError, match="no audience nope"):
            call()
    engine.destination.close()


def test_wrong_keys_and_columns_are_told(kit: MailchimpKit) -> None:
    opening = kit.opening()
    for change, told in (
        ({"secrets": {"api_key": "canary"}, "settings": {"list_id": "a"}}, "data centre"),
        ({"columns": (KEY, "merge_fields.FNAME")}, "must map to email"),
        ({"columns": (KEY, "email", "FNAME")}, "no FNAME"),
    ):
        with pytest.raises(ConfigurationError, match=told) as caught:
            MailchimpType().open(replace(opening, **change))
        assert "canary" not in str(caught.value)
    assert MailchimpType().problems({"list_id": "a/b", "base_url": "x"}, "upsert")


@pytest.mark.parametrize("is_new_owner_first", [True, False])
def test_an_address_may_pass_from_one_customer_to_another(
    kit: MailchimpKit, *, is_new_owner_first: bool
) -> None:
    engine = Engine(kit, kit.open())
    engine.write("a", "b")
    passed = kit.values("a", 1)["email"]
    kit.poison = lambda key: {KEY: key, "email": passed}  # type: ignore[method-assign]
    if is_new_owner_first:
        engine.write("b", poisoned=["b"])
    engine.write("a", version=2)
    if not is_new_owner_first:
        engine.write("b", poisoned=["b"])
    engine.destination.close()
    there = {str(one["email"]) for one in kit.stub.members.values() if one["status"] != "archived"}
    assert there == {"canary-a-1@x.test", "canary-a-2@x.test"}

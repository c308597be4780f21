"""Klaviyo: one profile a person, and nobody's consent is touched."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conformance import Engine
from http_kits import KlaviyoListKit, KlaviyoProfilesKit
from stub_klaviyo import API_KEY, KlaviyoStub
from stub_server import Exchange
from vendor_contracts import needs_contracts
from warehouse_cdp.destinations import klaviyo
from warehouse_cdp.destinations.klaviyo import KlaviyoListType, attributes_of
from warehouse_cdp.errors import (
    BatchRefusedError,
    ConfigurationError,
    DestinationUnauthorisedError,
)
from worlds import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def profiles(tmp_path: Path) -> Iterator[KlaviyoProfilesKit]:
    made = KlaviyoProfilesKit(tmp_path)
    yield made
    made.close()


@pytest.fixture
def members(tmp_path: Path) -> Iterator[KlaviyoListKit]:
    made = KlaviyoListKit(tmp_path)
    yield made
    made.close()


@needs_contracts
@pytest.mark.parametrize(
    "body",
    ["{}", '{"data": {"type": "person", "attributes": {}}}',
     '{"data": {"type": "profile", "attributes": {"email": 7}}}'],
)  # fmt: skip
def test_the_stub_refuses_what_the_contract_does(body: str) -> None:
    stub = KlaviyoStub()
    headers = {
        "authorization": f"Klaviyo-API-Key {API_KEY}",
        "revision": klaviyo.REVISION,
        "content-type": "application/vnd.api+json",
    }
    exchange = Exchange("POST", "/api/profile-import", headers, body.encode())
    assert stub.answer(exchange).status == 400
    assert stub.violations


def test_a_changed_address_changes_the_profile(profiles: KlaviyoProfilesKit) -> None:
    engine = Engine(profiles, profiles.open())
    engine.write("a")
    before = set(profiles.stub.profiles)
    engine.write("a", version=2)
    engine.destination.close()
    assert set(profiles.stub.profiles) == before
    assert profiles.held()["a"]["email"] == "canary-a-2@x.test"


def test_a_profile_that_klaviyo_lost_is_made_anew(profiles: KlaviyoProfilesKit) -> None:
    engine = Engine(profiles, profiles.open())
    engine.write("a")
    profiles.stub.profiles.clear()
    outcome = engine.write("a", version=2)["a"]
    engine.destination.close()
    assert outcome.status == "acknowledged"
    assert outcome.destination_id in profiles.stub.profiles


def test_an_address_of_another_profile_is_a_row_refused(profiles: KlaviyoProfilesKit) -> None:
    engine = Engine(profiles, profiles.open())
    engine.write("a")
    profiles.stub.profiles["01HX"] = {"external_id": "z", "email": "canary-b-1@x.test"}
    outcomes = engine.write("b", "c")
    engine.destination.close()
    assert (outcomes["b"].status, outcomes["b"].error_code) == ("rejected", "duplicate_profile")
    assert outcomes["c"].status == "acknowledged"


def test_cleared_fields_are_empty_and_the_person_stays(profiles: KlaviyoProfilesKit) -> None:
    engine = Engine(profiles, profiles.open())
    engine.write("a")
    engine.remove("a", on_leave="clear_fields")
    engine.destination.close()
    assert profiles.held() == {"a": {}}
    assert profiles.stub.violations == []


def test_what_was_done_before_an_outage_is_not_lost(profiles: KlaviyoProfilesKit) -> None:
    engine = Engine(profiles, profiles.open())
    profiles.server.plan.append(None)
    profiles.server.always = "server_error"
    outcomes = engine.write("a", "b", "c")
    engine.destination.close()
    assert [one.status for one in outcomes.values()] == ["acknowledged", "retry", "retry"]


def test_to_leave_a_list_is_not_to_leave_klaviyo(members: KlaviyoListKit) -> None:
    engine = Engine(members, members.open())
    engine.write("a", "b")
    engine.remove("a", on_leave="remove_from_list")
    engine.destination.close()
    assert set(members.held()) == {"b"}
    assert len(members.stub.profiles) == 2


def test_who_is_gone_keeps_nobody_on_the_list(members: KlaviyoListKit) -> None:
    engine = Engine(members, members.open())
    engine.write("a", "b")
    del members.stub.profiles["01H00001"]
    with pytest.raises(BatchRefusedError):
        engine.remove("a", "b", on_leave="remove_from_list")
    for key in ("a", "b"):  # as the engine halves
        assert engine.remove(key, on_leave="remove_from_list")[key].status == "acknowledged"
    engine.destination.close()
    assert members.held() == {}


def test_a_list_that_is_not_there_stops_the_run(members: KlaviyoListKit) -> None:
    destination = members.open(list_id="Nope")
    with pytest.raises(DestinationUnauthorisedError, match="no list Nope"):
        destination.identity()
    with pytest.raises(DestinationUnauthorisedError, match="no list Nope"):
        Engine(members, destination).write("a")
    destination.close()


def test_the_endpoints_that_change_consent_are_not_in_the_code() -> None:
    source = (ROOT / "src/warehouse_cdp/destinations/klaviyo.py").read_text()
    called = set(re.findall(r'"(/api/[^"?]*)|(/api/[a-z-]+)', source))
    paths = {"".join(one) for one in called}
    assert any(path.startswith("/api/profile-import") for path in paths)
    assert [path for path in paths if "subscription" in path or "suppression" in path] == []


def test_dotted_names_are_nested_and_null_clears() -> None:
    said = attributes_of(
        {"external_id": "a", "location.city": "Bath", "properties.tier": 3, "email": None}
    )
    assert said == {
        "external_id": "a", "location": {"city": "Bath"}, "properties": {"tier": 3}, "email": None,
    }  # fmt: skip


def test_wrong_columns_and_lists_are_told(members: KlaviyoListKit) -> None:
    opening = members.opening()
    for columns, key, told in (
        (("external_id", "email", "emial"), "external_id", "no emial"),
        (("external_id", "first_name"), "external_id", "email or phone_number"),
        (("id", "email"), "id", "must be mapped to external_id"),
    ):
        with pytest.raises(ConfigurationError, match=told):
            KlaviyoListType().open(replace(opening, columns=columns, key=(key,)))
    assert KlaviyoListType().problems({"list_id": "a/b"}, "audience")

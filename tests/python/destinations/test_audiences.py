"""Audiences of Google and Meta: by hash, nobody left behind, and limits told from refusals."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audience_kits import AudienceKit, GoogleKit, MetaKit
from conformance import KEY, Engine
from stub_audiences import GOOGLE_TOKEN, GoogleStub
from stub_server import Exchange
from warehouse_cdp.activation.hashing import GOOGLE, META, identifier
from warehouse_cdp.activation.protocol import Outcome, Row
from warehouse_cdp.errors import (
    BatchRefusedError,
    ConfigurationError,
    DestinationUnauthorisedError,
    DestinationUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[GoogleKit, MetaKit])
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AudienceKit]:
    made: AudienceKit = request.param(tmp_path)
    yield made
    made.close()
    assert made.stub.violations == []


@pytest.fixture
def google(tmp_path: Path) -> Iterator[GoogleKit]:
    made = GoogleKit(tmp_path)
    yield made
    made.close()


@pytest.fixture
def meta(tmp_path: Path) -> Iterator[MetaKit]:
    made = MetaKit(tmp_path)
    yield made
    made.close()


def test_a_change_of_rules_removes_the_old_hash_and_adds_the_new(kit: AudienceKit) -> None:
    """As when Google began to drop the dots: the address is the same, its hash is not."""
    engine = Engine(kit, kit.open())
    engine.write("a", "b")
    old = "0" * 64
    kit.owners[old] = "a"
    kit.stub.members[old] = {"emailAddress": old, "EMAIL": old}
    kit.stub.members.pop(str(kit.expected("a", 1)["email"]))
    engine.known["a"] = Outcome("acknowledged", remembered={"email": old})
    outcome = engine.write("a")["a"]
    engine.destination.close()
    assert outcome.remembered == {"email": kit.expected("a", 1)["email"]}
    assert dict(kit.held()) == {"a": kit.expected("a", 1), "b": kit.expected("b", 1)}


def test_a_member_whose_address_is_gone_is_removed_and_the_row_set_aside(kit: AudienceKit) -> None:
    engine = Engine(kit, kit.open())
    engine.write("a")
    outcome = engine.write("a", poisoned=["a"])["a"]
    engine.destination.close()
    assert (outcome.status, outcome.error_code) == ("rejected", "no_identifier")
    assert kit.held() == {}


def test_hashes_made_in_the_warehouse_are_sent_as_they_are(kit: AudienceKit) -> None:
    hashed = hashlib.sha256(b"ada@x.test").hexdigest()
    opening = replace(kit.opening(), columns=(KEY, "email_sha256"))
    destination = kit.type().open(opening)
    row = Row("a", "add", "data", "i", {KEY: "a", "email_sha256": hashed})
    clear = row._replace(values={KEY: "a", "email_sha256": "ada@x.test"})
    assert destination.remembered_of(row) == {"email": hashed}  # type: ignore[union-attr]
    assert destination.remembered_of(clear) is None  # type: ignore[union-attr]
    destination.close()


def test_each_platform_gets_its_own_form(google: GoogleKit, meta: MetaKit) -> None:
    values = {KEY: "a", "email": "A.Da+x@Gmail.com", "phone": "+44 7700 900973"}
    row = Row("a", "add", "data", "i", values)
    for kit, rules, email, phone in (
        (google, GOOGLE, "email", "phone"), (meta, META, "EMAIL", "PHONE"),
    ):  # fmt: skip
        destination = kit.open()
        assert destination.remembered_of(row) == {
            "email": identifier(rules, email, "A.Da+x@Gmail.com"),
            "phone": identifier(rules, phone, "+44 7700 900973"),
        }
        destination.close()
        assert kit.type().capabilities.hash_rules_version == rules


def test_columns_that_the_platform_does_not_match_are_told(kit: AudienceKit) -> None:
    for columns, told in (
        ((KEY, "email", "shoe_size"), "has no shoe_size"),
        ((KEY, "emial"), "did you mean email"),
        ((KEY,), "one column must map to"),
    ):
        with pytest.raises(ConfigurationError, match=told):
            kit.type().open(replace(kit.opening(), columns=columns))
    assert kit.type().problems({**kit.settings(), "audience_id": "12-3"}, "audience")


@pytest.mark.parametrize(
    "change",
    [{"encoding": "OCTAL"}, {"audiences": []}, {"destinations": [{"product": 1, "x": 2}]},
     {"audienceMembers": [{"userData": {"userIdentifiers": [{"emailAddress": "a@x.test"}]}}]}],
)  # fmt: skip
def test_the_google_stub_refuses_what_the_messages_do(change: dict[str, object]) -> None:
    import json  # noqa: PLC0415

    member = {"userData": {"userIdentifiers": [{"emailAddress": "0" * 64}]}}
    good: dict[str, object] = {"audienceMembers": [member], "encoding": "HEX"}
    headers = {"authorization": f"Bearer {GOOGLE_TOKEN}"}
    stub = GoogleStub()

    def status(said: dict[str, object]) -> int:
        body = json.dumps(said).encode()
        return stub.answer(Exchange("POST", "/v1/audienceMembers:ingest", headers, body)).status

    assert status(good) == 200
    assert status({**good, **change}) == 400


def test_google_is_told_the_consent_and_the_address_only_when_whole(google: GoogleKit) -> None:
    opening = replace(
        google.opening(ad_personalization="denied"),
        columns=(KEY, "email", "given_name", "family_name", "region_code", "postal_code"),
    )
    destination = google.type().open(opening)
    engine = Engine(google, destination)  # type: ignore[arg-type]
    whole = {"given_name": "Ada", "family_name": "L", "region_code": "gb", "postal_code": "N1"}
    google.poison = lambda key: {**google.values(key, 1), **whole}  # type: ignore[method-assign]
    engine.write("a", "b", poisoned=["a"])
    destination.close()
    first, second = google.server.exchanges[0].json()["audienceMembers"]
    assert [list(one) for one in first["userData"]["userIdentifiers"]] == [
        ["emailAddress"], ["address"],
    ]  # fmt: skip
    address = first["userData"]["userIdentifiers"][1]["address"]
    assert (address["regionCode"], address["postalCode"]) == ("GB", "N1")
    assert address["givenName"] == hashlib.sha256(b"ada").hexdigest()
    assert len(second["userData"]["userIdentifiers"]) == 1
    assert google.stub.consents == [
        {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_DENIED"}
    ]


def test_google_can_be_waited_for(google: GoogleKit) -> None:
    processing = {"requestStatus": "PROCESSING"}
    google.stub.statuses = [processing, processing, {"requestStatus": "SUCCESS"}]
    engine = Engine(google, google.open(confirm="processed"))
    assert engine.write("a")["a"].status == "acknowledged"
    assert google.time.slept == [5.0, 10.0]
    reason = "PROCESSING_ERROR_REASON_INVALID_FORMAT"
    google.stub.statuses = [
        {"requestStatus": "FAILED", "errorInfo": {"errorCounts": [{"reason": reason}]}}
    ]
    with pytest.raises(BatchRefusedError) as caught:
        engine.write("b")
    assert caught.value.code == reason
    google.stub.statuses = [processing] * 100
    with pytest.raises(DestinationUnavailableError, match="within an hour"):
        engine.write("c")
    engine.destination.close()


def test_without_a_token_google_needs_credentials(
    google: GoogleKit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "canary.json"))
    with pytest.raises(
        DestinationUnauthorisedError, match="GOOGLE_APPLICATION_CREDENTIALS"
    ) as told:
        google.type().open(replace(google.opening(), secrets={}))
    assert "canary" not in str(told.value)


@pytest.mark.parametrize(
    "error",
    [{"code": 17}, {"code": 80003}, {"code": 100, "error_subcode": 1713230},
     {"code": 2, "is_transient": True}],
)  # fmt: skip
def test_what_meta_calls_bad_may_be_a_limit(meta: MetaKit, error: dict[str, object]) -> None:
    engine = Engine(meta, meta.open())
    meta.stub.errors = [(400, error), (403, error)]
    assert engine.write("a")["a"].status == "acknowledged"
    engine.destination.close()
    assert len(meta.server.exchanges) == 3


def test_meta_says_by_code_that_a_token_is_refused(meta: MetaKit) -> None:
    engine = Engine(meta, meta.open())
    for code in (190, 200, 10):
        meta.stub.errors = [(400, {"code": code})]
        with pytest.raises(DestinationUnauthorisedError):
            engine.write("a")
    meta.stub.errors = [(400, {"code": 100})]
    with pytest.raises(BatchRefusedError) as caught:
        engine.write("a")
    engine.destination.close()
    assert caught.value.code == "code_100"


def test_an_entry_that_meta_cannot_read_is_found_by_halving(meta: MetaKit) -> None:
    keys = [f"k{n}" for n in range(16)]
    meta.stub.unreadable.add(str(meta.expected("k5", 1)["email"]))
    engine = Engine(meta, meta.open())
    outcomes = engine.halve(*keys, poisoned=[])
    engine.destination.close()
    assert outcomes.pop("k5") == "invalid_entries"
    assert set(meta.held()) == set(outcomes)
    assert engine.deliveries <= 9


@pytest.mark.parametrize("is_new_owner_first", [True, False])
def test_an_address_may_pass_from_one_customer_to_another(
    kit: AudienceKit, *, is_new_owner_first: bool
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
    expected = {str(kit.expected("a", version)["email"]) for version in (1, 2)}
    assert set(kit.stub.members) == expected

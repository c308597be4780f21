"""Every person record and every interaction has exactly one row of truth, and no more exist."""

from __future__ import annotations

import json
from datetime import date

import pytest

from sample_linking import latest, records
from sample_world import SEEDS, sample_of
from warehouse_cdp.sample.places import Address
from warehouse_cdp.sample.profiles import Profile
from warehouse_cdp.sample.truth import Seen, knowable_events, why_unresolvable

_INTERACTIONS = {
    ("shop_uk", "order"): ("shop_uk/orders", "id"),
    ("shop_de", "order"): ("shop_de/orders", "id"),
    ("pos", "receipt"): ("pos/receipts", "receipt_no"),
    ("web", "event"): ("web/events", "event_id"),
    ("app", "event"): ("app/events", "event_id"),
    ("loyalty", "event"): ("loyalty/points", "transaction_id"),
    ("email", "email_event"): ("email/events", "event_id"),
    ("support", "ticket"): ("support/tickets", "id"),
    ("crm", "call_note"): ("crm/call_notes", "id"),
    ("surveys", "survey_response"): ("surveys/responses", "response_id"),
    ("social", "social_interaction"): ("social/interactions", "interaction_id"),
    ("devices", "device_reading"): ("devices/telemetry", "reading_id"),
}
_CASES = [(42, 1), (42, 2), (42, 3), (7, 1)]


@pytest.mark.parametrize(("seed", "wave"), _CASES)
def test_person_records_are_complete(seed: int, wave: int) -> None:
    facts = sample_of(seed, wave).truth["person_records"]
    names = facts["source"] + ":" + facts["source_pk"]
    assert names.is_unique
    assert set(names) == set(records(seed, wave))


@pytest.mark.parametrize(("seed", "wave"), _CASES)
def test_interactions_are_complete(seed: int, wave: int) -> None:
    sample = sample_of(seed, wave)
    facts = sample.truth["interactions"]
    assert not facts.duplicated(["source", "interaction_type", "interaction_id"]).any()
    expected = {
        (source, kind, key)
        for (source, kind), (table, column) in _INTERACTIONS.items()
        for key in sample.tables[table][column]
    }
    columns = ["source", "interaction_type", "interaction_id"]
    found = set(facts[columns].itertuples(index=False, name=None))
    assert found == expected


@pytest.mark.parametrize(("seed", "wave"), _CASES)
def test_truth_is_consistent(seed: int, wave: int) -> None:
    truth = sample_of(seed, wave).truth
    people = set(truth["persons"]["person_id"])
    records_ = truth["person_records"]
    assert set(records_["person_id"].dropna()) <= people
    assert (records_["person_id"].isna() ^ records_["reason"].isna()).all()
    interactions = truth["interactions"]
    assert set(interactions["person_id"].dropna()) <= people
    knowable = interactions[interactions["is_knowable"] == "true"]
    assert knowable["person_id"].notna().all()
    unknowable = interactions[interactions["is_knowable"] == "false"]
    assert unknowable["reason"].notna().all()
    assert len(knowable) > 2 * len(unknowable) / 3


@pytest.mark.parametrize("seed", SEEDS)
def test_current_contact_points_are_somewhere_in_the_data(seed: int) -> None:
    """What golden records are graded by can be found: for most people their e-mail is on file."""
    sample = sample_of(seed)
    seen = {
        email.strip().lower()
        for fields in records(seed).values()
        for email in fields.get("email", [])
    }
    current = sample.truth["persons"]["current_email"]
    assert current.isin(seen).mean() > 0.75
    assert current.is_unique


@pytest.mark.parametrize("seed", SEEDS)
def test_a_login_in_the_raw_event_is_knowable(seed: int) -> None:
    """The truth of web events agrees with the accounts that the payloads name."""
    sample = sample_of(seed)
    rows = sample.truth["person_records"].fillna("").itertuples()
    owner = {(str(row.source), str(row.source_pk)): str(row.person_id) for row in rows}
    facts = sample.truth["interactions"].fillna("").itertuples()
    event = {str(row.interaction_id): row for row in facts if row.source == "web"}
    checked = 0
    for row in latest(sample.tables["web/events"], "event_id"):
        try:
            payload = json.loads(row["payload"])
        except json.JSONDecodeError:
            assert event[row["event_id"]].reason == "broken_json"
            continue
        person = owner.get((f"shop_{payload['site']}", payload.get("userId", "")))
        if person:
            checked += 1
            assert str(event[row["event_id"]].person_id) == person
            assert event[row["event_id"]].is_knowable == "true"
    assert checked > 1_000


def _seen(at: int, person: str, login: str = "", email: str = "") -> Seen:
    return Seen("web", f"e{at}", at, person, login=login, email=email)


def _verdicts(*events: Seen) -> list[tuple[bool, str]]:
    return [(known, why) for _, known, why in knowable_events(events)]


def test_one_persons_device_is_known_from_the_start() -> None:
    assert _verdicts(_seen(1, "a"), _seen(2, "a", "a"), _seen(3, "a")) == [
        (True, "link_back"),
        (True, "login"),
        (True, "link_back"),
    ]


def test_a_visitor_without_login_is_not_known() -> None:
    assert _verdicts(_seen(1, "a")) == [(False, "never_logged_in")]


def test_a_guest_checkout_names_only_itself() -> None:
    assert _verdicts(_seen(1, "a"), _seen(2, "a", email="known")) == [
        (False, "never_logged_in"),
        (True, "email"),
    ]


def test_on_a_shared_device_only_time_between_equal_logins_is_known() -> None:
    events = [
        _seen(1, "a"), _seen(2, "a", "a"), _seen(3, "a"), _seen(4, "a", "a"), _seen(5, "b"),
        _seen(6, "b", "b"), _seen(7, "a"),
    ]  # fmt: skip
    assert _verdicts(*reversed(events)) == [
        (False, "shared_device"),
        (True, "login"),
        (True, "between_logins"),
        (True, "login"),
        (False, "shared_device"),
        (True, "login"),
        (False, "shared_device"),
    ]


def test_an_account_that_cannot_be_resolved_reveals_nothing() -> None:
    event = _seen(2, "a", "a")
    event.login_is_resolvable = False
    assert _verdicts(_seen(1, "a"), event) == [
        (False, "account_unresolvable"),
        (False, "account_unresolvable"),
    ]


_HOME = Address("1 High Street", "", "Leeds", "", "LS1 1AA", "GB")


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        (Profile(email="a@b.c", email_kind="own"), ""),
        (Profile(phone="1", phone_kind="own"), ""),
        (Profile(given="Ann", family="Lee", birth=date(1980, 1, 1)), ""),
        (Profile(given="Ann", family="Lee", home=_HOME), ""),
        (Profile(given="Ann", family="Lee", phone="1", phone_kind="shared"), ""),
        (Profile(given="Ann", family="Lee"), "too_little"),
        (Profile(given="Ann", birth=date(1980, 1, 1)), "too_little"),
        (Profile(given="Ann", family="Lee", email="x", email_kind="broken"), "too_little"),
        (Profile(email="noemail@example.com", email_kind="junk"), "only_junk"),
        (Profile(phone="1", phone_kind="shared"), "shared_contact_without_name"),
    ],
)
def test_what_makes_a_record_resolvable(profile: Profile, reason: str) -> None:
    assert why_unresolvable([profile]) == reason


def test_one_good_version_is_enough() -> None:
    assert why_unresolvable([Profile(), Profile(email="a@b.c", email_kind="own")]) == ""

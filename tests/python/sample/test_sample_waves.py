"""Waves 2 and 3 add to what was there; what is staged happens."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from sample_world import sample_of

if TYPE_CHECKING:
    import pandas as pd

SEED = 42
_SCENARIOS = {
    2: {
        "login_reveals_past", "record_bridges_two", "corrected_email",
        "oldest_deleted_smaller_late", "consent_withdrawn", "record_changed", "record_vanished",
        "late_order", "record_added",
    },
    3: {
        "key_reused", "erasure_requested", "bridge_deleted", "last_record_deleted", "email_splits",
        "member_merged",
    },
}  # fmt: skip


def _rows(frame: pd.DataFrame) -> Counter[tuple[str, ...]]:
    return Counter(frame.fillna("").itertuples(index=False, name=None))


def _staged(wave: int, scenario: str) -> pd.DataFrame:
    facts = sample_of(SEED, wave).truth["scenarios"]
    found = facts[facts["scenario"] == scenario]
    assert len(found)
    return found


def _keys(wave: int, scenario: str) -> list[tuple[str, str]]:
    """Return (source, key) of the records of a staged scenario."""
    words = " ".join(_staged(wave, scenario)["record_ids"]).split()
    return [(word.split(":")[0], word.split(":", 1)[1]) for word in words]


def test_later_waves_keep_every_row_but_the_vanished() -> None:
    vanished = 0
    for earlier, later in pairwise((1, 2, 3)):
        for name, frame in sample_of(SEED, earlier).tables.items():
            lost = _rows(frame) - _rows(sample_of(SEED, later).tables[name])
            vanished += sum(lost.values())
            if name.split("/")[1] not in {
                "customers", "contacts", "members", "requesters", "registrations", "subscribers",
            }:  # fmt: skip
                assert not lost, name
    assert 3 <= vanished <= 80


def test_new_rows_are_loaded_after_the_wave_before() -> None:
    for earlier, later in pairwise((1, 2, 3)):
        for name, frame in sample_of(SEED, later).tables.items():
            added = _rows(frame) - _rows(sample_of(SEED, earlier).tables[name])
            loaded = {row[-1] for row in added}
            assert all(moment > sample_of(SEED, earlier).as_of for moment in loaded), name
            assert all(moment <= sample_of(SEED, later).as_of for moment in loaded), name
            if name in {"web/events", "shop_uk/orders", "email/events"}:
                assert len(added) > 20


def test_waves_bring_new_people() -> None:
    people = [set(sample_of(SEED, wave).truth["persons"]["person_id"]) for wave in (1, 2, 3)]
    assert people[0] < people[1] < people[2]


@pytest.mark.parametrize("wave", [1, 2, 3])
def test_scenarios_are_named_when_their_wave_has_come(wave: int) -> None:
    expected = {name for number, names in _SCENARIOS.items() if number <= wave for name in names}
    assert set(sample_of(SEED, wave).truth["scenarios"]["scenario"]) == expected


def test_a_login_makes_months_of_visits_knowable() -> None:
    person = _staged(2, "login_reveals_past")["person_id"].item()

    def known(wave: int) -> pd.Series[str]:
        facts = sample_of(SEED, wave).truth["interactions"]
        events = facts[(facts["person_id"] == person) & (facts["source"] == "web")]
        verdicts: pd.Series[str] = events.set_index("interaction_id")["is_knowable"]
        return verdicts

    before, after = known(1), known(2)
    readable = before[before.index.isin(after.index[after == "true"])]
    assert len(readable) >= 9
    assert (readable == "false").all()


def test_the_bridge_is_missing_before_wave_2_and_deleted_in_wave_3() -> None:
    keys = _keys(2, "record_bridges_two")
    before = sample_of(SEED, 1).truth["person_records"]["source_pk"]
    assert [key in set(before) for _, key in keys] == [True, True, False]
    members = sample_of(SEED, 3).tables["loyalty/members"]
    versions = members[members["card_no"] == keys[2][1]].sort_values("_loaded_at")
    assert list(versions["_deleted"]) == ["false", "true"]


def test_those_who_enter_later_are_in_nothing_of_wave_1() -> None:
    later = {
        person
        for name in ("email_splits", "member_merged")
        for person in _staged(3, name)["person_id"]
    }
    assert len(later) == 3
    for wave, expected in ((1, set()), (2, later), (3, later)):
        told = sample_of(SEED, wave).truth
        assert later & set(told["persons"]["person_id"]) == expected
        assert later & set(told["person_records"]["person_id"]) == expected
        assert bool(later & set(told["interactions"]["person_id"])) == bool(expected)


def test_all_records_of_somebody_are_gone_in_wave_3() -> None:
    keys = _keys(3, "last_record_deleted")
    customers = sample_of(SEED, 3).tables["shop_uk/customers"]
    states = [list(customers.loc[customers["id"] == key, "_deleted"]) for _, key in keys]
    assert [sorted(state) for state in states] == [[], ["false", "true"]]


def test_an_email_that_is_corrected_in_wave_3_was_somebody_elses() -> None:
    parts = _staged(3, "email_splits")["record_ids"]
    (asker,) = (key.split(":")[1] for key in parts if key.startswith("support"))
    (account,) = (key.split()[0].split(":")[1] for key in parts if key.startswith("shop_uk"))
    requesters = sample_of(SEED, 3).tables["support/requesters"]
    emails = list(requesters[requesters["id"] == asker].sort_values("_loaded_at")["email"])
    customers = sample_of(SEED, 3).tables["shop_uk/customers"].set_index("id")["email"]
    assert len(emails) == 2
    assert emails[0] == customers[account] != emails[1]


def test_the_corrected_email_was_somebody_elses() -> None:
    keys = _keys(2, "corrected_email")
    (asker,) = (key for source, key in keys if source == "support")
    accounts = [key for source, key in keys if source == "shop_uk"]
    requesters = sample_of(SEED, 2).tables["support/requesters"]
    versions = requesters[requesters["id"] == asker].sort_values("_loaded_at")
    emails = list(versions["email"])
    customers = sample_of(SEED, 2).tables["shop_uk/customers"].set_index("id")["email"]
    assert len(emails) == len(set(emails)) == 2
    assert set(emails) == set(customers[accounts])


def test_the_reused_card_changes_hands() -> None:
    card = _keys(3, "key_reused")[0][1]

    def holder(wave: int) -> str:
        facts = sample_of(SEED, wave).truth["person_records"]
        return str(facts.loc[facts["source_pk"] == card, "person_id"].item())

    assert holder(1) == holder(2) != holder(3)
    versions = sample_of(SEED, 3).tables["loyalty/members"].query("card_no == @card")
    assert versions["surname"].nunique() == 2


def test_a_smaller_and_older_record_arrives_when_the_oldest_is_deleted() -> None:
    (_, oldest), (_, newer), (_, late) = _keys(2, "oldest_deleted_smaller_late")
    assert late < oldest < newer
    first = sample_of(SEED, 1).tables["shop_uk/customers"]
    second = sample_of(SEED, 2).tables["shop_uk/customers"]
    assert set(first["id"]) & {oldest, newer, late} == {oldest, newer}
    deleted = second.query("id == @oldest").sort_values("_loaded_at")["_deleted"]
    assert list(deleted) == ["false", "true"]
    created = second.drop_duplicates("id").set_index("id")["created_at"]
    assert created[late][6:10] + created[late] <= created[oldest][6:10] + created[oldest]


def test_the_vanished_record_leaves_no_trace() -> None:
    (_, vanished), (_, stays) = _keys(2, "record_vanished")
    ids = [set(sample_of(SEED, wave).tables["shop_uk/customers"]["id"]) for wave in (1, 2)]
    assert vanished in ids[0]
    assert vanished not in ids[1]
    assert stays in ids[0] & ids[1]


def test_consent_is_withdrawn_and_erasure_requested() -> None:
    person = _staged(2, "consent_withdrawn")["person_id"].item()
    people = sample_of(SEED, 2).truth["persons"].set_index("person_id")["current_email"]
    email = people[person]

    def statuses(wave: int) -> list[str]:
        events = sample_of(SEED, wave).tables["consent/events"]
        own = events[events["contact_point"] == email]
        return list(own.sort_values("occurred_at")["status"])

    assert statuses(1) == ["granted"]
    assert statuses(2) == ["granted", "withdrawn"]
    erased = people[_staged(3, "erasure_requested")["person_id"].item()]
    requests = sample_of(SEED, 3).tables["consent/privacy_requests"]
    assert "erasure" in set(requests[requests["contact_point"] == erased]["request_type"])


def test_the_late_order_is_months_old() -> None:
    number = _staged(2, "late_order")["record_ids"].item().split("order_number:")[1]
    orders = sample_of(SEED, 2).tables["shop_uk/orders"]
    orders = orders[orders["order_number"] == number]
    assert len(orders)
    assert (orders["_loaded_at"] > sample_of(SEED, 1).as_of).all()
    assert (orders["created_at"] < "2026-05").all()

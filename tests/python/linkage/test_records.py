"""Match keys: what the matcher makes of names, e-mails, phones, addresses and dates."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from linkage_worlds import NICKNAMES, person
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import (
    bad_values_of,
    find_bad_values,
    mark_blocked,
    names,
    prepare_identifiers,
    prepare_records,
)
from warehouse_cdp.linkage.identifier_keys import email_key, phone_key
from warehouse_cdp.linkage.records import birth_date_key, street_and_number


@pytest.mark.parametrize(
    ("left", "right"),
    [("Müller", "Mueller"), ("Müller", "Muller"), ("Groß", "Gross"), ("O'Brien", "OBrien"),
     ("Łukasz", "Lukasz"), ("José", "JOSE"), ("Søren", "Soren"), ("McDonald Jr.", "mcdonald")],
)  # fmt: skip
def test_spellings_of_one_family_name_fold_alike(left: str, right: str) -> None:
    assert names.family_key(left) == names.family_key(right)


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Dr. Ada Lovelace", ("ada", "lovelace")),
        ("Lovelace, Ada", ("ada", "lovelace")),
        ("Ludwig van Beethoven", ("ludwig", "van beethoven")),
        ("Ada", ("ada", None)),
        ("  ", (None, None)),
    ],
)
def test_full_names_are_split(full: str, parts: tuple[str | None, str | None]) -> None:
    assert names.split_full_name(full) == parts


@pytest.mark.parametrize(
    ("email", "key"),
    [
        ("A.da+news@GoogleMail.com", "ada@gmail.com"),
        ("a.da@example.org", "a.da@example.org"),
        ("ada+shop@example.org", "ada@example.org"),
        ("ada-x@yahoo.com", "ada@yahoo.com"),
        ("+x@example.org", "+x@example.org"),
        ("nobody", None),
    ],
)
def test_email_keys_follow_the_provider(email: str, key: str | None) -> None:
    assert email_key(email) == key


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("12 High Street", "High St, 12"),
        ("Hauptstraße 7a", "Hauptstr. 7 A"),
        ("Königsplatz 3", "Konigsplatz 3"),
    ],
)
def test_addresses_of_one_house_have_one_key(left: str, right: str) -> None:
    assert street_and_number(left) == street_and_number(right)


def test_dates_and_phones() -> None:
    assert birth_date_key(pd.Timestamp("1990-05-01")) == "19900501"
    assert birth_date_key(None, "19900501") == "19900501"
    assert birth_date_key(None, "01/05/1990") is None
    assert phone_key("+44 113 496 0000") == "441134960000"
    assert phone_key("123") is None


def test_a_record_carries_its_nicknames_and_its_identifiers() -> None:
    identifiers = pd.DataFrame(
        [("crm:1", "phone", "+441134960000"), ("gone:1", "phone", "+449")],
        columns=["record_id", "identifier_type", "identifier_value"],
    )
    people = pd.DataFrame([person("crm:1", full_name="Bob Byron Sr", email="b@example.org")])
    records = prepare_records(people, NICKNAMES, identifiers)
    row = records.iloc[0]
    assert row["given_name_forms"] == "bob|robert"
    assert row["family_name_key"] == "byron"
    assert row["name_suffix_key"] == "1"
    assert row["phone_key"] == "441134960000"
    held = prepare_identifiers(identifiers, records)
    assert set(held["identifier_key"]) == {"441134960000", "b@example.org"}


def test_missing_and_repeated_record_ids_are_refused() -> None:
    with pytest.raises(InputDataError, match="no column record_id"):
        prepare_records(pd.DataFrame({"x": [1]}))
    with pytest.raises(InputDataError, match="unique"):
        prepare_records(pd.DataFrame({"record_id": ["a", "a"]}))


def test_no_records_make_an_empty_frame() -> None:
    assert prepare_records(pd.DataFrame({"record_id": pd.Series(dtype=str)})).empty


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("phone", "0000000000", "listed_as_placeholder"),
        ("phone", "+448001234999", "listed_as_placeholder"),
        ("email", "noreply@example.org", "listed_as_placeholder"),
        ("email", "noemail@nowhere.org", "listed_as_placeholder"),
        ("email", "ada@example.org", None),
        ("email", "blocked@example.org", "blocked_by_override"),
    ],
)
def test_values_that_identify_nobody_are_marked(kind: str, value: str, reason: str | None) -> None:
    identifiers = pd.DataFrame(
        [("crm:1", kind, value)], columns=["record_id", "identifier_type", "identifier_value"]
    )
    records = prepare_records(pd.DataFrame([person("crm:1", name="Ada Byron")]))
    junk = pd.DataFrame(
        [("phone", "prefix", "+44800"), ("email", "mailbox", "noreply")],
        columns=["identifier_type", "match_type", "junk_value"],
    )
    blocked = pd.DataFrame(
        [("email", "blocked@example.org")], columns=["identifier_type", "identifier_key"]
    )
    found = find_bad_values(prepare_identifiers(identifiers, records), records, {}, blocked, junk)
    columns = [pa.Table.from_pandas(frame) for frame in (identifiers, records)]
    same = bad_values_of(columns[0], columns[1], {}, blocked, junk)
    pd.testing.assert_frame_equal(same, found, check_dtype=False)
    marked = mark_blocked(columns[0], found).to_pandas().iloc[0]
    assert marked["is_blocked"] == (reason is not None)
    assert (marked["block_reason"] or None) == reason if reason else True


def test_a_value_is_nobodys_from_one_unlike_name_over_the_limit_on() -> None:
    """People are counted by the sound of their names: spellings of one make no further person."""
    names_of = {"+441134960001": ["Ada Byron", "Grace Hopper", "Mary Shelley", "Maria Shelley"]}
    names_of["+441134960002"] = ["Ada Byron", "Ada Biron", "Grace Hopper", "Grace Hoper"]
    people = [
        person(f"crm:{phone}-{place}", name=name, phone=phone)
        for phone, named in names_of.items()
        for place, name in enumerate(named)
    ]
    records = prepare_records(pd.DataFrame(people))
    none = pd.DataFrame(columns=["record_id", "identifier_type", "identifier_value"])
    held = prepare_identifiers(none, records)
    counted = find_bad_values(held, records, {"phone": 0}).set_index("identifier_value")
    assert counted["record_count"].tolist() == [4, 4]
    most = counted["person_proxy_count"]
    assert most.loc["441134960001"] > most.loc["441134960002"] == 2
    for limit, bad in (
        (2, ["441134960001"]),
        (int(most.loc["441134960001"]), []),
        (1, ["441134960001", "441134960002"]),
    ):
        found = find_bad_values(held, records, {"phone": limit, "email": 1})
        assert found["identifier_value"].tolist() == bad
        assert set(found["reason"]) <= {"shared_by_too_many_people"}


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        ("anna", "ana", True),
        ("martin", "martina", False),
        ("johann", "johanna", False),
        ("hannah", "anna", False),
        ("christopher", "cristofer", False),
        ("bob|robert", "rob|robert", True),
        ("a", "anna", True),
        ("anna lena|anna", "lena", False),
    ],
)
def test_which_given_names_are_one_name(left: str, right: str, *, alike: bool) -> None:
    assert names.given_names_alike(left, right) == alike
    assert names.given_names_alike(right, left) == alike

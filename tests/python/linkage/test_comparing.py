"""What the rules and guards are told about a pair, and what several values of a record do."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from linkage_worlds import NICKNAMES, World, person
from warehouse_cdp.linkage import find_bad_values, prepare_identifiers, prepare_records
from warehouse_cdp.linkage.comparing import (
    CLOSE,
    DIFFERENT,
    EXACT,
    UNKNOWN,
    WorldComparer,
    agreement,
    shares_value,
)
from warehouse_cdp.linkage.encoding import EncodedWorld, encode_world


def encoded(
    people: list[dict[str, object]], identifiers: pd.DataFrame | None = None
) -> EncodedWorld:
    held = identifiers if identifiers is not None else pd.DataFrame()
    records = prepare_records(World(people).persons(), NICKNAMES, held)
    prepared = prepare_identifiers(held, records)
    return encode_world(records, prepared, find_bad_values(prepared, records, {}))


def told(people: list[dict[str, object]], identifiers: pd.DataFrame | None = None) -> pd.Series:
    """Agreement of the first two records; the same from both sides."""
    world = encoded(people, identifiers)
    comparer = WorldComparer(world)
    record = world.encoded.row_record.astype(np.int32)
    one, other = record[:1], record[1:2]
    found = agreement(world, one, other, comparer.levels(one, other))
    back = agreement(world, other, one, comparer.levels(other, one))
    pd.testing.assert_frame_equal(found, back)
    return found.iloc[0]


@pytest.mark.parametrize(
    ("given", "family", "agrees"),
    [
        ("Paine", "Thomas", (CLOSE, CLOSE)),
        ("Pa ine", "Tomas", (CLOSE, CLOSE)),
        ("Paine", "Peter", (DIFFERENT, DIFFERENT)),
        ("Paine", None, (DIFFERENT, UNKNOWN)),
    ],
)
def test_swapped_names_are_close_a_typing_error_and_blanks_aside(
    given: str, family: str | None, agrees: tuple[int, int]
) -> None:
    people = [
        person("a:1", name="Thomas Paine"),
        {**person("b:1"), "given_name": given, "family_name": family},
    ]
    found = told(people)
    assert (found["given_name"], found["family_name"]) == agrees


@pytest.mark.parametrize(
    ("one", "other", "field", "agrees"),
    [
        ({"name": "Bob Taylor"}, {"name": "Robert Taylor"}, "given_name", CLOSE),
        ({"name": "Bob Taylor"}, {"name": "Rob Taylor"}, "given_name", CLOSE),
        ({"name": "R Taylor"}, {"name": "Robert Taylor"}, "given_name", CLOSE),
        ({"name": "Peter Taylor"}, {"name": "Robert Taylor"}, "given_name", DIFFERENT),
        ({"name": "Ada Taylor"}, {"name": "Ada Taylor"}, "family_name", EXACT),
        ({"name": "Ada Lee-Taylor"}, {"name": "Ada Taylor"}, "family_name", CLOSE),
        ({"birth_date": "1980-02-03"}, {"birth_date": "1980-03-02"}, "birth_date", CLOSE),
        ({"birth_date": "1980-02-03"}, {"birth_date": "1980-02-04"}, "birth_date", CLOSE),
        ({"birth_date": "1980-02-03"}, {"birth_date": "1952-02-03"}, "birth_date", DIFFERENT),
        ({"address_line_1": "12 High Street"}, {"address_line_1": "12 High St"}, "address", EXACT),
        ({"address_line_1": "12 High St"}, {"address_line_1": "14 High St"}, "address", DIFFERENT),
        ({"address_line_1": "High St"}, {"address_line_1": "High St"}, "address", CLOSE),
        ({"postal_code": "N1 1AA"}, {"postal_code": "N1 1AB"}, "place", CLOSE),
        ({"city": "Leeds"}, {"city": "Leeds"}, "place", CLOSE),
        ({"city": "Leeds"}, {"city": "York"}, "place", DIFFERENT),
        ({"phone": "+44 20 7946 0001"}, {"phone": "+44 20 7946 0011"}, "phone", CLOSE),
    ],
)
def test_fields_agree_as_the_rules_understand_it(
    one: dict[str, object], other: dict[str, object], field: str, agrees: int
) -> None:
    assert told([person("a:1", **one), person("b:1", **other)])[field] == agrees


@pytest.mark.parametrize(
    ("one", "other", "agrees"),
    [
        ("ada.byron@example.com", "ada.byron@example.com", EXACT),
        # One name, two providers: as all namesakes have it.
        ("ada.byron@example.com", "ada.byron@mail.example.org", UNKNOWN),
        ("ada.byron@example.com", "byron.ada@mail.example.org", DIFFERENT),
        # Digits tell.
        ("ada.byron1815@example.com", "ada.byron1815@mail.example.org", CLOSE),
        ("ada.byron1815@example.com", "ada.byron1967@example.com", DIFFERENT),
        # One digit is a typing error as well as a namesake.
        ("ada.byron15@example.com", "ada.byron16@example.com", UNKNOWN),
        # So does what is no name.
        ("blue.kettle@example.com", "blue.kettle@mail.example.org", CLOSE),
        ("adabyron15@example.com", "adabryon15@example.com", CLOSE),
    ],
)
def test_an_email_made_of_the_name_says_no_more_than_the_name(
    one: str, other: str, agrees: int
) -> None:
    people = [
        person("a:1", name="Ada Byron", email=one),
        person("b:1", name="Ada Byron", email=other),
    ]
    assert told(people)["email"] == agrees


def test_a_value_that_both_records_hold_anywhere_is_full_agreement() -> None:
    people = [
        person("a:1", name="Ada Byron", email="ada@example.com", phone="+44 20 7946 0001"),
        person("b:1", name="Ada Byron", email="byron@example.org"),
    ]
    further = pd.DataFrame(
        {
            "record_id": ["a:1", "b:1", "b:1"],
            "identifier_type": ["email", "email", "phone"],
            "identifier_value": ["old@example.net", "old@example.net", "+44 20 7946 0001"],
        }
    )
    assert told(people)["email"] == DIFFERENT
    found = told(people, further)
    assert (found["email"], found["phone"]) == (EXACT, EXACT)


def test_shared_values_are_those_of_the_sets() -> None:
    rng = np.random.default_rng(7)
    holders = pd.DataFrame({"record_id": [f"a:{n:02}" for n in range(30)]}).assign(
        identifier_type="loyalty_card"
    )
    rows = pd.concat(
        [
            holders.assign(identifier_value=rng.integers(2001, 2013, 30).astype(str))
            for _ in range(3)
        ]
    )
    people = [person(f"a:{n:02}", name=f"Ada Byron{n}") for n in range(30)]
    held = encoded(people, rows).holders["loyalty_card"]
    cards = rows.groupby("record_id")["identifier_value"].agg(set).tolist()
    pairs = list(combinations(range(30), 2))
    left, right = (np.array(side, dtype=np.int32) for side in zip(*pairs, strict=True))
    expected = [not cards[one].isdisjoint(cards[other]) for one, other in pairs]
    assert shares_value(held, left, right).tolist() == expected
    assert 0 < sum(expected) < len(expected)

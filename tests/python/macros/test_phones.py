"""The phone macro against the `phonenumbers` library, country by country."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from phone_cases import PhoneCase, phone_cases

if TYPE_CHECKING:
    from macro_harness import Engine

FLOOR = 0.99
"""Share of a country's cases on which macro and library agree."""


@pytest.fixture(scope="module")
def answers(engine: Engine) -> list[tuple[PhoneCase, str | None]]:
    """Return every case with the macro's answer."""
    with engine.connect() as connection:
        found = dict(connection.rows("select case_number, phone from dev.phones"))
    cases = phone_cases(full=engine.name == "duckdb")
    assert len(found) == len(cases)
    return [(case, found[str(number)]) for number, case in enumerate(cases)]


def test_every_country_agrees_with_the_library(
    answers: list[tuple[PhoneCase, str | None]],
) -> None:
    agreed: dict[str, list[bool]] = defaultdict(list)
    for case, actual in answers:
        if case.kind != "by_hand":
            agreed[str(case.country)].append(actual == case.expected)
    below = {
        country: round(sum(same) / len(same), 4)
        for country, same in agreed.items()
        if sum(same) / len(same) < FLOOR
    }
    assert len(agreed) >= 240
    assert below == {}


def test_numbers_as_people_write_them(answers: list[tuple[PhoneCase, str | None]]) -> None:
    by_hand = [(case, actual) for case, actual in answers if case.kind == "by_hand"]
    assert by_hand
    assert [(case, actual) for case, actual in by_hand if actual != case.expected] == []


def test_well_formed_examples_agree_without_exception(
    answers: list[tuple[PhoneCase, str | None]],
) -> None:
    well_formed = ("e164", "international", "national", "significant_digits", "extension")
    wrong = [
        (case, actual)
        for case, actual in answers
        if case.kind in well_formed and actual != case.expected
    ]
    assert wrong == []


def test_junk_and_letters_are_null(answers: list[tuple[PhoneCase, str | None]]) -> None:
    wrong = [
        (case, actual)
        for case, actual in answers
        if case.kind.startswith("letter") and actual is not None
    ]
    assert wrong == []

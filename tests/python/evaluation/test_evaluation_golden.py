"""Golden fields are graded over all people, by group, spelling aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse_cdp.evaluation import customer_of_person, golden_fields

if TYPE_CHECKING:
    from collections.abc import Hashable


def person(name: str, email: str, line: str, city: str, code: str) -> dict[str, str | None]:
    return {
        "person_id": name, "given_name": name, "family_name": "Groß", "current_email": email,
        "current_address_line_1": line, "current_city": city, "current_postal_code": code,
    }  # fmt: skip


def golden(
    name: str, email: str | None, line: str | None, city: str | None, code: str | None
) -> dict[str, str | None]:
    return {
        "email": email, "address_line_1": line, "city": city, "postal_code": code,
        "given_name": name, "family_name": "GROSS",
    }  # fmt: skip


def test_a_persons_customer_holds_most_of_the_records_and_a_tie_ignores_the_fields() -> None:
    truth = {"a": "P1", "b": "P1", "c": "P1", "d": "P2", "e": "P2", "f": "P3", "g": None}
    predicted = {"a": "z", "b": "z", "c": "y", "d": "y", "e": "x", "g": "w"}
    assert customer_of_person(predicted, truth) == {"P1": "z", "P2": "x"}


def test_a_group_is_right_as_a_whole_wrong_or_missing() -> None:
    persons = [
        person("Ann", "ann@mail.org", "12 High Street", "Leeds", "LS1 1AA"),
        person("Bo", "bo@mail.org", "Goethestraße 5", "Köln", "50667"),
        person("Cy", "cy@mail.org", "1 Park Road", "York", "YO1 1AA"),
        person("Di", "di@mail.org", "1 Park Road", "York", "YO1 1AA"),
        person("Ed", "ed@mail.org", "1 Park Road", "York", "YO1 1AA"),
    ]
    customers: dict[Hashable, dict[str, str | None]] = {
        "a": golden("ANN", " Ann@Mail.org", "12 high st", "LEEDS", "ls11aa"),
        "b": golden("Bo", "bo@mail.com", "Goethestr. 5", "Koeln", "50667"),
        "c": golden("Cyril", "c.y@mail.org", "1 Park Rd", "Leeds", "YO1 1AA"),
        "d": golden("Di", None, None, None, None),
    }
    measured = golden_fields(
        persons, customers, {"Ann": "a", "Bo": "b", "Cy": "c", "Di": "d"}
    )  # fmt: skip
    assert measured.people_without_customer == 1
    assert measured.email.people == measured.address.people == 4
    shares = [measured.email, measured.address, measured.name]
    assert [share.right for share in shares] == [0.25, 0.5, 0.75]
    assert [share.wrong for share in shares] == [0.5, 0.25, 0.25]
    assert [share.missing for share in shares] == [0.25, 0.25, 0.0]


def test_nobody_to_grade_is_no_error() -> None:
    measured = golden_fields([], {}, {})
    assert (measured.email.people, measured.email.right) == (0, 0.0)

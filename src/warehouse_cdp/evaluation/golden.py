"""How many people's golden e-mail, address and name are the ones that are right today."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse_cdp.privacy import normalise_email

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

EMAIL = ("email",)
ADDRESS = ("address_line_1", "city", "postal_code")
NAME = ("given_name", "family_name")

_UNSPOKEN = str.maketrans({"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "ł": "l", "ø": "o"})
# Ways of writing one street: long and short forms, and ss for ß.
_STREET_WORDS = (
    (re.compile(r"stra(?:ss|s)e\b|str\b\.?"), "st"),
    (re.compile(r"\bstreet\b"), "st"),
    (re.compile(r"\broad\b"), "rd"),
    (re.compile(r"\bavenue\b"), "ave"),
    (re.compile(r"\blane\b"), "ln"),
)
_SIGNS = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True)
class GoldenShare:
    """Shares of all people who have a customer; the three add up to 1."""

    right: float
    wrong: float
    missing: float
    people: int
    """The denominator: people of the truth with at least one record in a customer."""


@dataclass(frozen=True)
class GoldenFields:
    """How right the golden fields are, per group."""

    email: GoldenShare
    address: GoldenShare
    name: GoldenShare
    people_without_customer: int
    """People of the truth none of whose records is in a customer; in no denominator."""


def customer_of_person(
    predicted: Mapping[str, Hashable], truth: Mapping[str, str | None]
) -> dict[str, Hashable]:
    """Return each person's customer: the one that holds most of the person's records.

    ``predicted`` is ``record_id -> customer``, ``truth`` is ``record_id -> person``. Of customers
    with equally many the one whose id sorts first stands for the person, so that the answer is one
    and no look at the fields can pick the better. A person without a record in a customer is left
    out.
    """
    counts: dict[str, Counter[Hashable]] = {}
    for record, person in truth.items():
        if person and record in predicted:
            counts.setdefault(person, Counter())[predicted[record]] += 1
    return {
        person: min(customers, key=lambda customer: (-customers[customer], str(customer)))
        for person, customers in counts.items()
    }


def golden_fields(
    persons: Iterable[Mapping[str, str | None]],
    customers: Mapping[Hashable, Mapping[str, str | None]],
    customer_of: Mapping[str, Hashable],
) -> GoldenFields:
    """Compare golden fields with what is true of each person now.

    ``persons`` are rows of ``truth/persons`` (``current_email``, ``current_address_line_1``,
    ``given_name`` and so on), ``customers`` the golden fields by customer id, ``customer_of`` the
    customer of each person (``customer_of_person``). Whether the company could know the current
    value does not matter: a person who told nobody counts as wrong.
    """
    found: dict[tuple[str, ...], Counter[str]] = {EMAIL: Counter(), ADDRESS: Counter()}
    found[NAME] = Counter()
    left_out = 0
    for person in persons:
        customer = customer_of.get(str(person["person_id"]))
        if customer is None:
            left_out += 1
            continue
        golden = customers.get(customer, {})
        for group, outcomes in found.items():
            prefix = "" if group is NAME else "current_"
            true_values = [person[f"{prefix}{column}"] for column in group]
            outcomes[_outcome(group, [golden.get(column) for column in group], true_values)] += 1
    return GoldenFields(
        email=_share(found[EMAIL]),
        address=_share(found[ADDRESS]),
        name=_share(found[NAME]),
        people_without_customer=left_out,
    )


def _outcome(
    group: tuple[str, ...], golden: list[str | None], true_values: list[str | None]
) -> str:
    if not any(golden):
        return "missing"
    keys = [
        [_key(column, value or "") for column, value in zip(group, values, strict=True)]
        for values in (golden, true_values)
    ]
    return "right" if keys[0] == keys[1] else "wrong"


def _share(outcomes: Counter[str]) -> GoldenShare:
    people = outcomes.total()
    base = people or 1
    return GoldenShare(
        right=outcomes["right"] / base,
        wrong=outcomes["wrong"] / base,
        missing=outcomes["missing"] / base,
        people=people,
    )


def _key(column: str, value: str) -> str:
    """Return a value as it is compared: spelling aside, but every letter of it."""
    if column == "email":
        return normalise_email(value)
    text = unicodedata.normalize("NFKD", value.lower().translate(_UNSPOKEN))
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    if column == "address_line_1":
        for pattern, short in _STREET_WORDS:
            text = pattern.sub(short, text)
    return _SIGNS.sub("", text)

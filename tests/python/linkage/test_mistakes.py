"""Twins or a wrong name, father and son or a wrong date: the sources themselves tell."""

from __future__ import annotations

from itertools import product

import pytest

from linkage_worlds import World, person
from warehouse_cdp.linkage import LinkageSettings
from warehouse_cdp.linkage.mistakes import FORGIVABLE
from warehouse_cdp.linkage.separation import Facets, contradiction

FAMILIES = [
    "".join(parts)
    for parts in product(
        ("Ba", "Cro", "Del", "Fen", "Gri", "Hol"),
        ("ston", "wick", "mond", "laugh", "pert"),
        ("er", "ham", "ford", "sky", "elli"),
    )
]
# Each is quite unlike the one five places on.
GIVEN = ("Anna", "Bert", "Clara", "David", "Emma", "Otto", "Julia", "Hugo", "Jenny", "Fritz")
# Enough of each kind for the estimate; the rest are entered rightly.
WRONG, PEOPLE = 75, 100
SETTINGS = LinkageSettings(min_training_pairs=100)


def named(number: int, shift: int = 0) -> str:
    return f"{GIVEN[(number + shift) % 10]} {FAMILIES[number]}"


def home(number: int) -> dict[str, object]:
    return {
        "birth_date": f"{1940 + number % 60}-{1 + number % 12:02d}-{1 + number % 28:02d}",
        "address_line_1": f"{number + 1} {FAMILIES[-number]} Street",
        "postal_code": f"{1000 + 37 * number}",
    }


def registers(*, wrong: str) -> list[dict[str, object]]:
    """Everybody in both registers, some with a wrong given name or birth date in the second."""
    people = []
    for number in range(PEOPLE):
        people.append(person(f"a:{number}", name=named(number), **home(number)))
        there = home(number)
        name = named(number)
        if number < WRONG and wrong == "two_given_names":
            name = named(number, shift=5)
        if number < WRONG and wrong == "two_birth_dates":
            there["birth_date"] = f"{1975 - number % 30}-{12 - number % 12:02d}-28"
        people.append(person(f"b:{number}", name=name, **there))
    return people


def second_people(*, kind: str) -> list[dict[str, object]]:
    """Twins or sons of ten of the people, in the register that has the first ones too."""
    people = []
    for number in range(10):
        there = home(number)
        if kind == "two_birth_dates":
            there["birth_date"] = f"{1975 - number % 30}-{12 - number % 12:02d}-28"
        shift = 5 if kind == "two_given_names" else 0
        people.append(person(f"a:second{number}", name=named(number, shift), **there))
    return people


def united(world: World) -> int:
    """How many of those with a mistake are one customer in both registers."""
    groups = world.groups()
    return sum(frozenset({f"a:{number}", f"b:{number}"}) in groups for number in range(10, WRONG))


@pytest.mark.parametrize("guard", FORGIVABLE)
def test_what_only_differs_across_sources_is_a_mistake(guard: str) -> None:
    assert united(World(registers(wrong=guard), settings=SETTINGS)) >= 0.9 * (WRONG - 10)


@pytest.mark.parametrize("guard", FORGIVABLE)
def test_a_source_that_holds_two_such_people_keeps_them_apart_everywhere(guard: str) -> None:
    people = [*registers(wrong=guard), *second_people(kind=guard)]
    assert united(World(people, settings=SETTINGS)) == 0


def test_what_is_not_sure_enough_to_link_is_not_forgiven() -> None:
    people = registers(wrong="two_given_names")
    strict = LinkageSettings(min_training_pairs=100, link_probability=0.9999)
    assert united(World(people, settings=strict)) == 0


def test_the_order_of_rows_changes_nothing() -> None:
    people = registers(wrong="two_given_names")
    groups = World(people, settings=SETTINGS).groups()
    assert World(people, settings=SETTINGS, shuffle_seed=3).groups() == groups


KARL = Facets("karl", "berger", "", "19510402", "")
OTTO = Facets("otto", "berger", "", "19510402", "")
SON = Facets("karl", "berger", "", "19830917", "")


@pytest.mark.parametrize(
    ("left", "right", "forgiven", "guard"),
    [
        (KARL, OTTO, {"two_given_names"}, None),
        (KARL, OTTO, {"two_birth_dates"}, "two_given_names"),
        (KARL, SON, {"two_birth_dates"}, None),
        (KARL, SON, {"two_given_names"}, "two_birth_dates"),
        # One mistake is forgiven, not two at once.
        (OTTO, SON, {"two_birth_dates", "two_given_names"}, "two_birth_dates"),
        (KARL, Facets("otto", "lang", "", "19510402", ""), {"two_given_names"}, "two_given_names"),
        (KARL, Facets("otto", "", "", "19510402", ""), {"two_given_names"}, "two_given_names"),
        (KARL, Facets("otto", "berger", "", "", ""), {"two_given_names"}, "two_given_names"),
        (KARL, Facets("", "berger", "", "19830917", ""), {"two_birth_dates"}, "two_birth_dates"),
        # What says senior and junior is no mistake.
        (
            Facets("karl", "berger", "1", "19510402", ""),
            Facets("karl", "berger", "2", "19830917", ""),
            {"two_birth_dates"},
            "two_name_suffixes",
        ),
    ],
)
def test_one_mistake_is_forgiven_where_all_else_agrees(
    left: Facets, right: Facets, forgiven: set[str], guard: str | None
) -> None:
    assert contradiction(left, right, frozenset(forgiven)) == guard
    assert contradiction(right, left, frozenset(forgiven)) == guard

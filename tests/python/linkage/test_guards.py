"""Rules 3 and 4: what is cut, by which guard, and that a cannot-link can be lifted."""

from __future__ import annotations

import pandas as pd
import pytest

from linkage_worlds import World, chain, chain_identifiers, override, person
from warehouse_cdp.linkage import LinkageSettings, current_map
from warehouse_cdp.linkage.guards import exceeds_limit
from warehouse_cdp.linkage.separation import Facets, birth_dates_agree, contradiction
from warehouse_cdp.linkage.settings import IdentifierLimit

HOME = {"address_line_1": "12 High Street", "city": "Leeds", "postal_code": "LS1 4AB"}


def cuts(world: World, overrides: pd.DataFrame | None = None) -> set[str]:
    found = world.link(overrides).links
    return set(found.loc[found["decision"] == "cut", "cut_by"])


def test_a_couple_with_one_mailbox_stays_two_people() -> None:
    world = World(
        [
            person("crm:1", name="Anna Smith", email="smiths@example.org", phone="+441", **HOME),
            person("crm:2", name="Peter Smith", email="smiths@example.org", phone="+441", **HOME),
            person("shop:1", name="Anna Smith", email="smiths@example.org", **HOME),
            person("shop:2", name="P Smith", email="smiths@example.org", **HOME),
        ]
    )
    assert world.groups() == {
        frozenset({"crm:1", "shop:1"}),
        frozenset({"crm:2", "shop:2"}),
    }


def test_a_nameless_record_of_a_shared_mailbox_is_picked_for_nobody() -> None:
    couple = [
        person("crm:1", name="Anna Smith", email="smiths@example.org"),
        person("crm:2", name="Peter Smith", email="smiths@example.org"),
        person("mail:1", email="smiths@example.org"),
    ]
    world = World(couple)
    assert frozenset({"mail:1"}) in world.groups()
    assert "ambiguous_identifier" in cuts(world)
    assert frozenset({"crm:1", "mail:1"}) in World([couple[0], couple[2]]).groups()


def test_father_and_son_of_one_name_stay_apart_and_what_may_be_either_is_not_guessed() -> None:
    father = {"name": "Karl Berger", "birth_date": "1951-04-02", **HOME}
    son = {"name": "Karl Berger", "birth_date": "1983-09-17", **HOME}
    world = World(
        [
            person("crm:1", email="karl@example.org", **father),
            person("crm:2", email="kb83@example.org", **son),
            person("shop:1", email="kb83@example.org", name="Karl Berger", **HOME),
            person("shop:2", name="Karl Berger", **HOME),
        ],
        settings=LinkageSettings(min_training_pairs=1_000_000),
    )
    assert world.groups() == {
        frozenset({"crm:1"}),
        frozenset({"crm:2", "shop:1"}),
        frozenset({"shop:2"}),
    }
    assert "ambiguous_namesakes" in cuts(world)


def test_a_value_shared_by_too_many_people_links_nobody() -> None:
    names = [
        "Ada Byron",
        "Bea Clark",
        "Cleo Dunn",
        "Dora East",
        "Eve Frost",
        "Fay Gould",
        "Gwen Hay",
    ]
    people = [
        person(f"pos:{number}", name=name, phone="+441132223344")
        for number, name in enumerate([*names, names[0]])
    ]
    assert len(World(people).groups()) == 8
    lenient = LinkageSettings(bad_value_people={"phone": 20})
    assert len(World(people, settings=lenient).groups()) == 7


def test_a_customer_holds_no_more_new_emails_than_the_limit_allows() -> None:
    settings = LinkageSettings(limits={"email": IdentifierLimit(3, 365)})
    identifiers = chain_identifiers(8).assign(first_seen_at=pd.Timestamp("2026-01-01"))
    world = World(chain(8), identifiers, settings)
    assert len(world.groups()) > 1
    assert cuts(world) == {"too_many_identifiers:email"}


def test_limits_look_at_a_window_of_time() -> None:
    limit = IdentifierLimit(2, 30)
    assert not exceeds_limit([0.0, 40.0, 80.0], limit)
    assert exceeds_limit([0.0, 10.0, 20.0], limit)
    assert exceeds_limit([0.0, 40.0, 80.0], IdentifierLimit(2, 0))
    assert exceeds_limit([0.0, 40.0, float("nan"), float("nan")], limit)


def test_no_customer_grows_beyond_the_size_limit() -> None:
    settings = LinkageSettings(max_cluster_records=5, limits={"email": IdentifierLimit(50)})
    world = World(chain(12), chain_identifiers(12), settings)
    assert max(len(group) for group in world.groups()) <= 5
    assert cuts(world) == {"cluster_size_limit"}


@pytest.mark.parametrize(
    ("left", "right", "guard"),
    [
        (
            Facets("anna", "smith", "", "", ""),
            Facets("peter", "smith", "", "", ""),
            "two_given_names",
        ),
        (Facets("anna", "smith", "", "", ""), Facets("smith", "anna", "", "", ""), None),
        (Facets("thomas", "paine", "", "", ""), Facets("pa ine", "tomas", "", "", ""), None),
        (
            Facets("thomas", "paine", "", "", ""),
            Facets("paine", "peter", "", "", ""),
            "two_given_names",
        ),
        (Facets("a", "smith", "", "", ""), Facets("anna", "smith", "", "", ""), None),
        (Facets("bob|robert", "x", "", "", ""), Facets("robert", "x", "", "", ""), None),
        (Facets("karl", "x", "1", "", ""), Facets("karl", "x", "2", "", ""), "two_name_suffixes"),
        (
            Facets("karl", "x", "", "19510402", ""),
            Facets("karl", "x", "", "19830917", ""),
            "two_birth_dates",
        ),
        (
            Facets("karl", "x", "", "", "1234567"),
            Facets("karl", "x", "", "", "7654399"),
            "two_national_ids",
        ),
        (Facets("karl", "x", "", "", "1234567"), Facets("otto", "x", "", "", "1234567"), None),
        (Facets("", "", "", "", ""), Facets("karl", "x", "2", "19510402", "1"), None),
    ],
)
def test_what_contradicts_and_what_does_not(left: Facets, right: Facets, guard: str | None) -> None:
    assert contradiction(left, right) == guard
    assert contradiction(right, left) == guard


def test_mistyped_birth_dates_are_forgiven_but_not_a_generation() -> None:
    assert birth_dates_agree("19510402", "19510420")
    assert birth_dates_agree("19510402", "19510204")
    assert birth_dates_agree("19891201", "19901201")
    assert not birth_dates_agree("19510402", "19730402")


def three_records() -> World:
    return World(
        [
            person(
                "crm:1", name="Ada Byron", email="ada@example.org", phone="+441130000001", **HOME
            ),
            person("crm:2", name="Ada Byron", email="ada@example.org", **HOME),
            person("crm:3", name="Ada Byron", phone="+441130000001"),
        ]
    )


def test_a_cannot_link_cuts_the_weakest_link_of_the_path_and_lifting_it_restores() -> None:
    world = three_records()
    before = world.run()
    assert len(set(before["customer_id"])) == 1
    rule = override("cannot_link", "crm:2", "crm:3")
    assert world.groups(rule) == {frozenset({"crm:1", "crm:2"}), frozenset({"crm:3"})}
    assert cuts(world, rule) == {"cannot_link_override"}
    split = world.run(before, rule, "split")
    assert current_map(split)["customer_id"].nunique() == 2
    lifted = world.run(split, None, "lifted")
    pd.testing.assert_frame_equal(current_map(lifted), current_map(before))


def test_a_must_link_joins_what_the_guards_would_keep_apart() -> None:
    world = World([person("crm:1", name="Ada Byron"), person("crm:2", name="Bert Clark")])
    assert len(world.groups()) == 2
    assert len(world.groups(override("must_link", "crm:2", "crm:1"))) == 1


def test_a_merge_by_the_source_is_followed() -> None:
    world = World(
        [
            person("crm:1", name="Ada Byron"),
            person("crm:2", name="Ada King", merged_into_record_id="crm:1"),
            person("crm:3", name="Ada Else", merged_into_record_id="crm:gone"),
        ]
    )
    assert world.groups() == {frozenset({"crm:1", "crm:2"}), frozenset({"crm:3"})}


def test_a_name_alone_never_links() -> None:
    world = World([person("crm:1", name="Zebedee Quux"), person("shop:1", name="Zebedee Quux")])
    assert len(world.groups()) == 2


def test_two_of_one_household_with_like_names_stay_apart() -> None:
    world = World(
        [
            person("crm:1", name="Anna Lena Scholz", email="al@example.org", **HOME),
            person("crm:2", name="Hannah Scholz", email="hs@example.org", **HOME),
            person("crm:3", name="Lena Scholz", email="ls@example.org", **HOME),
        ]
    )
    assert len(world.groups()) == 3


def test_one_contradicting_pair_of_birth_dates_is_not_outvoted_by_records_without() -> None:
    world = World(
        [
            person("crm:1", name="Karl Berger", birth_date="1951-04-02", email="a@example.org"),
            person("shop:1", name="Karl Berger", email="a@example.org", phone="+441130000001"),
            person("shop:2", name="Karl Berger", email="b@example.org", phone="+441130000001"),
            person("crm:2", name="Karl Berger", birth_date="1983-09-17", email="b@example.org"),
        ]
    )
    clusters = world.clusters().set_index("record_id")["cluster_key"]
    assert clusters["crm:1"] != clusters["crm:2"]


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        # A short form put into the wrong field is known by its full one.
        ("Margaret James", "James Peggy", True),
        ("Margaret James", "James Walter", False),
        # A misspelt name is held against the full forms of a short one.
        ("Peggy James", "Margarett James", True),
        ("Peggy James", "Walter James", False),
        # Two errors in a short name are some, where most of it stands.
        ("Michael James", "Micahel James", True),
    ],
)
def test_short_forms_are_known_misspelt_and_in_the_wrong_field(
    one: str,
    other: str,
    is_one: bool,  # noqa: FBT001 - a case
) -> None:
    common = {"email": "m.james@example.org", "phone": "+447700900123"}
    people = [
        person("crm:1", name=one, **common),
        person("shop:1", name=other, **common),
        person("shop:2", name="Peggy Quist", email="q@example.org"),
    ]
    groups = {frozenset(group) for group in World(people).groups()}
    assert (frozenset({"crm:1", "shop:1"}) in groups) == is_one

"""Customers that hold a contradiction are cut where the mean weight of all pairs is least."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.cluster.hierarchy import fcluster, linkage

from linkage_worlds import World, person
from warehouse_cdp.linkage import LinkageSettings
from warehouse_cdp.linkage.weakest import WEAKEST, weakest_edges

Positions = npt.NDArray[np.int64]
SMITH = {
    "name": "Anna Smith",
    "birth_date": "1951-04-02",
    "phone": "+441130000001",
    "address_line_1": "12 High Street",
    "city": "Leeds",
    "postal_code": "LS1 4AB",
}
AWAY = {
    "phone": "+441904000002",
    "address_line_1": "7 Park Road",
    "city": "York",
    "postal_code": "YO1 7HH",
}
SYLLABLES = ("bal", "dor", "fen", "gru", "hax", "jol", "kim")


class Weights:
    """Made-up weights of pairs of records, and which pairs were asked for."""

    def __init__(self, matrix: npt.NDArray[np.float64]) -> None:
        self.matrix = matrix
        self.asked: list[tuple[int, int]] = []

    def __call__(self, left: Positions, right: Positions) -> npt.NDArray[np.float64]:
        self.asked += list(zip(left.tolist(), right.tolist(), strict=True))
        return self.matrix[left, right].copy()


def symmetric(seed: int, count: int) -> npt.NDArray[np.float64]:
    weights = np.random.default_rng(seed).normal(0.0, 8.0, (count, count))
    return np.triu(weights, 1) + np.triu(weights, 1).T


def linked(
    pairs: list[tuple[int, int]],
    weights: npt.NDArray[np.float64],
    firm: tuple[tuple[int, int], ...] = (),
) -> pd.DataFrame:
    left, right = np.array(pairs, dtype=np.int64).T
    return pd.DataFrame(
        {
            "left": left,
            "right": right,
            "match_weight": weights[left, right],
            "is_firm": [pair in firm for pair in pairs],
        }
    )


def cut_of(
    edges: pd.DataFrame,
    weights: Weights,
    *,
    nameless: tuple[int, ...] = (),
    contradicted: tuple[int, ...] = (0,),
    cluster: npt.NDArray[np.int64] | None = None,
    level: float = 0.0,
) -> set[tuple[int, int]]:
    has_given = ~np.isin(np.arange(len(weights.matrix)), nameless)
    of_edge = np.zeros(len(edges), dtype=np.int64) if cluster is None else cluster
    found = weakest_edges(
        edges, of_edge, np.array(contradicted, dtype=np.int64), has_given, weights, level
    )
    cut = edges[found]
    return set(zip(cut["left"].tolist(), cut["right"].tolist(), strict=True))


@pytest.mark.parametrize("seed", range(20))
def test_links_between_the_parts_of_average_linkage_are_cut(seed: int) -> None:
    count = 3 + seed % 7
    weights = symmetric(seed, count)
    everything = list(combinations(range(count), 2))
    distances = np.array([100.0 - weights[pair] for pair in everything])
    part = fcluster(linkage(distances, "average"), t=100.0 + 2.0, criterion="distance")
    expected = {(one, other) for one, other in everything if part[one] != part[other]}
    assert cut_of(linked(everything, weights), Weights(weights), level=-2.0) == expected
    # Order of links changes nothing, nor do other customers beside.
    draw = np.random.default_rng(seed)
    shuffled = linked(everything, weights).sample(frac=1.0, random_state=seed)
    assert cut_of(shuffled, Weights(weights), level=-2.0) == expected
    twice = [*everything, *((one + count, other + count) for one, other in everything)]
    both = np.asarray(np.kron(np.eye(2), weights), dtype=np.float64)
    order = draw.permutation(len(twice))
    edges = linked([twice[place] for place in order], both)
    cluster = (order >= len(everything)).astype(np.int64)
    found = cut_of(edges, Weights(both), cluster=cluster, contradicted=(0, 1), level=-2.0)
    assert found == expected | {(one + count, other + count) for one, other in expected}


def strangers(count: int, *parts: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Weights of 10 within each part, and of -10 between any two records of different ones."""
    weights = np.full((count, count), -10.0)
    for part in parts:
        weights[np.ix_(part, part)] = 10.0
    return weights


def test_what_a_rule_decided_weighs_more_than_the_fields() -> None:
    weights = strangers(4, (0, 1), (2, 3))
    edges = linked([(0, 1), (1, 2), (2, 3)], weights)
    assert cut_of(edges, Weights(weights), level=-5.0) == {(1, 2)}
    raised = edges.assign(match_weight=[10.0, 50.0, 10.0])
    assert cut_of(raised, Weights(weights), level=-5.0) == set()


def test_a_firm_link_is_never_cut_and_holds_its_ends_together() -> None:
    weights = strangers(5, (0, 1), (2, 3, 4))
    pairs = [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert cut_of(linked(pairs, weights), Weights(weights), level=-5.0) == {(1, 2)}
    edges = linked(pairs, weights, firm=((1, 2),))
    assert cut_of(edges, Weights(weights), level=-5.0) == set()
    # Between records without a given name, too, each of which follows another part.
    assert cut_of(edges, Weights(weights), nameless=(1, 2), level=-5.0) == set()


def test_a_record_without_a_given_name_follows_its_strongest_link() -> None:
    weights = strangers(7, (0, 1, 2), (3, 4))
    weights[2, 5], weights[3, 5], weights[5, 6] = 3.0, 4.0, 1.0
    pairs = [(0, 1), (1, 2), (2, 3), (3, 4), (2, 5), (3, 5), (5, 6)]
    asked = Weights(weights)
    assert cut_of(linked(pairs, weights), asked, nameless=(5, 6)) == {(2, 3), (2, 5)}
    assert not {5, 6} & {end for pair in asked.asked for end in pair}


def test_customers_without_names_or_of_two_are_left_as_they_are() -> None:
    weights = strangers(3)
    edges = linked([(0, 1), (1, 2)], weights)
    assert cut_of(edges, Weights(weights)) == {(0, 1), (1, 2)}
    for nameless in ((0, 1, 2), (0,)):
        assert cut_of(edges, Weights(weights), nameless=nameless) == set()
    none = edges.iloc[:0]
    assert cut_of(none, Weights(weights)) == set()


def test_only_customers_with_a_contradiction_are_looked_into() -> None:
    weights = strangers(6, (0, 1), (3, 4))
    edges = linked([(0, 1), (1, 2), (3, 4), (4, 5)], weights)
    asked, cluster = Weights(weights), np.array([8, 8, 2, 2])
    assert cut_of(edges, asked, cluster=cluster, contradicted=()) == set()
    assert asked.asked == []
    assert cut_of(edges, asked, cluster=cluster, contradicted=(2,)) == {(4, 5)}
    assert {end for pair in asked.asked for end in pair} == {3, 4, 5}


def one_mailbox() -> list[dict[str, object]]:
    """Anna Smith, and a couple that one source merged into one, who gave her e-mail once.

    Half of the given names contradict each other, which guards tolerate. Others are called Anna.
    """
    families = [one + other for one in SYLLABLES for other in SYLLABLES if one != other]
    return [
        person("crm:1", email="anna@example.org", **SMITH),
        *(person(f"{till}:1", email="smith.a@example.com", **SMITH) for till in ("pos", "web")),
        person("zoo:1", email="smith.a@example.com", **SMITH),
        person("shop:1", name="Anna Kowalski", email="anna@example.org", **AWAY),
        person(
            "shop:2",
            name="Peter Kowalski",
            email="pk@example.net",
            merged_into_record_id="shop:1",
            **AWAY,
        ),
        *(
            person(f"x:{family}", name=f"Anna {family}", email=f"{family}@example.org")
            for family in families
        ),
    ]


@pytest.mark.parametrize("shuffle_seed", [None, 3])
def test_a_customer_with_a_contradiction_is_cut_and_the_row_says_so(
    shuffle_seed: int | None,
) -> None:
    world = World(one_mailbox(), shuffle_seed=shuffle_seed)
    cut = world.link().links.query("decision == 'cut'")
    assert cut[["left_record_id", "right_record_id", "cut_by"]].to_numpy().tolist() == [
        ["crm:1", "shop:1", WEAKEST]
    ]
    groups = world.groups()
    assert {frozenset({"crm:1", "pos:1", "web:1", "zoo:1"}), frozenset({"shop:1", "shop:2"})} <= (
        groups
    )
    never = World(one_mailbox(), settings=LinkageSettings(least_mean_weight=-60.0))
    assert len(never.groups()) == len(groups) - 1


def test_without_a_contradiction_no_level_cuts() -> None:
    people = [row for row in one_mailbox() if row["record_id"] != "shop:2"]
    whole = World(people).link().links
    assert not (whole["decision"] == "cut").any()
    at_once = World(people, settings=LinkageSettings(least_mean_weight=60.0)).link().links
    pd.testing.assert_frame_equal(at_once, whole)

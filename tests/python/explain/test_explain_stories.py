"""What is picked out to tell: the strongest chain, the weakest link, what was kept apart."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest

from explain_worlds import LINKS, example, facts, link
from warehouse_cdp.explain import Asked, Chains, customer_story, lines, pair_story

ANN = Asked("cus_ann", "cus_ann")


def asked(*records: str) -> tuple[Asked, ...]:
    known = example()
    return tuple(Asked(name, str(known.customer_of(name)), name) for name in records)


@pytest.mark.parametrize("seed", range(4))
def test_chains_are_those_of_a_maximum_spanning_tree(seed: int) -> None:
    dice = np.random.default_rng(seed)
    ids = [f"r:{n:02d}" for n in range(14)]
    pairs = list(itertools.combinations(ids, 2))
    chosen = dice.choice(len(pairs), 25, replace=False).tolist()
    drawn = [link(pairs[at][0], pairs[at][1], float(dice.integers(4))) for at in chosen]
    oracle = nx.Graph()
    oracle.add_nodes_from(ids)
    oracle.add_weighted_edges_from((one.left, one.right, one.weight) for one in drawn)
    tree = nx.maximum_spanning_tree(oracle)
    chains = Chains(ids, drawn)
    weights = [one.weight for one in chains.tree if one.weight is not None]
    assert len(chains.tree) == tree.number_of_edges()
    assert sum(weights) == tree.size(weight="weight")
    for start, goal in pairs:
        path = chains.path(start, goal)
        if path is None:
            assert not nx.has_path(tree, start, goal)
            continue
        best = nx.shortest_path(tree, start, goal)
        widest = min(tree.edges[step]["weight"] for step in itertools.pairwise(best))
        assert min(step.link.weight or 0.0 for step in path) == widest
        assert [path[0].start, path[-1].end] == [start, goal]
        assert all(one.end == other.start for one, other in itertools.pairwise(path))
        assert sum(step.is_weakest for step in path) == 1


def test_two_records_of_a_customer_are_joined_by_the_strongest_chain() -> None:
    story = pair_story(example(*asked("shop_uk:7001", "pos:receipt/12")))
    assert story.steps is not None
    walked = [(step.start, step.end, step.is_weakest) for step in story.steps]
    assert walked == [
        ("shop_uk:7001", "crm:0035", False),
        ("crm:0035", "loyalty:42", False),
        ("loyalty:42", "pos:receipt/12", True),
    ]
    assert story.direct is None
    assert story.across == ()


def test_two_customers_are_told_why() -> None:
    story = pair_story(example(*asked("crm:0035", "shop_uk:7002")))
    assert not story.is_one_customer
    assert story.steps is None
    assert story.direct is LINKS[4]
    assert story.across == (LINKS[5],)
    told = "\n".join(lines(example(*asked("crm:0035", "shop_uk:7002"))))
    assert "another birth date" in told
    assert "pos:receipt/12 and shop_uk:7002: review" in told


def test_records_that_were_never_compared_are_told() -> None:
    told = "\n".join(lines(example(*asked("crm:0035", "crm:0099"))))
    assert "never compared" in told
    assert "identity_overrides" in told


def test_a_record_and_itself() -> None:
    assert lines(example(*asked("crm:0035", "crm:0035")))[0] == (
        "crm:0035 is one record, of customer cus_ann"
    )


def test_a_customer_has_links_near_misses_and_a_weakest_link() -> None:
    story = customer_story(example(ANN))
    assert [one.ends for one in story.tree] == [LINKS[1].ends, LINKS[0].ends, LINKS[3].ends]
    assert story.weakest is LINKS[3]
    assert story.more_links == (LINKS[2],)
    assert [(near.inside, near.outside, near.other_customer) for near in story.held_apart] == [
        ("crm:0035", "shop_uk:7002", "cus_son"),
        ("pos:receipt/12", "shop_uk:7002", "cus_son"),
    ]
    assert story.loose == ()


def test_a_customer_of_one_record_needs_no_link() -> None:
    story = customer_story(example(Asked("cus_far", "cus_far")))
    assert (story.tree, story.weakest, story.loose) == ((), None, ())
    assert "nothing else was linked to it" in "\n".join(lines(example(Asked("cus_far", "cus_far"))))


def test_records_that_no_link_joins_now_are_told() -> None:
    # As after a rollback: the map says one customer, the links of the build do not.
    rolled_back = facts([ANN], {"a:1": "cus_ann", "a:2": "cus_ann", "b:1": "cus_ann"}, [
        link("a:1", "a:2")
    ])  # fmt: skip
    assert customer_story(rolled_back).loose == ("b:1",)
    told = "\n".join(lines(rolled_back))
    assert "1 record no link joins to the rest now" in told
    pair = facts(
        [Asked("a:1", "cus_ann", "a:1"), Asked("b:1", "cus_ann", "b:1")],
        {"a:1": "cus_ann", "b:1": "cus_ann"},
        [],
    )
    assert "No chain of links joins its records now" in "\n".join(lines(pair))
    alone = facts([ANN], {"a:1": "cus_ann", "b:1": "cus_ann"}, [])
    assert "No chain of links joins its records now" in "\n".join(lines(alone))


def test_equally_weak_links_are_counted() -> None:
    same = [link("a", "b", 5.0), link("b", "c", 5.0), link("c", "d", 9.0)]
    told = lines(facts([ANN], dict.fromkeys("abcd", "cus_ann"), same))
    assert "The weakest of them: a and b (1 more as weak)" in told


def test_evidence_without_weights_is_told_without_them() -> None:
    old = [link("a", "b", 20.0, weights=False)]
    told = lines(facts([ANN], dict.fromkeys("ab", "cus_ann"), old))
    assert "    given name    the same" in told
    assert "    match weight            +20.0" in told


def test_long_customers_are_cut_short_in_text() -> None:
    ids = [f"r:{n:03d}" for n in range(40)]
    chain = [link(one, other, 9.0) for one, other in itertools.pairwise(ids)]
    told = lines(facts([ANN], dict.fromkeys(ids, "cus_ann"), chain))
    assert "  … and 19 more (identity_links lists them)" in told

from __future__ import annotations

from random import Random

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from warehouse_cdp.matching.cluster import (
    average_linkage,
    bounded,
    components,
)
from warehouse_cdp.matching.refine import refine


def same_partition(one: np.ndarray, other: np.ndarray) -> bool:
    return (
        len(set(zip(one.tolist(), other.tolist(), strict=True)))
        == len(set(one.tolist()))
        == len(set(other.tolist()))
    )


@pytest.mark.parametrize("seed", range(5))
def test_components_are_those_of_networkx(seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - test data
    count = 60
    edges = [(draw.randrange(count), draw.randrange(count)) for _ in range(40)]
    graph = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(edges)
    expected = np.zeros(count, dtype=np.int64)
    for number, component in enumerate(nx.connected_components(graph)):
        expected[list(component)] = number
    left, right = np.array(edges, dtype=np.int32).T
    assert same_partition(components(count, left, right), expected)


@pytest.mark.parametrize("seed", range(8))
def test_average_linkage_is_that_of_scipy(seed: int) -> None:
    draw = np.random.default_rng(seed)
    count = int(draw.integers(3, 30))
    weights = draw.normal(-1.0, 5.0, count * (count - 1) // 2)
    expected = fcluster(linkage(100.0 - weights, "average"), t=100.0 + 1.0, criterion="distance")
    assert same_partition(average_linkage(weights, count, cut=-1.0), expected)


def test_a_component_is_cut_where_the_evidence_is_weakest() -> None:
    strong = {(0, 1), (1, 2), (0, 2), (3, 4), (2, 3)}

    def weigh(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        pairs = zip(left.tolist(), right.tolist(), strict=True)
        return np.array([5.0 if pair in strong else -9.0 for pair in pairs])

    labels = np.array([0, 0, 0, 0, 0, 1, 1])
    assert refine(labels, weigh, cut=0.0).tolist() == [0, 0, 0, 1, 1, 2, 2]


def test_a_component_over_the_limit_is_taken_apart_along_its_weakest_links() -> None:
    left = np.array([0, 1, 2, 3, 4, 6], dtype=np.int32)
    right = np.array([1, 2, 3, 4, 5, 7], dtype=np.int32)
    weights = np.array([5.0, 6.0, 1.0, 7.0, 8.0, 2.0])
    labels = components(8, left, right)
    split, too_large, cut = bounded(labels, left, right, weights, largest=3)
    assert split.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    assert (too_large, cut) == (1, 1)
    whole, too_large, cut = bounded(labels, left, right, weights, largest=6)
    assert (whole.tolist(), too_large, cut) == (labels.tolist(), 0, 0)
    told = np.where(weights == 1.0, np.inf, weights)
    joined, _, _ = bounded(labels, left, right, told, largest=3)
    assert joined[2] == joined[3]


@given(
    links=st.lists(
        st.tuples(st.integers(0, 19), st.integers(0, 19), st.floats(-5.0, 5.0)), max_size=40
    ),
    largest=st.integers(1, 8),
)
def test_no_component_is_over_the_limit_nor_joins_what_was_apart(
    links: list[tuple[int, int, float]], largest: int
) -> None:
    left = np.array([link[0] for link in links], dtype=np.int32)
    right = np.array([link[1] for link in links], dtype=np.int32)
    weights = np.array([link[2] for link in links], dtype=np.float64)
    labels = components(20, left, right)
    split, _, _ = bounded(labels, left, right, weights, largest)
    assert np.bincount(split).max() <= largest
    assert all(len(set(labels[split == label].tolist())) == 1 for label in split)


@given(
    labels=st.lists(st.integers(0, 6), min_size=1, max_size=24),
    seed=st.integers(0, 999),
    share=st.floats(0.0, 1.0),
)
@settings(max_examples=60, deadline=None)
def test_known_weights_change_nothing_but_what_is_weighed(
    labels: list[int], seed: int, share: float
) -> None:
    draw = np.random.default_rng(seed)
    matrix = draw.normal(0.0, 5.0, (len(labels), len(labels)))
    one, other = (ends.astype(np.int32) for ends in np.triu_indices(len(labels), k=1))
    weighed: list[tuple[int, int]] = []

    def weigh(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        weighed.extend(zip(left.tolist(), right.tolist(), strict=True))
        weights: np.ndarray = matrix[left, right]
        return weights

    which = draw.permutation(len(one))[: int(share * len(one))]
    known = (one[which], other[which], matrix[one[which], other[which]])
    numbers = np.array(labels)
    alone = refine(numbers, weigh, cut=0.0, pairs_too=True)
    asked, weighed[:] = set(weighed), []
    together = refine(numbers, weigh, cut=0.0, pairs_too=True, known=known)
    assert together.tolist() == alone.tolist()
    assert set(weighed) == asked - set(zip(*(ends.tolist() for ends in known[:2]), strict=True))
    assert all(labels[left] == labels[right] for left, right in asked)

"""The measures of two partitions agree with their definitions, worked out record by record."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse_cdp.matching.evaluate import agreement

PARTITIONS = st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=1, max_size=14)


def own(labels: list[int]) -> list[object]:
    """Labels as sets are made of: a record in no cluster is alone."""
    return [label if label >= 0 else ("alone", place) for place, label in enumerate(labels)]


def harmonic(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@settings(max_examples=300, deadline=None)
@given(PARTITIONS)
def test_measures_equal_their_definitions(pairs: list[tuple[int, int]]) -> None:
    found = agreement([one for one, _ in pairs], [other for _, other in pairs])
    known = [(one, other) for one, other in pairs if other >= 0]
    clusters, people = own([one for one, _ in known]), [other for _, other in known]
    assert found.records == len(known)

    predicted = {
        (i, j) for i, j in combinations(range(len(known)), 2) if clusters[i] == clusters[j]
    }
    wanted = {(i, j) for i, j in combinations(range(len(known)), 2) if people[i] == people[j]}
    hits = len(predicted & wanted)
    precision = hits / len(predicted) if predicted else 1.0
    recall = hits / len(wanted) if wanted else 1.0
    assert (found.predicted_pairs, found.true_pairs) == (len(predicted), len(wanted))
    assert found.correct_pairs == hits
    assert (found.pairwise.precision, found.pairwise.recall) == (precision, recall)
    assert found.pairwise.f1 == harmonic(precision, recall)

    shares = []
    for place in range(len(known)):
        mine = {i for i in range(len(known)) if clusters[i] == clusters[place]}
        same = {i for i in range(len(known)) if people[i] == people[place]}
        shares.append((len(mine & same) / len(mine), len(mine & same) / len(same)))
    for measured, side in ((found.bcubed.precision, 0), (found.bcubed.recall, 1)):
        expected = sum(share[side] for share in shares) / len(shares) if shares else 1.0
        assert measured == pytest.approx(expected, abs=1e-12)

    made = {frozenset(i for i in range(len(known)) if clusters[i] == c) for c in clusters}
    true = {frozenset(i for i in range(len(known)) if people[i] == p) for p in people}
    assert found.correct_clusters == len(made & true)
    assert found.cluster.precision == (len(made & true) / len(made) if made else 1.0)
    assert found.cluster.recall == (len(made & true) / len(true) if true else 1.0)


@settings(max_examples=50, deadline=None)
@given(PARTITIONS, st.randoms(use_true_random=False))
def test_neither_order_nor_the_numbers_of_labels_matter(
    pairs: list[tuple[int, int]], chance: object
) -> None:
    order = sorted(range(len(pairs)), key=lambda _: chance.random())  # type: ignore[attr-defined]
    renamed = [
        (one if one < 0 else 7 - one, other if other < 0 else 2**62 + other)
        for one, other in (pairs[place] for place in order)
    ]
    assert agreement(*zip(*pairs, strict=True)) == agreement(*zip(*renamed, strict=True))


def test_the_worked_example_of_the_b_cubed_paper() -> None:
    """Bagga and Baldwin 1998, figures 1 and 2: two small clusters joined by mistake cost less."""
    truth = [1] * 5 + [2] * 2 + [3] * 5
    joined_small = [1] * 5 + [2] * 7
    joined_large = [1] * 5 + [2] * 2 + [1] * 5
    assert agreement(joined_small, truth).bcubed.precision == pytest.approx(16 / 21)
    assert agreement(joined_large, truth).bcubed.precision == pytest.approx(7 / 12)
    assert agreement(joined_small, truth).bcubed.recall == 1.0


def test_one_huge_cluster_needs_no_pairs_listed() -> None:
    size = 1_000_000
    found = agreement(np.zeros(size, dtype=np.int32), np.arange(size, dtype=np.int32))
    assert found.predicted_pairs == size * (size - 1) // 2
    assert (found.true_pairs, found.correct_clusters) == (0, 0)
    assert found.bcubed.precision == pytest.approx(1 / size)


def test_nothing_to_get_wrong_is_right() -> None:
    for nothing in (agreement([], []), agreement([1, 1], [-1, -1])):
        assert (nothing.records, nothing.pairwise.f1, nothing.cluster.f1) == (0, 1.0, 1.0)


def test_labels_that_cannot_be_compared_are_told() -> None:
    with pytest.raises(ValueError, match="predicted holds 1 labels and truth 2"):
        agreement([1], [1, 2])
    with pytest.raises(ValueError, match="truth must be one dimension of integers, not 1 of float"):
        agreement([1], np.array([0.5]))

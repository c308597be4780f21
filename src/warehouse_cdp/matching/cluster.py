"""Who is one person: components of links, cut by average linkage where evidence is weakest.

Components alone join whole households through one shared value. So within each component all
pairs count, those that blocking never made too: clusters are merged from single records as long
as the mean weight between two of them reaches the cut (Sokal and Michener, 1958, UPGMA).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from warehouse_cdp.matching.kernels import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Positions = npt.NDArray[np.int32]
_PAIRS_AT_ONCE = 2_000_000


def components(count: int, left: Positions, right: Positions) -> npt.NDArray[np.int64]:
    """Component of each of ``count`` records, numbered by their first records."""
    links = coo_array((np.ones(len(left), dtype=np.bool_), (left, right)), shape=(count, count))
    _, labels = connected_components(links, directed=False)
    return _by_first(labels)


def _by_first(labels: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse.reshape(len(labels))]


def refine(
    labels: npt.NDArray[np.int64],
    weigh: Callable[[Positions, Positions], npt.NDArray[np.float64]],
    cut: float,
    largest: int,
) -> tuple[npt.NDArray[np.int64], int]:
    """Labels after cutting components of three or more, and how many were too large to be cut.

    ``weigh`` gives the match weights of pairs of records (lower position left). Components of
    more than ``largest`` records stay as they are.
    """
    order = np.argsort(labels, kind="stable").astype(np.int32)
    sizes = np.bincount(labels)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    wanted = np.flatnonzero((sizes > 2) & (sizes <= largest))  # noqa: PLR2004 - a pair is one link
    refined = labels.copy()
    next_label = len(sizes)
    for batch in _batches(wanted, sizes):
        members = [order[starts[label] : starts[label + 1]] for label in batch]
        left, right, edges = all_pairs(members)
        weights = weigh(left, right)
        for number, records in enumerate(members):
            mine = weights[edges[number] : edges[number + 1]]
            if mine.min() >= cut:
                continue
            parts = average_linkage(mine, len(records), cut)
            refined[records] = next_label + parts
            next_label += int(parts.max()) + 1
    return _by_first(refined), int((sizes > largest).sum())


def _batches(
    wanted: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
) -> Iterator[npt.NDArray[np.int64]]:
    """Components in batches of bounded pairs."""
    pairs = np.cumsum(sizes[wanted] * (sizes[wanted] - 1) // 2)
    numbers = pairs // _PAIRS_AT_ONCE
    for number in np.unique(numbers):
        yield wanted[numbers == number]


def all_pairs(members: list[Positions]) -> tuple[Positions, Positions, npt.NDArray[np.int64]]:
    """All pairs within each group of records, and where each group's pairs begin and end."""
    lefts, rights, edges = [], [], [0]
    for records in members:
        one, other = np.triu_indices(len(records), k=1)
        lefts.append(records[one])
        rights.append(records[other])
        edges.append(edges[-1] + len(one))
    return np.concatenate(lefts), np.concatenate(rights), np.array(edges)


def average_linkage(
    weights: npt.NDArray[np.float64], count: int, cut: float
) -> npt.NDArray[np.int64]:
    """Cluster of each of ``count`` records; ``weights`` are those of all pairs, row by row.

    Of two equally good merges the one of earlier records is made.
    """
    matrix = np.full((count, count), -np.inf)
    one, other = np.triu_indices(count, k=1)
    matrix[one, other] = weights
    matrix[other, one] = weights
    labels = np.arange(count)
    _merge(matrix, labels, cut)
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


@compiled
def _merge(matrix: Any, labels: Any, cut: Any) -> None:
    count = len(labels)
    sizes = np.ones(count)
    alive = np.ones(count, dtype=np.bool_)
    nearest = np.zeros(count, dtype=np.int64)
    best = np.full(count, -np.inf)
    for i in range(count):
        for j in range(count):
            if matrix[i, j] > best[i]:
                best[i] = matrix[i, j]
                nearest[i] = j
    while True:
        a = -1
        top = -np.inf
        for i in range(count):
            if alive[i] and best[i] > top:
                top = best[i]
                a = i
        if a < 0 or top < cut:
            return
        b = nearest[a]
        if b < a:
            a, b = b, a
        for k in range(count):
            if alive[k] and k != a and k != b:
                mean = (sizes[a] * matrix[a, k] + sizes[b] * matrix[b, k]) / (sizes[a] + sizes[b])
                matrix[a, k] = mean
                matrix[k, a] = mean
        sizes[a] += sizes[b]
        alive[b] = False
        for i in range(count):
            if labels[i] == b:
                labels[i] = a
        for i in range(count):
            if not alive[i]:
                continue
            if i == a or nearest[i] == a or nearest[i] == b:
                best[i] = -np.inf
                for j in range(count):
                    if alive[j] and j != i and matrix[i, j] > best[i]:
                        best[i] = matrix[i, j]
                        nearest[i] = j
            elif matrix[i, a] > best[i]:
                best[i] = matrix[i, a]
                nearest[i] = a

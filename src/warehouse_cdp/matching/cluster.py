"""Who is one person: components of links, cut by average linkage where evidence is weakest.

Components alone join whole households through one shared value. So within each component all
pairs count, those that blocking never made too: clusters are merged from single records as long
as the mean weight between two of them reaches the cut (Sokal and Michener, 1958, UPGMA).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from warehouse_cdp.matching.kernels import compiled

if TYPE_CHECKING:
    from collections.abc import Callable

Positions = npt.NDArray[np.int32]
_PAIRS_AT_ONCE: Final = 2_000_000


def components(count: int, left: Positions, right: Positions) -> npt.NDArray[np.int64]:
    """Component of each of ``count`` records, numbered by their first records."""
    links = coo_array((np.ones(len(left), dtype=np.bool_), (left, right)), shape=(count, count))
    _, labels = connected_components(links, directed=False)
    return _by_first(labels)


def _by_first(labels: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    # scipy numbers components in this order already; sorting ten million labels takes a second.
    highest = np.maximum.accumulate(labels)
    if len(labels) and labels[0] == 0 and bool((labels[1:] <= highest[:-1] + 1).all()):
        return labels.astype(np.int64)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse.reshape(len(labels))]


def bounded(
    labels: npt.NDArray[np.int64],
    left: Positions,
    right: Positions,
    weights: npt.NDArray[np.float64],
    largest: int,
) -> tuple[npt.NDArray[np.int64], int, int]:
    """Labels with no component over ``largest``, how many were over it, and links left out.

    Within a component that is too large links are taken strongest first (Kruskal, 1956), and one
    that would make more than ``largest`` records is left out. Links of infinite weight join
    whatever the size. Ties go by the records' positions.
    """
    sizes = np.bincount(labels, minlength=1)
    is_large = sizes > largest
    if not is_large.any():
        return labels, 0, 0
    chosen = np.flatnonzero(is_large[labels[left]])
    order = chosen[np.lexsort((right[chosen], left[chosen], -weights[chosen]))]
    parents = np.arange(len(labels))
    members = np.ones(len(labels), dtype=np.int64)
    cut = _join(left[order], right[order], np.isinf(weights[order]), parents, members, largest)
    inside = np.flatnonzero(is_large[labels])
    split = labels.copy()
    split[inside] = len(sizes) + parents[inside]
    return _by_first(split), int(is_large.sum()), int(cut)


@compiled
def _join(
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    always: npt.NDArray[np.bool_],
    parents: npt.NDArray[np.int64],
    members: npt.NDArray[np.int64],
    largest: int,
) -> int:
    """Join the ends of links in their order into ``parents``; the number of links left out."""
    cut = 0
    for link in range(len(left)):
        a, b = left[link], right[link]
        while parents[a] != a:
            parents[a] = parents[parents[a]]
            a = parents[a]
        while parents[b] != b:
            parents[b] = parents[parents[b]]
            b = parents[b]
        if a == b:
            continue
        if members[a] + members[b] > largest and not always[link]:
            cut += 1
            continue
        parents[b] = a
        members[a] += members[b]
    for record in range(len(parents)):
        root = record
        while parents[root] != root:
            root = parents[root]
        parents[record] = root
    return cut


def refine(
    labels: npt.NDArray[np.int64],
    weigh: Callable[[Positions, Positions], npt.NDArray[np.float64]],
    cut: float,
    *,
    pairs_too: bool = False,
) -> npt.NDArray[np.int64]:
    """Labels after cutting components of three records or more, with ``pairs_too`` of two.

    ``weigh`` gives the match weights of pairs of records (lower position left): minus infinity
    keeps two records apart for good, infinity joins them first.
    """
    order = np.argsort(labels, kind="stable").astype(np.int32)
    sizes = np.bincount(labels)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    refined = labels.copy()
    next_label = len(sizes)
    least = 2 if pairs_too else 3
    # Components of one size are weighed together: most of them hold together and need no more.
    for size in np.unique(sizes[sizes >= least]).tolist():
        of_size = np.flatnonzero(sizes == size)
        at_once = max(1, _PAIRS_AT_ONCE // (size * size))
        for begin in range(0, len(of_size), at_once):
            batch = of_size[begin : begin + at_once]
            members = order[starts[batch][:, None] + np.arange(size)]
            left, right = all_pairs(members)
            weights = weigh(left, right).reshape(len(batch), -1)
            for number in np.flatnonzero(weights.min(axis=1) < cut):
                parts = average_linkage(weights[number], size, cut)
                refined[members[number]] = next_label + parts
                next_label += int(parts.max()) + 1
    return _by_first(refined)


def all_pairs(members: Positions) -> tuple[Positions, Positions]:
    """All pairs within each row of ``members``, row by row, the earlier member left."""
    one, other = np.triu_indices(members.shape[1], k=1)
    return members[:, one].ravel(), members[:, other].ravel()


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
def _merge(  # noqa: C901, PLR0912 - one compiled loop; calls would cost
    matrix: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], cut: float
) -> None:
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
            if alive[k] and k not in (a, b):
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

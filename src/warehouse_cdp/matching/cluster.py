"""Who is one person: components of links, cut by average linkage where evidence is weakest.

Components alone join whole households through one shared value. So within each component all
pairs count, those that blocking never made too: clusters are merged from single records as long
as the mean weight between two of them reaches the cut (Sokal and Michener, 1958, UPGMA).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.groups import numbered
from warehouse_cdp.matching.kernels import compiled

Array = npt.NDArray[Any]
Positions = npt.NDArray[np.int32]


def components(count: int, left: Positions, right: Positions) -> npt.NDArray[np.int64]:
    """Component of each of ``count`` records, numbered by their first records."""
    labels = np.arange(count)
    _connect(left, right, labels)
    return labels


@compiled
def _connect(left: Array, right: Array, parents: Array) -> None:
    """Turn ``parents`` (each record its own) into labels of components.

    Union-find with path halving; a root is the first record of its component (Tarjan and van
    Leeuwen, "Worst-case analysis of set union algorithms", 1984).
    """
    for link in range(len(left)):
        a, b = left[link], right[link]
        while parents[a] != a:
            parents[a] = parents[parents[a]]
            a = parents[a]
        while parents[b] != b:
            parents[b] = parents[parents[b]]
            b = parents[b]
        if a < b:
            parents[b] = a
        else:
            parents[a] = b
    count = 0
    for record in range(len(parents)):
        # The parent comes first, and has its label by now.
        if parents[record] == record:
            parents[record] = count
            count += 1
        else:
            parents[record] = parents[parents[record]]


def _by_first(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return numbered(labels)[0].astype(np.int64)


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


def average_linkage(
    weights: npt.NDArray[np.float64], count: int, cut: float
) -> npt.NDArray[np.int64]:
    """Cluster of each of ``count`` records; ``weights`` are those of all pairs, row by row.

    Of two equally good merges the one of earlier records is made. Clusters are numbered by their
    first records.
    """
    matrix = np.full((count, count), -np.inf)
    labels = np.arange(count)
    best, sizes = np.full(count, -np.inf), np.ones(count)
    _link(weights, matrix, labels, np.zeros(count, dtype=np.int64), best, sizes, cut)
    return labels


@compiled
def _link(  # noqa: C901, PLR0912 - one compiled loop; calls would cost
    weights: Array,
    matrix: Array,
    labels: Array,
    nearest: Array,
    best: Array,
    sizes: Array,
    cut: float,
) -> None:
    count = len(labels)
    pair = 0
    for i in range(count):
        for j in range(i + 1, count):
            matrix[i, j] = weights[pair]
            matrix[j, i] = weights[pair]
            pair += 1
    for i in range(count):
        for j in range(count):
            if matrix[i, j] > best[i]:
                best[i] = matrix[i, j]
                nearest[i] = j
    while True:
        a = -1
        top = -np.inf
        for i in range(count):
            if sizes[i] > 0.0 and best[i] > top:
                top = best[i]
                a = i
        if a < 0 or top < cut:
            break
        b = nearest[a]
        if b < a:
            a, b = b, a
        for k in range(count):
            if sizes[k] > 0.0 and k != a and k != b:  # noqa: PLR1714 - a tuple compiles slowly
                mean = (sizes[a] * matrix[a, k] + sizes[b] * matrix[b, k]) / (sizes[a] + sizes[b])
                matrix[a, k] = mean
                matrix[k, a] = mean
        sizes[a] += sizes[b]
        # Who was merged into another is no cluster any more.
        sizes[b] = 0.0
        for i in range(count):
            if labels[i] == b:
                labels[i] = a
        for i in range(count):
            if sizes[i] == 0.0:
                continue
            if i == a or nearest[i] == a or nearest[i] == b:
                best[i] = -np.inf
                for j in range(count):
                    if sizes[j] > 0.0 and j != i and matrix[i, j] > best[i]:
                        best[i] = matrix[i, j]
                        nearest[i] = j
            elif matrix[i, a] > best[i]:
                best[i] = matrix[i, a]
                nearest[i] = a
    clusters = 0
    for record in range(count):
        # A cluster is labelled by its first record, which has its number by now.
        if labels[record] == record:
            labels[record] = clusters
            clusters += 1
        else:
            labels[record] = labels[labels[record]]

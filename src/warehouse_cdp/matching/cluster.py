"""Who is one person: components of links, cut by average linkage where evidence is weakest.

Components alone join whole households through one shared value. So within each component all
pairs count, those that blocking never made too: clusters are merged from single records as long
as the mean weight between two of them reaches the cut (Sokal and Michener, 1958, UPGMA).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.compiling import compiled
from warehouse_cdp.matching.groups import numbered

Array = npt.NDArray[Any]
Positions = npt.NDArray[np.int32]


def components(count: int, left: Positions, right: Positions) -> npt.NDArray[np.int64]:
    """Component of each of ``count`` records, numbered by their first records."""
    labels = np.arange(count)
    _connect(left, right, len(left), labels, count)
    return labels


@compiled("i4[] i4[] i8 i8[w] i8")
def _connect(left: Array, right: Array, links: int, parents: Array, records: int) -> None:
    """Turn ``parents`` (each record its own) into labels of components.

    Union-find with path halving; a root is the first record of its component (Tarjan and van
    Leeuwen, "Worst-case analysis of set union algorithms", 1984).
    """
    for link in range(links):
        a, b = np.int64(left[link]), np.int64(right[link])
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
    for record in range(records):
        # The parent comes first, and has its label by now.
        parent = parents[record]
        if parent == record:
            parents[record] = count
            count += 1
        else:
            parents[record] = parents[parent]


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
    ends = (left[order], right[order], len(order))
    cut = _join(*ends, np.isinf(weights[order]), parents, len(parents), members, largest)
    inside = np.flatnonzero(is_large[labels])
    split = labels.copy()
    split[inside] = len(sizes) + parents[inside]
    return _by_first(split), int(is_large.sum()), int(cut)


@compiled("i4[] i4[] i8 b1[] i8[w] i8 i8[w] i8", returns=True)
def _join(
    left: Array,
    right: Array,
    links: int,
    always: Array,
    parents: Array,
    records: int,
    members: Array,
    largest: int,
) -> int:
    """Join the ends of links in their order into ``parents``; the number of links left out."""
    cut = 0
    for link in range(links):
        a, b = np.int64(left[link]), np.int64(right[link])
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
    for record in range(records):
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
    # Two arrays for all that is worked out, as most components are small and each one has a price.
    numbers = np.empty((count + 2) * count)
    places = np.empty(2 * count, dtype=np.int64)
    _link(weights, count, numbers, places, cut)
    return places[:count]


@compiled("f8[] i8 f8[w] i8[w] f8")
def _link(  # noqa: C901, PLR0912, PLR0915 - one compiled loop; calls would cost
    weights: Array, count: int, matrix: Array, labels: Array, cut: float
) -> None:
    """Label records; behind the matrix stand each one's best weight and its cluster's size.

    Behind the labels stands which cluster that best weight is to.
    """
    best, sizes, nearest = count * count, (count + 1) * count, count
    pair = 0
    for i in range(count):
        labels[i] = i
        labels[nearest + i] = 0
        matrix[sizes + i] = 1.0
        matrix[i * count + i] = -np.inf
        for j in range(i + 1, count):
            matrix[i * count + j] = matrix[j * count + i] = weights[pair]
            pair += 1
    a = b = -1
    while True:
        # Whose nearest is sought anew: of all at first, then of those that a merge has touched.
        for i in range(count):
            if matrix[sizes + i] == 0.0:
                continue
            other = labels[nearest + i]
            if a < 0 or i == a or other == a or other == b:  # noqa: PLR1714, SIM109 - compiled
                most = -np.inf
                for j in range(count):
                    weight = matrix[i * count + j]
                    if matrix[sizes + j] > 0.0 and j != i and weight > most:
                        most = weight
                        labels[nearest + i] = j
                matrix[best + i] = most
            else:
                weight = matrix[i * count + a]
                if weight > matrix[best + i]:
                    matrix[best + i] = weight
                    labels[nearest + i] = a
        a = -1
        top = -np.inf
        for i in range(count):
            if matrix[sizes + i] > 0.0 and matrix[best + i] > top:
                top = matrix[best + i]
                a = i
        if a < 0 or top < cut:
            break
        b = labels[nearest + a]
        if b < a:
            a, b = b, a
        size_a, size_b = matrix[sizes + a], matrix[sizes + b]
        for k in range(count):
            if matrix[sizes + k] > 0.0 and k != a and k != b:  # noqa: PLR1714 - compiled
                ours, theirs = matrix[a * count + k], matrix[b * count + k]
                mean = (size_a * ours + size_b * theirs) / (size_a + size_b)
                matrix[a * count + k] = matrix[k * count + a] = mean
            if labels[k] == b:
                labels[k] = a
        matrix[sizes + a] = size_a + size_b
        # Who was merged into another is no cluster any more.
        matrix[sizes + b] = 0.0
    clusters = 0
    for record in range(count):
        # A cluster is labelled by its first record, which has its number by now.
        label = labels[record]
        if label == record:
            labels[record] = clusters
            clusters += 1
        else:
            labels[record] = labels[label]

"""Records of a name and a home that may be two people's: decided when these two are known.

Where two records of one name and home have two birth dates, they may be father and son, or one
person with a wrong date; and a third record without a date may be either's. So such edges wait
until all others are taken. If by then no two of the customers in question contradict each other,
they are one person; if two do, nothing tells whose the third record is, and its edges are cut.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from warehouse_cdp.linkage.guards import GuardedClusters

AMBIGUOUS: Final = "ambiguous_namesakes"


def attach_namesakes(
    left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], clusters: GuardedClusters
) -> npt.NDArray[np.object_]:
    """For each edge what cut it, or None when it is linked; ``clusters`` grow accordingly."""
    cut_by = np.full(len(left), None, dtype=object)
    for edges in _by_home(left, right, clusters):
        ends = {clusters.find(int(end)) for edge in edges for end in (left[edge], right[edge])}
        if any(clusters.contradict(one, other) for one, other in combinations(sorted(ends), 2)):
            cut_by[edges] = AMBIGUOUS
            continue
        for edge in edges:
            cut_by[edge] = clusters.join(int(left[edge]), int(right[edge]))
    return cut_by


def _by_home(
    left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], clusters: GuardedClusters
) -> list[list[int]]:
    """Edges that hang together through clusters, each list in the order of edges."""
    home: dict[int, list[int]] = {}
    of_end: dict[int, int] = {}
    for edge, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        ends = (clusters.find(one), clusters.find(other))
        known = sorted({of_end[end] for end in ends if end in of_end})
        target = known[0] if known else edge
        edges = home.setdefault(target, [])
        for merged in known[1:]:
            edges.extend(home.pop(merged))
            of_end.update({end: target for end, place in of_end.items() if place == merged})
        edges.append(edge)
        of_end.update(dict.fromkeys(ends, target))
    return [sorted(edges) for _, edges in sorted(home.items())]

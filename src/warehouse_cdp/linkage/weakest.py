"""Customers whose records contradict each other, cut where the evidence is weakest.

Guards decide edge by edge whether two clusters may join, and tolerate a contradiction that most
pairs of records do not share. So a customer may hold two given names or two birth dates. There all
pairs of records are scored, those too that no rule of blocking proposed, and average linkage (Sokal
and Michener, "A statistical method for evaluating systematic relationships", University of Kansas
Science Bulletin 38, 1958) joins records as long as the mean weight of all pairs between two parts
is not below a level; links between parts are cut. The level, ``least_mean_weight`` of the
settings, is cross-validated (``benchmarks/cross_validate_cut.py``); customers without a contradiction are left as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.cluster import average_linkage
from warehouse_cdp.matching.groups import grouped

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Weights = npt.NDArray[np.float64]

WEAKEST: Final = "weakest_evidence"
_FEWEST: Final = 3


def weakest_edges(
    edges: pd.DataFrame,
    cluster: Positions,
    contradicted: Positions,
    has_given: Flags,
    weigh: Callable[[Positions, Positions], Weights],
    least_mean: float,
) -> Flags:
    """Edges to cut, of the linked ones ``edges`` (``left, right, match_weight, is_firm``).

    ``cluster`` numbers the cluster of each edge, ``contradicted`` are the clusters to look into.
    ``weigh`` gives the match weight of pairs of records by position; plus infinity joins them.
    Parts whose pairs weigh less than ``least_mean`` on the mean are two customers. An edge that ``is_firm`` is never cut. Records without a given name share too little with others
    for a mean to say much: each goes with the strongest of its edges.
    """
    found = np.zeros(len(edges), dtype=np.bool_)
    inside = np.flatnonzero(np.isin(cluster, contradicted))
    if not len(inside):
        return found
    mine = edges.iloc[inside]
    left, right = mine["left"].to_numpy(), mine["right"].to_numpy()
    weight = np.where(mine["is_firm"], np.inf, mine["match_weight"])
    member, first = np.unique(np.concatenate([left, right]), return_index=True)
    of_cluster = np.tile(cluster[inside], 2)[first]
    part = np.full(len(member), -1, dtype=np.int64)
    named = np.flatnonzero(has_given[member])
    order, sizes = grouped(of_cluster[named].astype(np.int64))
    rows = named[order]
    pairs = [np.triu_indices(size, k=1) for size in sizes.tolist()]
    starts = np.cumsum(sizes) - sizes
    one = np.concatenate([rows[start + ends[0]] for start, ends in zip(starts, pairs, strict=True)])
    other = np.concatenate(
        [rows[start + ends[1]] for start, ends in zip(starts, pairs, strict=True)]
    )
    weights = weigh(member[one], member[other])
    # A pair is linked by what decided it, which may be more than its fields weigh.
    size = int(member.max()) + 1
    keys, asked = left * size + right, member[one] * size + member[other]
    by_key = np.argsort(keys)
    place = np.minimum(np.searchsorted(keys[by_key], asked), len(keys) - 1)
    linked = keys[by_key][place] == asked
    weights[linked] = np.maximum(weights[linked], weight[by_key][place[linked]])
    ends_at = np.cumsum(sizes * (sizes - 1) // 2)
    for start, count, end in zip(starts.tolist(), sizes.tolist(), ends_at.tolist(), strict=True):
        here = weights[end - count * (count - 1) // 2 : end]
        split = count >= _FEWEST and bool((here < least_mean).any())
        part[rows[start : start + count]] = average_linkage(here, count, least_mean) if split else 0
    one, other = np.searchsorted(member, left), np.searchsorted(member, right)
    _follow(part, one, other, weight)
    found[inside] = (part[one] != part[other]) & ~mine["is_firm"].to_numpy()
    return found


def _follow(part: Positions, left: Positions, right: Positions, weight: Weights) -> None:
    """Give members without a part that of the strongest edge to one that has it."""
    while (part < 0).any():
        reaching = np.flatnonzero((part[left] < 0) != (part[right] < 0))
        if not len(reaching):
            part[part < 0] = 0
            return
        new = np.where(part[left[reaching]] < 0, left[reaching], right[reaching])
        known = np.where(part[left[reaching]] < 0, right[reaching], left[reaching])
        strongest = np.lexsort((known, -weight[reaching], new))
        member, first = np.unique(new[strongest], return_index=True)
        part[member] = part[known[strongest][first]]

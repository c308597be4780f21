"""Customers whose records contradict each other, cut where the evidence is weakest.

Guards decide edge by edge whether two clusters may join, and tolerate a contradiction that most
pairs of records do not share. So a customer may hold two given names or two birth dates. There all
pairs of records are scored, those too that no rule of blocking proposed, and average linkage (Sokal
and Michener, "A statistical method for evaluating systematic relationships", University of Kansas
Science Bulletin 38, 1958) joins records as long as the mean weight of all pairs between two parts
is not below a level; links between parts are cut. The level, ``least_mean_weight`` of the
settings, is cross-validated (``benchmarks/cross_validate_cut.py``). Customers without a
contradiction are left as they are.
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

    ``left < right`` are positions of records, each pair once. ``cluster`` numbers the cluster of
    each edge, ``contradicted`` are the clusters to look into. ``weigh`` gives the match weight in
    bits of pairs of records by position; plus infinity joins them. Parts whose pairs weigh less
    than ``least_mean`` on the mean are two customers. An edge that ``is_firm`` is never cut.
    Records without a given name share too little with others for a mean to say much: each goes
    with the strongest of its edges.
    """
    found = np.zeros(len(edges), dtype=np.bool_)
    inside = np.flatnonzero(np.isin(cluster, contradicted))
    if not len(inside):
        return found
    mine = edges.iloc[inside]
    is_firm = mine["is_firm"].to_numpy(dtype=np.bool_)
    weight = np.where(is_firm, np.inf, mine["match_weight"].to_numpy(dtype=np.float64))
    ends = np.concatenate([mine["left"].to_numpy(), mine["right"].to_numpy()])
    member, first, place = np.unique(ends, return_index=True, return_inverse=True)
    left, right = place[: len(inside)], place[len(inside) :]
    of_member = np.tile(cluster[inside], 2)[first]
    part = np.full(len(member), -1, dtype=np.int64)
    named = np.flatnonzero(has_given[member])
    order, sizes = grouped(of_member[named].astype(np.int64))
    # Two records that a link joins were weighed before it was made.
    large = sizes >= _FEWEST
    part[named] = 0
    chosen = named[order][np.repeat(large, sizes)]
    _take_apart(part, chosen, sizes[large], member, (left, right, weight), weigh, least_mean)
    _follow(part, left, right, weight)
    found[inside] = (part[left] != part[right]) & ~is_firm
    return found


def _take_apart(
    part: Positions,
    rows: Positions,
    sizes: Positions,
    member: Positions,
    links: tuple[Positions, Positions, Weights],
    weigh: Callable[[Positions, Positions], Weights],
    least_mean: float,
) -> None:
    """Number the parts of each cluster in ``part``, from 0 on.

    ``rows`` are places of records in ``member`` (their positions), cluster after cluster and
    ascending, so many as ``sizes`` tells. A pair among ``links`` weighs what decided it, which may
    be more than its fields weigh.
    """
    if not len(sizes):
        return
    starts = np.cumsum(sizes) - sizes
    pairs = [np.triu_indices(size, k=1) for size in sizes.tolist()]
    one, other = (
        np.concatenate([rows[start + ends[end]] for start, ends in zip(starts, pairs, strict=True)])
        for end in (0, 1)
    )
    weights = weigh(member[one], member[other])
    left, right, weight = links
    keys, asked = left * len(member) + right, one * len(member) + other
    by_key = np.argsort(keys)
    place = np.minimum(np.searchsorted(keys[by_key], asked), len(keys) - 1)
    linked = keys[by_key][place] == asked
    weights[linked] = np.maximum(weights[linked], weight[by_key][place[linked]])
    counts = sizes * (sizes - 1) // 2
    for start, size, end, count in zip(
        starts.tolist(), sizes.tolist(), np.cumsum(counts).tolist(), counts.tolist(), strict=True
    ):
        mine = weights[end - count : end]
        if (mine < least_mean).any():
            part[rows[start : start + size]] = average_linkage(mine, size, least_mean)


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

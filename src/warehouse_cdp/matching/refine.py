"""Components of links taken apart where all pairs together speak against them.

Most pairs of most components are candidate pairs, whose weights are known. Only the others are
weighed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.cluster import average_linkage
from warehouse_cdp.matching.groups import grouped, numbered

if TYPE_CHECKING:
    from collections.abc import Callable

Integers = npt.NDArray[np.int64]
Positions = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float64]

_PAIRS_AT_ONCE: Final = 8_000_000
_WEIGHED_AT_ONCE: Final = 1_000_000


def refine(
    labels: Integers,
    weigh: Callable[[Positions, Positions], Weights],
    cut: float,
    *,
    pairs_too: bool = False,
    known: tuple[Positions, Positions, Weights] | None = None,
    count: Callable[[Positions, Positions, Weights], Weights] | None = None,
) -> Integers:
    """Labels after cutting components of three records or more, with ``pairs_too`` of two.

    ``weigh`` gives the match weights of pairs of records (lower position left): minus infinity
    keeps two records apart for good, infinity joins them first. ``known`` are pairs (lower position
    left) with what ``weigh`` would give for them. ``count`` says by how much pairs of those weights
    count among a component's, where that is not their weight.
    """
    all_members, all_sizes = grouped(labels)
    is_chosen = all_sizes >= (2 if pairs_too else 3)
    sizes = all_sizes[is_chosen]
    members = all_members[np.repeat(is_chosen, all_sizes)]
    component = np.full(len(labels), -1, dtype=np.int32)
    component[members] = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    place = np.empty(len(labels), dtype=np.int32)
    place[members] = np.arange(len(members)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    if known is not None:
        of_pair = component.take(known[0])
        of_pair[of_pair != component.take(known[1])] = -1
    member_ends, pair_ends = np.cumsum(sizes), np.cumsum(sizes * (sizes - 1) // 2)
    refined, next_label, begin = labels.copy(), len(all_sizes), 0
    while begin < len(sizes):
        # As many components as have at most so many pairs, or one.
        first = int(pair_ends[begin - 1]) if begin else 0
        fits = int(np.searchsorted(pair_ends, first + _PAIRS_AT_ONCE, side="right"))
        end = max(fits, begin + 1)
        here = sizes[begin:end]
        held = members[member_ends[begin] - here[0] : member_ends[end - 1]]
        starts = pair_ends[begin:end] - here * (here - 1) // 2 - first
        weights = np.full(int(pair_ends[end - 1]) - first, np.nan)
        if known is not None:
            inside = np.flatnonzero((of_pair >= begin) & (of_pair < end))
            number = of_pair[inside] - begin
            one, other = (place.take(ends[inside]).astype(np.int64) for ends in known[:2])
            rows = one * (2 * here[number] - one - 1) // 2
            weights[starts[number] + rows + other - one - 1] = known[2][inside]
        _weigh_others(weights, here, held, weigh)
        if count is not None:
            weak = np.flatnonzero(np.isfinite(weights) & (weights < 0.0))
            weights[weak] = count(*_members_of(weak, here, held), weights[weak])
        next_label = _take_apart(weights, here, held, cut, next_label, refined)
        begin = end
    return numbered(refined)[0].astype(np.int64)


def _weigh_others(
    weights: Weights,
    sizes: Integers,
    members: Positions,
    weigh: Callable[[Positions, Positions], Weights],
) -> None:
    """Weigh the pairs whose weights are not known, so many at once."""
    unknown = np.flatnonzero(np.isnan(weights))
    left, right = _members_of(unknown, sizes, members)
    for start in range(0, len(unknown), _WEIGHED_AT_ONCE):
        part = slice(start, start + _WEIGHED_AT_ONCE)
        weights[unknown[part]] = weigh(left[part], right[part])


def _members_of(
    wanted: Integers, sizes: Integers, members: Positions
) -> tuple[Positions, Positions]:
    """The members of each wanted pair, of all pairs of each component, row by row."""
    pairs = sizes * (sizes - 1) // 2
    ends = np.cumsum(pairs)
    component = np.searchsorted(ends, wanted, side="right")
    inside = wanted - (ends - pairs)[component]
    first, size = (np.cumsum(sizes) - sizes)[component], sizes[component]
    left, right = np.empty((2, len(wanted)), dtype=np.int32)
    for count in np.unique(size).tolist():
        one, other = np.triu_indices(count, k=1)
        here = np.flatnonzero(size == count)
        left[here] = members[first[here] + one[inside[here]]]
        right[here] = members[first[here] + other[inside[here]]]
    return left, right


def _take_apart(
    weights: Weights,
    sizes: Integers,
    members: Positions,
    cut: float,
    next_label: int,
    refined: Integers,
) -> int:
    """Label anew the members of components with a pair below ``cut``; the next free label."""
    pairs = sizes * (sizes - 1) // 2
    pair_starts, starts = np.cumsum(pairs) - pairs, np.cumsum(sizes) - sizes
    weakest = np.minimum.reduceat(weights, pair_starts)
    for weak in np.flatnonzero(weakest < cut).tolist():
        first, size = pair_starts[weak], int(sizes[weak])
        labels = average_linkage(weights[first : first + pairs[weak]], size, cut)
        refined[members[starts[weak] : starts[weak] + size]] = next_label + labels
        next_label += size
    return next_label

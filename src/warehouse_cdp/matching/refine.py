"""Components of links taken apart where all pairs together speak against them.

Most pairs of most components are candidate pairs, whose weights are known. Only the others are
weighed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.cluster import link
from warehouse_cdp.matching.groups import grouped, numbered
from warehouse_cdp.matching.kernels import compiled

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[Any]
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
) -> Integers:
    """Labels after cutting components of three records or more, with ``pairs_too`` of two.

    ``weigh`` gives the match weights of pairs of records (lower position left): minus infinity
    keeps two records apart for good, infinity joins them first. ``known`` are pairs (lower position
    left) with what ``weigh`` would give for them.
    """
    all_members, all_sizes = grouped(labels)
    is_chosen = all_sizes >= (2 if pairs_too else 3)
    sizes = all_sizes[is_chosen]
    members = all_members[np.repeat(is_chosen, all_sizes)]
    component = np.full(len(labels), -1, dtype=np.int32)
    component[members] = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    place = np.empty(len(labels), dtype=np.int32)
    place[members] = np.arange(len(members)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
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
            _fill(*known, component, place, begin, here, starts, weights)
        _weigh_others(weights, here, held, weigh)
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
    left, right = np.empty((2, len(unknown)), dtype=np.int32)
    _list_pairs(unknown, sizes, members, left, right)
    for start in range(0, len(unknown), _WEIGHED_AT_ONCE):
        part = slice(start, start + _WEIGHED_AT_ONCE)
        weights[unknown[part]] = weigh(left[part], right[part])


@compiled
def _fill(  # noqa: PLR0913, PLR0917 - one compiled loop; it takes no objects
    left: Array,
    right: Array,
    known: Array,
    component: Array,
    place: Array,
    begin: int,
    sizes: Array,
    starts: Array,
    weights: Array,
) -> None:
    """Write known weights where the pairs of their component stand, row by row."""
    for pair in range(len(left)):
        here = component[left[pair]] - begin
        if 0 <= here < len(sizes) and component[right[pair]] - begin == here:
            one, other = np.int64(place[left[pair]]), np.int64(place[right[pair]])
            rows = one * (2 * sizes[here] - one - 1) // 2
            weights[starts[here] + rows + other - one - 1] = known[pair]


@compiled
def _list_pairs(wanted: Array, sizes: Array, members: Array, left: Array, right: Array) -> None:
    """The members of each wanted pair, ascending, of all pairs of each component, row by row."""
    pair, found, first = 0, 0, 0
    for size in sizes:
        for one in range(first, first + size):
            others = first + size - one - 1
            while found < len(wanted) and wanted[found] < pair + others:
                left[found] = members[one]
                right[found] = members[one + 1 + wanted[found] - pair]
                found += 1
            pair += others
        first += size


@compiled
def _take_apart(
    weights: Array, sizes: Array, members: Array, cut: float, next_label: int, refined: Array
) -> int:
    """Label anew the members of components with a pair below ``cut``; the next free label."""
    pair, first = 0, 0
    for size in sizes:
        pairs = size * (size - 1) // 2
        if weights[pair : pair + pairs].min() < cut:
            labels = np.empty(size, dtype=np.int64)
            clusters = link(weights[pair : pair + pairs], cut, labels)
            for member in range(size):
                refined[members[first + member]] = next_label + labels[member]
            next_label += clusters
        pair += pairs
        first += size
    return next_label

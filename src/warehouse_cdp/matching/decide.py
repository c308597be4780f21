"""Which records become one customer: links, what was told, and components within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.matching.cluster import bounded, components
from warehouse_cdp.matching.refine import refine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from warehouse_cdp.matching.sources import Sources

Positions = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Told:
    """What was told of records: pairs that are, and that are not, one person's.

    Each is (left, right) positions of records. ``apart`` has the bits of the sources that hold
    each person once.
    """

    must: tuple[Positions, Positions]
    cannot: tuple[Positions, Positions]
    apart: int = 0

    def groups(self, count: int) -> npt.NDArray[np.int64]:
        """Records that must be one person's have one number.

        Raises:
            InputDataError: a pair is told to be one person's and two people's.
        """
        groups = components(count, *self.must)
        left, right = self.cannot
        both = int((groups[left] == groups[right]).sum())
        if both:
            msg = (
                f"{both} of the pairs that cannot be one person's must be by the others: "
                "take one of the instructions back"
            )
            raise InputDataError(msg)
        return groups


@dataclass(frozen=True)
class Decision:
    """Cluster of each record; ``components`` before refining, links left out to keep to bounds.

    ``too_large`` counts components over the limit, ``cut_links`` the links that were left out of
    them. ``kept`` says of each link whether nothing that was told forbids it.
    """

    labels: npt.NDArray[np.int64]
    components: int
    too_large: int
    cut_links: int
    kept: Flags


def positions_of(
    instructions: Sequence[tuple[str, str]],
    ids: pa.Array,
    what: str,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows of pairs of record ids among ``ids``, which are texts.

    Raises:
        InputDataError: a record is not there, or is paired with itself.
    """
    if not instructions:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    wanted = pa.array([str(one) for pair in instructions for one in pair], type=pa.string())
    places = pc.index_in(wanted, value_set=ids)
    if places.null_count:
        msg = f"{what}: {places.null_count} of {len(wanted)} record ids are not in the records"
        raise InputDataError(msg)
    pairs = places.to_numpy().astype(np.int64).reshape(-1, 2)
    with_itself = int((pairs[:, 0] == pairs[:, 1]).sum())
    if with_itself:
        msg = f"{what}: {with_itself} pairs are of a record with itself"
        raise InputDataError(msg)
    return pairs[:, 0], pairs[:, 1]


def decide(  # noqa: PLR0913 - what decides, each its own kind
    count: int,
    left: Positions,
    right: Positions,
    weights: Weights,
    weigh: Callable[[Positions, Positions], Weights],
    told: Told,
    sources: Sources | None,
    *,
    cut: float,
    largest: int,
    known: tuple[Positions, Positions, Weights] | None = None,
    count_as: Callable[[Positions, Positions, Weights], Weights] | None = None,
) -> Decision:
    """Clusters of ``count`` records from links (``left, right``) with their match weights.

    Must links join whatever the weight, cannot links and told sources keep apart whatever the
    weight; must links go before told sources. Components over ``largest`` records are first taken
    apart along their weakest links, then each is cut by average linkage at ``cut``. ``known`` are
    pairs with what ``weigh`` would give for them, links and others; ``count_as`` is ``refine``'s.
    """
    groups = told.groups(count)
    forbidden = _Forbidden(told, groups, sources)
    kept = ~forbidden(left, right)
    one = np.concatenate([told.must[0], left[kept]]).astype(np.int32)
    other = np.concatenate([told.must[1], right[kept]]).astype(np.int32)
    strength = np.concatenate([np.full(len(told.must[0]), np.inf), weights[kept]])
    labels = components(count, one, other)
    before = int(labels.max(initial=-1)) + 1
    labels, too_large, cut_links = bounded(labels, one, other, strength, largest)

    def with_told(one: Positions, other: Positions, found: Weights) -> Weights:
        if forbidden.any:
            found[forbidden(one, other)] = -np.inf
        if len(told.must[0]):
            found[groups[one] == groups[other]] = np.inf
        return found

    labels = refine(
        labels,
        lambda one, other: with_told(one, other, weigh(one, other)),
        cut,
        pairs_too=forbidden.any,
        known=known and (*known[:2], with_told(*known[:2], known[2].copy())),
        count=count_as,
    )
    return Decision(labels, before, too_large, cut_links, kept)


class _Forbidden:
    """Whether two records cannot be one person's by what was told."""

    def __init__(self, told: Told, groups: npt.NDArray[np.int64], sources: Sources | None) -> None:
        self._told = told
        self._groups = groups
        self._sources = sources if told.apart else None
        left, right = told.cannot
        self._count = len(groups)
        self._pairs = np.unique(
            np.minimum(left, right).astype(np.int64) * self._count + np.maximum(left, right)
        )
        self.any = bool(len(self._pairs)) or self._sources is not None

    def __call__(self, left: Positions, right: Positions) -> Flags:
        found = np.zeros(len(left), dtype=np.bool_)
        if len(self._pairs):
            low, high = np.minimum(left, right).astype(np.int64), np.maximum(left, right)
            found |= np.isin(low * self._count + high, self._pairs)
        if self._sources is not None:
            same = self._sources.within(left, right, self._told.apart)
            found |= same & (self._groups[left] != self._groups[right])
        return found

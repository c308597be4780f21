"""What the source of two records says: a system that holds each person once holds no pairs.

The source is a comparison like others. Of all pairs of rows ``u`` lie within a system; of true
pairs ``m``, which is counted from the probabilities that the other columns give. A system without
duplicates has hardly any, and two of its records weigh ``log2(m / u)`` less, the less the more
true pairs between systems bear witness. A system that does hold duplicates loses nothing: only
the share that is missing counts against them, and nothing speaks for them. So a wrong guess costs
at most what was seen. Where it is *told* that a system holds each person once, its records are
never joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.score import probability

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse_cdp.matching.block import Pairs
    from warehouse_cdp.matching.encode import Records

Weights = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int32]

FEWEST_BITS: Final = 0.5
"""A source whose pairs would weigh less than this against is left alone."""
_PRIOR_PAIRS: Final = 20.0
_ROUNDS: Final = 4
_MOST_SOURCES: Final = 62


@dataclass(frozen=True)
class Sources:
    """Sources of records, and what two records of one weigh (at most 0).

    ``masks`` has a bit for each of ``names`` that a record (rows equal in every column are one)
    has rows of. ``duplicates`` are the expected true pairs of rows within each source.
    """

    names: tuple[str, ...]
    rows: tuple[int, ...]
    masks: npt.NDArray[np.int64]
    weights: Weights
    duplicates: Weights

    def between(self, left: Positions, right: Positions) -> Weights:
        """Weight of each pair: that of the source they share, the lowest of several; else 0."""
        found = np.zeros(len(left))
        shared = self.masks[left] & self.masks[right]
        for bit in np.flatnonzero(self.weights < 0.0).tolist():
            where = np.flatnonzero(shared >> bit & 1)
            found[where] = np.minimum(found[where], self.weights[bit])
        return found

    def within(self, left: Positions, right: Positions, bits: int) -> npt.NDArray[np.bool_]:
        """Whether both records of each pair have a row of one of the sources in ``bits``."""
        return np.asarray(self.masks[left] & self.masks[right] & bits != 0, dtype=np.bool_)


def source_codes(sources: npt.NDArray[np.object_]) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Names of the sources, most rows first, and each row's (-1: none, or one of too many)."""
    texts = np.array(["" if value is None else str(value) for value in sources], dtype=object)
    names, codes, counts = np.unique(texts, return_inverse=True, return_counts=True)
    order = np.lexsort((np.arange(len(names)), -counts))
    order = order[names[order] != ""][:_MOST_SOURCES]
    rank = np.full(len(names), -1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    return tuple(names[order].tolist()), rank[codes.reshape(len(texts))]


def learn_sources(
    names: tuple[str, ...],
    codes: npt.NDArray[np.int64],
    records: Records,
    pairs: Pairs,
    weights: Weights,
    is_sure: npt.NDArray[np.bool_],
) -> Sources:
    """Learn what two records of one source weigh.

    Args:
        names: of the sources.
        codes: the source of each row, -1 where it is not known.
        records: the records that the rows make up.
        pairs: candidate pairs.
        weights: match weights of ``pairs`` by all else.
        is_sure: for each record whether its rows, equal in every column, are one person's.
    """
    held = [
        np.bincount(records.row_record[codes == code], minlength=records.count).astype(np.float64)
        for code in range(len(names))
    ]
    rows = np.array([count.sum() for count in held])
    everyone = float(len(codes))
    u = rows * (rows - 1.0) / (everyone * (everyone - 1.0)) if everyone > 1.0 else rows * 0.0
    masks = np.zeros(records.count, dtype=np.int64)
    for code, count in enumerate(held):
        masks |= (count > 0).astype(np.int64) << code
    # Pairs of equal rows: one record, and no candidate pair.
    equal = np.array([float((count * (count - 1.0) / 2.0)[is_sure].sum()) for count in held])
    of_rows = records.weights * (records.weights - 1.0) / 2.0
    all_equal = float(of_rows[is_sure].sum())
    likely = np.flatnonzero(weights > -10.0)  # noqa: PLR2004 - less than one in a thousand
    left, right = pairs.left[likely], pairs.right[likely]
    of_pair = records.weights[left].astype(np.float64) * records.weights[right]
    found = Sources(names, tuple(rows.astype(int).tolist()), masks, np.zeros(len(names)), equal)
    for _ in range(_ROUNDS):
        matched = probability(weights[likely] + found.between(left, right))
        true = float((matched * of_pair).sum()) + all_equal
        within = np.array([(matched * count[left] * count[right]).sum() for count in held]) + equal
        m = (within + _PRIOR_PAIRS * u) / (true + _PRIOR_PAIRS)
        with np.errstate(divide="ignore", invalid="ignore"):
            learnt = np.where(u > 0.0, np.minimum(np.log2(m / u), 0.0), 0.0)
        learnt[learnt > -FEWEST_BITS] = 0.0
        found = Sources(names, found.rows, masks, learnt, within)
    return found


def findings(
    sources: Sources, told: frozenset[str], tell: Callable[[str, str, int, str], None]
) -> None:
    """Report of each source what its records' being of one source weighs, and why."""
    for name, rows, weight, duplicates in zip(
        sources.names, sources.rows, sources.weights, sources.duplicates, strict=True
    ):
        if name in told:
            tell("source", name, rows, "told to hold each person once: its records stay apart")
        elif weight < 0.0:
            reason = (
                f"few pairs within ({duplicates:,.0f} of {rows:,} rows): two of its records weigh "
                f"{-weight:.1f} bits less"
            )
            tell("source", name, rows, reason)
        else:
            tell("source", name, rows, "holds people repeatedly, or nothing tells: no effect")

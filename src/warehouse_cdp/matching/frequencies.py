"""How likely another person's record has a value, for each value of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.compiling import compiled
from warehouse_cdp.matching.levels import exact_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.matching.block import Pairs
    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Encoded

Array = npt.NDArray[Any]
Shares = npt.NDArray[np.float64]

UNSEEN: Final = 0.3
"""Further holders of a value by chance that are assumed of a value without any."""


def frequencies_of(column: Encoded, matched: Shares | None) -> Shares:
    """How likely a record of another person has a value, for each value.

    Of the ``n - 1`` other rows with it, those of the same person (expected from ``matched``, the
    number of true pairs that agree on it) are taken off.
    """
    counts = column.counts.astype(np.float64)
    others = np.maximum(counts - 1.0, 0.0)
    if matched is not None:
        # A value on no row is one that was taken for nobody's.
        others = np.maximum(others - 2.0 * matched / np.maximum(counts, 1.0), 0.0)
    return np.asarray((others + UNSEEN) / (counts.sum() + UNSEEN), dtype=np.float64)


def matched_values(
    columns: Sequence[Encoded],
    pairs: Pairs,
    levels: Levels,
    of_pairs: Shares,
    of_rows: tuple[npt.NDArray[np.int32], Shares],
    number: int,
) -> Shares:
    """True pairs of rows expected to agree on each value: of two records, and of equal rows.

    ``of_pairs`` holds those of each pair, ``of_rows`` those of records of several rows.
    """
    column = columns[number]
    matched = np.zeros(len(column.values))
    # A record may hold further values: those that agree need not be the ones in the column.
    exact = exact_level(column.kind)
    mine, codes = np.ascontiguousarray(levels[:, number]), column.codes
    _add_agreed(mine, len(mine), exact, codes, pairs.left, pairs.right, of_pairs, matched)
    codes, weights = column.codes[of_rows[0]], of_rows[1]
    held = codes >= 0
    matched += np.bincount(codes[held], weights=weights[held], minlength=len(matched))
    return matched


@compiled("i1[] i8 i8 i4[] i4[] i4[] f8[] f8[w]")
def _add_agreed(
    levels: Array,
    count: int,
    exact: int,
    codes: Array,
    left: Array,
    right: Array,
    weights: Array,
    matched: Array,
) -> None:
    """Add the weight of each pair that agrees on a value to that value's."""
    for pair in range(count):
        if levels[pair] == exact:
            code = codes[left[pair]]
            if code >= 0 and code == codes[right[pair]]:
                matched[code] += weights[pair]

"""Seeded samples of pairs of records, on which is counted what strangers share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.groups import grouped

if TYPE_CHECKING:
    from warehouse_cdp.matching.encode import Records

Codes = npt.NDArray[np.int32]

_SEED: Final = 20_261_122


def random_pairs(records: Records, size: int) -> tuple[Codes, Codes]:
    """Some ``size`` pairs of two different records."""
    draw = np.random.default_rng(_SEED)
    left = draw.integers(0, max(records.count, 1), size).astype(np.int32)
    right = draw.integers(0, max(records.count, 1), size).astype(np.int32)
    return left[left != right], right[left != right]


def pairs_drawn_by_rows(records: Records, size: int, seed: int) -> tuple[Codes, Codes]:
    """Pairs of different records, each drawn as often as rows have it."""
    draw = np.random.default_rng(seed)
    rows = len(records.row_record)
    left = records.row_record[draw.integers(0, rows, size)].astype(np.int32)
    right = records.row_record[draw.integers(0, rows, size)].astype(np.int32)
    different = left != right
    return left[different], right[different]


def pairs_of_one(codes: Codes, size: int) -> tuple[Codes, Codes]:
    """Pairs of records of one code (-1: none): all of them, or ``size`` drawn where there are more.

    Each pair is as likely as any other, whatever its code.
    """
    order, sizes = grouped(codes.astype(np.int64))
    ends = np.cumsum(sizes * (sizes - 1) // 2)
    total = int(ends[-1]) if len(ends) else 0
    draw = np.random.default_rng(_SEED)
    chosen = np.arange(total) if total <= size else draw.integers(0, total, size)
    block = np.searchsorted(ends, chosen, side="right")
    within = chosen - (ends - sizes * (sizes - 1) // 2)[block]
    # Pair number k is (i, j), j < i, with k = i (i - 1) / 2 + j.
    high = ((1.0 + np.sqrt(1.0 + 8.0 * within)) / 2.0).astype(np.int64)
    high -= high * (high - 1) // 2 > within
    high += (high + 1) * high // 2 <= within
    low = within - high * (high - 1) // 2
    start = (np.cumsum(sizes) - sizes)[block]
    return order[start + low].astype(np.int32), order[start + high].astype(np.int32)

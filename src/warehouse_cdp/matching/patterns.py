"""Pairs counted by their pattern of levels: what EM needs of millions of pairs is thousands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.compare import exact_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Encoded

Shares = npt.NDArray[np.float64]
_TABLE: Final = 1 << 24


@dataclass(frozen=True)
class Patterns:
    """Distinct rows of levels (``patterns``), how many pairs have each, and each pair's pattern."""

    patterns: npt.NDArray[np.int8]
    counts: npt.NDArray[np.int64]
    of_pair: npt.NDArray[np.int64]
    level_counts: tuple[int, ...]

    def posterior(self, m: Sequence[Shares], u: Sequence[Shares], prior: float) -> Shares:
        """Probability that a pair of each pattern is a true one."""
        odds = np.full(len(self.patterns), np.log(prior) - np.log1p(-prior))
        for number in range(len(self.level_counts)):
            evidence = np.concatenate([[0.0], np.log(m[number]) - np.log(u[number])])
            odds += evidence[self.patterns[:, number]]
        return np.asarray(1.0 / (1.0 + np.exp(-odds)), dtype=np.float64)

    def shares(self, number: int, weights: Shares | None) -> Shares:
        """Pairs at each level from 1 on of a column, each pattern weighted by ``weights``."""
        counts = self.counts if weights is None else self.counts * weights
        seen = np.bincount(
            self.patterns[:, number], weights=counts, minlength=self.level_counts[number] + 1
        )
        return np.asarray(seen[1:], dtype=np.float64)


def count_patterns(levels: Levels, columns: Sequence[Encoded]) -> Patterns:
    """Count the distinct rows of ``levels``, in their lexical order."""
    level_counts = tuple(exact_level(column.kind) for column in columns)
    combined = np.zeros(len(levels), dtype=np.int64)
    size = 1
    for number, count in enumerate(level_counts):
        if size > np.iinfo(np.int64).max // (count + 1):
            _, combined = _distinct(combined, size)
            size = int(combined.max(initial=0)) + 1
        combined = combined * (count + 1) + levels[:, number]
        size *= count + 1
    _, of_pair = _distinct(combined, size)
    counts = np.bincount(of_pair)
    representative = np.zeros(len(counts), dtype=np.int64)
    representative[of_pair] = np.arange(len(of_pair))
    return Patterns(levels[representative], counts, of_pair, level_counts)


def _distinct(
    codes: npt.NDArray[np.int64], size: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Sorted distinct codes below ``size``, and the position of each code among them."""
    if size <= _TABLE:
        seen = np.zeros(size, dtype=np.bool_)
        seen[codes] = True
        positions = np.cumsum(seen) - 1
        return np.flatnonzero(seen), positions[codes]
    distinct, positions = np.unique(codes, return_inverse=True)
    return distinct, positions.reshape(len(codes))

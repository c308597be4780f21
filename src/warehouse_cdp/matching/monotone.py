"""Shares of levels made monotone: more agreement never speaks for less.

EM learns each level freely, and a level that few pairs reach may come out above the one over it.
The ratio of two shares is therefore made to rise from level to level by pooling neighbours that
violate it (Ayer, Brunk, Ewing, Reid and Silverman, "An empirical distribution function for
sampling with incomplete information", 1955): within a pool the levels keep the shares of the
denominator and get one ratio.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Shares = npt.NDArray[np.float64]


def with_rising_ratio(shares: Shares, others: Shares) -> Shares:
    """``shares`` changed so that ``shares / others`` never falls; their sum stays.

    Both hold a positive share for each level, lowest agreement first.
    """
    pools: list[tuple[float, float, int]] = []
    for share, other in zip(shares.tolist(), others.tolist(), strict=True):
        pool = (share, other, 1)
        while pools and pools[-1][0] * pool[1] > pool[0] * pools[-1][1]:
            before = pools.pop()
            pool = (before[0] + pool[0], before[1] + pool[1], before[2] + pool[2])
        pools.append(pool)
    ratios = np.concatenate([np.full(size, share / other) for share, other, size in pools])
    return np.asarray(others * ratios, dtype=np.float64)


def with_falling_ratio(shares: Shares, others: Shares) -> Shares:
    """``shares`` changed so that ``shares / others`` never rises; their sum stays."""
    return with_rising_ratio(shares[::-1], others[::-1])[::-1].copy()

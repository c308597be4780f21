"""Pairs of records as recordlinkage has them: a MultiIndex of positions in one index."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

Positions = npt.NDArray[np.int64]


def make_pairs(index: pd.Index[Any], left: Positions, right: Positions) -> pd.MultiIndex:
    """Pairs of the records at these positions of an index."""
    # The published types of pandas know neither indexes as levels nor arrays as codes.
    levels, codes = cast("Any", [index, index]), cast("Any", [left, right])
    return pd.MultiIndex(levels=levels, codes=codes, verify_integrity=False)


def positions(pairs: pd.MultiIndex) -> tuple[Positions, Positions]:
    """Left and right position of each pair."""
    left, right = pairs.codes[0], pairs.codes[1]
    return np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)


def find(index: pd.Index[Any], record_ids: pd.Series) -> Positions:
    """Positions of records in an index; -1 for those not in it."""
    return np.asarray(index.get_indexer(pd.Index(record_ids, dtype=object)), dtype=np.int64)

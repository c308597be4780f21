"""Match weight (log2 odds) and probability of pairs under a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.compare import exact_level, level
from warehouse_cdp.matching.train import DEFAULT_HOUSEHOLD

if TYPE_CHECKING:
    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Records
    from warehouse_cdp.matching.train import Model

Weights = npt.NDArray[np.float64]

_LARGEST_ADJUSTMENT: Final = 10.0
# Kinds whose nearly equal values say as much as their commoner value does.
_CLOSE_COUNTS: Final = {"given_name", "family_name", "text", "address"}


def match_weights(
    records: Records,
    model: Model,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    levels: Levels,
) -> Weights:
    """Match weight of each pair.

    The prior's weight plus that of each level, less what speaks for two people of one household:
    their shared name, address and phone explain themselves. Agreement on a value weighs by how
    common the value is: log2(u / frequency) is added, where ``u`` is the frequency on average.
    Of two values that nearly agree the more frequent counts.
    """
    total = np.full(len(left), model.prior_weight())
    household = np.full(len(left), model.household_prior_weight())
    weights, of_household = model.weights(), model.household_weights()
    for number, column in enumerate(records.columns):
        mine = levels[:, number]
        total += weights[number][mine]
        household += of_household[number][mine]
        agrees = mine == exact_level(column.kind)
        if column.kind in _CLOSE_COUNTS:
            agrees |= mine == level(column.kind, "close")
        where = np.flatnonzero(agrees)
        frequencies = model.frequencies[number]
        larger = np.maximum(
            frequencies[column.codes[left[where]]], frequencies[column.codes[right[where]]]
        )
        adjustment = np.log2(model.classes.u[number][-1]) - np.log2(larger)
        adjustment = np.clip(adjustment, -_LARGEST_ADJUSTMENT, _LARGEST_ADJUSTMENT)
        total[where] += adjustment
        if column.name in DEFAULT_HOUSEHOLD:
            household[where] += adjustment
    return np.asarray(total - np.logaddexp2(0.0, household), dtype=np.float64)


def probability(weights: Weights) -> Weights:
    """Match probability of match weights."""
    return np.asarray(1.0 / (1.0 + np.exp2(-weights)), dtype=np.float64)

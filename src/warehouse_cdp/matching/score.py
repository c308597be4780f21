"""Match weight (log2 odds) and probability of pairs under a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.compare import DIFFERENT, exact_level, level
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
    Of two values that nearly agree the more frequent counts; a partial agreement gains nothing
    from rarity. Of equally frequent values a higher level never weighs less, and full agreement
    no less than a missing value.
    """
    total = np.full(len(left), model.prior_weight())
    household = np.full(len(left), model.household_prior_weight())
    for number in range(len(records.columns)):
        for_one, for_home = _of_column(records, model, number, left, right, levels)
        total += for_one
        household += for_home
    return np.asarray(total - np.logaddexp2(0.0, household), dtype=np.float64)


@dataclass(frozen=True)
class Parts:
    """What match weights add up from: ``prior``, ``columns`` (pairs x columns), ``household``."""

    prior: float
    columns: Weights
    household: Weights


def weight_parts(
    records: Records,
    model: Model,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    levels: Levels,
) -> Parts:
    """The parts of ``match_weights``: prior + sum of columns + household (at most 0)."""
    columns = np.zeros((len(left), len(records.columns)))
    household = np.full(len(left), model.household_prior_weight())
    for number in range(len(records.columns)):
        columns[:, number], for_home = _of_column(records, model, number, left, right, levels)
        household += for_home
    return Parts(model.prior_weight(), columns, -np.logaddexp2(0.0, household))


def _of_column(
    records: Records,
    model: Model,
    number: int,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    levels: Levels,
) -> tuple[Weights, Weights]:
    """Weight of a column of each pair: for one person, and for one household, against strangers."""
    column, mine = records.columns[number], levels[:, number]
    weights = model.weights()[number]
    for_one = weights[mine]
    for_home = model.household_weights()[number][mine]
    one, other = column.codes[left], column.codes[right]
    exact = exact_level(column.kind)
    agrees = (mine == exact) & (one == other)
    if column.kind in _CLOSE_COUNTS:
        agrees |= (mine >= level(column.kind, "close")) & (mine < exact)
    partly = (mine > DIFFERENT) & (mine < exact)
    where = np.flatnonzero((agrees | partly) & (one >= 0) & (other >= 0))
    least = weights[DIFFERENT]
    frequencies = model.frequencies[number]
    larger = np.maximum(frequencies[one[where]], frequencies[other[where]])
    adjustment = np.log2(model.classes.u[number][-1]) - np.log2(larger)
    adjustment = np.clip(adjustment, -_LARGEST_ADJUSTMENT, _LARGEST_ADJUSTMENT)
    # Nearly a common value is less, nearly a rare one no more: only the values' like is frequent.
    adjustment = np.where(agrees[where], adjustment, np.minimum(adjustment, 0.0))
    # However common the value, agreement weighs no less than its absence, or than ignorance.
    floor = np.where(mine[where] == exact, max(0.0, least), least)
    adjustment = np.maximum(adjustment, floor - for_one[where])
    for_one[where] += adjustment
    if shares_frequency(column.name):
        for_home[where] += adjustment
    return for_one, for_home


def shares_frequency(name: str) -> bool:
    """Whether a household that shares a value of the column shares its rarity: names too."""
    return name in DEFAULT_HOUSEHOLD or name == "given_name"


def probability(weights: Weights) -> Weights:
    """Match probability of match weights."""
    return np.asarray(1.0 / (1.0 + np.exp2(-weights)), dtype=np.float64)

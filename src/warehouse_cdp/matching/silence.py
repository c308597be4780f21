"""Pairs of records that hold too little in common to say anything of each other.

Average linkage takes the mean weight of all pairs of two groups, and a pair that nothing speaks
for weighs as little as the prior: that it is one of all pairs of the file. In a group of records
which other records join, that is no news. Where both hold hardly a column in common, even full
agreement could not link them, so that they are not linked is no evidence either. Such a pair
counts by what it says alone, without the prior: disagreement speaks against, agreement is silent.
Else whoever has many records, each with a few columns, is taken apart the sooner the more there
are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from warehouse_cdp.matching.encode import Records
    from warehouse_cdp.matching.train import Model

Positions = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float64]


class Silence:
    """Tells silent pairs of some records; made once for a model."""

    def __init__(self, records: Records, model: Model, threshold: float) -> None:
        """Remember which columns each record holds, and what each column weighs at most."""
        self._prior = model.prior_weight()
        self._most = np.array([float(weights.max()) for weights in model.weights()])
        self._least = float(np.log2(threshold / (1.0 - threshold)))
        self._held = np.zeros(records.count, dtype=np.int64)
        for bit, column in enumerate(records.columns):
            self._held |= (column.codes >= 0).astype(np.int64) << bit

    def __call__(self, left: Positions, right: Positions, weights: Weights) -> Weights:
        """The weights (match weights of pairs) by which pairs count in a group."""
        common, place = np.unique(self._held[left] & self._held[right], return_inverse=True)
        holds = common[:, None] >> np.arange(len(self._most)) & 1
        is_silent = (self._prior + holds @ self._most < self._least)[place.reshape(len(left))]
        alone = np.minimum(weights - self._prior, 0.0)
        return np.where(is_silent, np.maximum(weights, alone), weights)

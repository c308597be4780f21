"""Texts of pairs of records as places in a list of distinct texts, and scores of pairs of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz import process

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse_cdp.linkage.pairs import Positions


@dataclass(frozen=True)
class Texts:
    """One column of both records of each pair, as places in its distinct texts.

    Texts repeat, and comparing two numbers costs a tenth of comparing two texts. ``left`` and
    ``right`` are -1 where the text is missing; ``distinct`` is in order, so that nothing depends on
    the order of records.
    """

    left: Positions
    right: Positions
    distinct: npt.NDArray[np.object_]

    @classmethod
    def of(cls, column: pd.Series, left: Positions, right: Positions) -> Texts:
        """The texts of a column of records at the positions of each pair's left and right one."""
        codes, values = pd.factorize(column, sort=True)
        codes = codes.astype(np.int64)
        return cls(codes[left], codes[right], np.asarray(values, dtype=object))

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Whether both sides have a text."""
        return np.asarray((self.left >= 0) & (self.right >= 0), dtype=bool)

    @property
    def equal(self) -> npt.NDArray[np.bool_]:
        """Whether both sides have the same text."""
        return np.asarray((self.left >= 0) & (self.left == self.right), dtype=bool)

    def each(self, function: Callable[[str], object]) -> list[object]:
        """What a function makes of each distinct text."""
        return [function(text) for text in self.distinct]

    def scores(
        self, where: npt.NDArray[np.bool_], scorer: Callable[..., float]
    ) -> npt.NDArray[np.float64]:
        """``scorer`` (of which side is which it knows nothing) of the pairs in ``where``."""
        one, other = self.left[where], self.right[where]
        return pair_scores(
            self.distinct, self.distinct, np.minimum(one, other), np.maximum(one, other), scorer
        )


def pair_scores(
    texts: npt.NDArray[np.object_],
    others: npt.NDArray[np.object_],
    one: Positions,
    other: Positions,
    scorer: Callable[..., float],
) -> npt.NDArray[np.float64]:
    """``scorer`` of the texts at ``one`` with the others at ``other``, once a distinct pair."""
    if not len(one):
        return np.zeros(0)
    united, inverse = np.unique(one * len(others) + other, return_inverse=True)
    scores = process.cpdist(
        texts[united // len(others)], others[united % len(others)], scorer=scorer, dtype=np.float64
    )
    return np.asarray(scores, dtype=np.float64)[inverse]

"""A classifier of recordlinkage or scikit-learn in place of the model's weights.

It is trained outside, on comparison vectors as ``recordlinkage_classes.LevelCompare`` makes them:
a column for each compared one, its values the level reached as a share of the highest (0 for
"different", 1 for "exact"), and 0 where a value is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.matching.levels import DIFFERENT, UNKNOWN, exact_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Encoded

Shares = npt.NDArray[np.float64]
_MOST_BITS: Final = 40.0


class Classifier(Protocol):
    """A fitted classifier of comparison vectors.

    It has ``prob(vectors)`` giving each pair's match probability (recordlinkage), or
    ``predict_proba(vectors)``, whose last column is that probability (scikit-learn). One of
    recordlinkage's that knows none (a support vector machine, k-means) is asked by
    ``predict(vectors)`` which pairs match: of those the probability is 1, of others 0.
    """


def similarity(levels: Levels, kind: str) -> Shares:
    """Levels of a kind of column as shares of the highest: 0 for "different" and for "missing"."""
    values = (levels.astype(np.float64) - DIFFERENT) / (exact_level(kind) - DIFFERENT)
    values[levels == UNKNOWN] = 0.0
    return values


def comparison_vectors(
    levels: Levels, columns: Sequence[Encoded], wanted: Sequence[str] = ()
) -> pd.DataFrame:
    """A row for each pair, a column for each of ``columns``, or those wanted.

    A wanted column that the records do not have is missing on every pair.
    """
    found = {
        column.name: similarity(levels[:, number], column.kind)
        for number, column in enumerate(columns)
    }
    names = wanted or list(found)
    return pd.DataFrame({name: found.get(name, np.zeros(len(levels))) for name in names})


def classifier_weights(
    classifier: Classifier,
    levels: Levels,
    columns: Sequence[Encoded],
    wanted: Sequence[str] = (),
) -> Shares:
    """Match weights (log2 odds, at most 40 either way) as a classifier sees the pairs.

    Raises:
        ConfigurationError: it gives no probabilities, or not one for each pair.
    """
    if not len(levels):
        return np.zeros(0)
    vectors = comparison_vectors(levels, columns, wanted)
    chances = _chances(classifier, vectors)
    if chances.shape != (len(levels),) or not np.isfinite(chances).all():
        msg = (
            f"the classifier gave {chances.shape} probabilities for {len(levels)} pairs, "
            f"{int((~np.isfinite(chances)).sum())} of them no number"
        )
        raise ConfigurationError(msg)
    chances = np.clip(chances, 0.0, 1.0)
    with np.errstate(divide="ignore"):
        odds = np.log2(chances) - np.log2(1.0 - chances)
    return np.asarray(np.clip(odds, -_MOST_BITS, _MOST_BITS), dtype=np.float64)


def _chances(classifier: Classifier, vectors: pd.DataFrame) -> Shares:
    """The match probability of each row of ``vectors``, as the classifier can tell it."""
    if hasattr(classifier, "prob"):
        try:
            return np.asarray(classifier.prob(vectors), dtype=np.float64)
        except AttributeError:  # recordlinkage's word for "this one knows none"
            predict = getattr(classifier, "predict", None)
            if predict is None:
                raise
            matches = predict(vectors)
        # By recordlinkage's option it answers with the index of matches or with a flag a row.
        if isinstance(matches, pd.Index):
            matches = vectors.index.isin(matches)
        return np.asarray(matches, dtype=np.float64)
    if hasattr(classifier, "predict_proba"):
        return np.asarray(classifier.predict_proba(vectors), dtype=np.float64)[..., -1]
    msg = (
        f"a classifier of type {type(classifier).__name__} gives no probabilities: "
        "it needs a method prob or predict_proba"
    )
    raise ConfigurationError(msg)

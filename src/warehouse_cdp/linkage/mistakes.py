"""Two people, or one person with a mistake? What the sources themselves say about it.

Twins share family name, birth date and home; father and son share the whole name and the home.
One person whose given name or birth date was entered wrongly looks just the same in two sources,
and where sources are full of errors that is the usual case. What tells them apart is where such
pairs stand. Two people are in one source as easily as one each in two: if the first is in source s
with probability p_s, and so is the second, a pair of people makes at most sum(p_s^2) pairs of
records within a source and sum over s < t of 2 p_s p_t across, which is at most (sources - 1)
times as many (mean of squares). Mistakes of one person stand across sources only, as far as each
source holds a person once; duplicates within one make the estimate more careful, not less.

So pairs within a source bound how many of those across can be two people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from warehouse_cdp.linkage.comparing import CLOSE, EXACT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

MISTAKE = "mistake"
"""``comparison`` of these rows in a match model; their ``level`` is the guard."""
FORGIVABLE = ("two_given_names", "two_birth_dates")
# What the other fields must say, in the levels of compare.py.
_HOME = {"family_name": CLOSE, "address": CLOSE, "place": CLOSE}
_AGREEING: Mapping[str, Mapping[str, int]] = {
    "two_given_names": {**_HOME, "birth_date": EXACT},
    "two_birth_dates": {**_HOME, "given_name": CLOSE},
}


def shares_of_two_people(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    levels: pd.DataFrame,
    contradictions: npt.NDArray[np.object_],
    records: pd.DataFrame,
) -> dict[str, float]:
    """For each guard the largest share of the pairs it keeps apart that may be two people.

    ``left`` and ``right`` are positions in ``records``, ``levels`` and ``contradictions`` those
    of the pairs. A guard of which nothing below 1 can be said is left out.
    """
    sources = records["source"].fillna("").to_numpy()
    others = max(len(set(sources.tolist())) - 1, 0)
    within = sources[left] == sources[right]
    shares = {}
    for guard, needed in _AGREEING.items():
        agreeing = contradictions == guard
        for name, level in needed.items():
            agreeing &= (levels[name] >= level).to_numpy()
        across = int((agreeing & ~within).sum())
        most = _upper_limit(int((agreeing & within).sum()))
        if others * most < across:
            shares[guard] = others * most / across
    return shares


def _upper_limit(count: int) -> float:
    """Above the mean of a Poisson variable that was seen ``count`` times, with 95 %.

    3 at none seen ("rule of three"), and two standard deviations more from there.
    """
    return count + 3.0 + 2.0 * float(np.sqrt(count))


def forgiven_guards(model: pd.DataFrame, link_probability: float) -> frozenset[str]:
    """Guards whose contradiction is a mistake with at least ``link_probability``, by a model."""
    told = model[(model["comparison"] == MISTAKE) & (model["m"].astype(float) >= link_probability)]
    return frozenset(told["level"].astype(str)) & frozenset(FORGIVABLE)

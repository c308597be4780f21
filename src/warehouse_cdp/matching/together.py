"""Columns that change together: who moves changes street and postcode, who stays keeps both.

Fellegi and Sunter (1969) add the weights of columns up as if these were independent. Of one
person's records that agree in the postcode nearly all agree in the street too; one of the two
alone is mostly a namesake, the more the larger the file. And of two strangers in one postcode far
more live in one street than of any two. So how often two columns reach two levels at once is
learnt for one person and for strangers, and what that is against independence becomes a weight of
its own (a two-way interaction: Winkler, "Improved decision rules in the Fellegi-Sunter model of
record linkage", 1993). Two people of one home share or differ in both as one person does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.levels import UNKNOWN, exact_level, level
from warehouse_cdp.matching.places import strangers_of_one
from warehouse_cdp.matching.train import PRIOR_STRENGTH

if TYPE_CHECKING:
    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Records
    from warehouse_cdp.matching.patterns import Classes
    from warehouse_cdp.matching.train import Compares, Model

Shares = npt.NDArray[np.float64]

TOGETHER: Final = (("address_line", "postal_code"),)
"""Columns that follow from one another, the coarser one second."""


@dataclass(frozen=True)
class Together:
    """How many times as often as if independent two columns (names) reach two levels at once.

    ``m`` and ``u`` (levels of the one x levels of the other, from 1 on) are of one person's pairs
    and of strangers'.
    """

    one: str
    other: str
    m: Shares
    u: Shares

    def weights(self) -> Shares:
        """What is to be added to the weights of the two columns, by level (0: missing)."""
        return np.pad(np.log2(self.m) - np.log2(self.u), ((1, 0), (1, 0)))


def added_weights(model: Model, levels: Levels) -> list[tuple[int, Shares]]:
    """For each two columns the number of the coarser, and what each pair's weight gains."""
    found = []
    for both in model.together:
        one, other = (model.names.index(name) for name in (both.one, both.other))
        found.append((other, both.weights()[levels[:, one], levels[:, other]]))
    return found


def learn_together(
    records: Records, model: Model, levels: Levels, matched: Shares, comparer: Compares
) -> Model:
    """The model with what columns do together in candidate pairs and among strangers.

    ``matched`` is how likely each pair (row of ``levels``) is one person's.
    """
    learnt = []
    for one, other in TOGETHER:
        if one in model.names and other in model.names:
            a, b = model.names.index(one), model.names.index(other)
            m = _of_one_person(model.classes, a, b, levels, matched)
            u = _of_strangers(records, model.classes, a, b, comparer)
            learnt.append(_monotone(Together(one, other, m, u), model.classes, a, b))
    return replace(model, together=tuple(learnt))


def _of_one_person(classes: Classes, a: int, b: int, levels: Levels, matched: Shares) -> Shares:
    known = (levels[:, a] != UNKNOWN) & (levels[:, b] != UNKNOWN)
    alone = np.outer(classes.m[a], classes.m[b])
    cell = (levels[known, a].astype(np.int64) - 1) * alone.shape[1] + levels[known, b] - 1
    seen = np.bincount(cell, weights=matched[known], minlength=alone.size).astype(np.float64)
    return np.asarray(_shrunk(seen.reshape(alone.shape), alone) / alone, dtype=np.float64)


def _of_strangers(records: Records, classes: Classes, a: int, b: int, comparer: Compares) -> Shares:
    """Strangers who agree in the coarser column, sampled; else the columns are independent.

    Those who nearly share the finer value as well are of one home, which is a class of its own:
    there the columns count as independent.
    """
    one, other = records.columns[a], records.columns[b]
    left, right = strangers_of_one(records, other.name)
    ratio = np.ones((len(classes.u[a]), len(classes.u[b])))
    if not len(left):
        return ratio
    levels = comparer.levels(left, right)
    partly = levels[levels[:, b] == exact_level(other.kind), a]
    apart = level(one.kind, "close") - 1
    partly = partly[(partly != UNKNOWN) & (partly <= apart)].astype(np.int64)
    alone = classes.u[a][:apart] / classes.u[a][:apart].sum()
    seen = np.bincount(partly - 1, minlength=apart).astype(np.float64)
    ratio[:apart, -1] = _shrunk(seen, alone) / alone
    return ratio


def _shrunk(seen: Shares, alone: Shares) -> Shares:
    return np.asarray(
        (seen + PRIOR_STRENGTH * alone) / (seen.sum() + PRIOR_STRENGTH * alone.sum()),
        dtype=np.float64,
    )


def _monotone(both: Together, classes: Classes, a: int, b: int) -> Together:
    """The same, where more agreement in one of the two never weighs less in sum."""
    alone = np.outer(classes.m[a] / classes.u[a], classes.m[b] / classes.u[b])
    ratio = alone * both.m / both.u
    ratio = np.maximum.accumulate(np.maximum.accumulate(ratio, axis=0), axis=1)
    return replace(both, m=ratio / alone * both.u)

"""E-mails that are alike because the names in them are.

anna.may@a and anna.mayer@b are alike because their owners' names are. How alike the mailboxes of
two strangers of like names are is seen from pairs of one name and two birth dates; what is left
to partial agreement of e-mails is little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.levels import DIFFERENT, UNKNOWN, exact_level, level
from warehouse_cdp.matching.score import shares_frequency, weight_parts

if TYPE_CHECKING:
    from warehouse_cdp.matching.block import Pairs
    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Records
    from warehouse_cdp.matching.train import Model

Shares = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int32]

FEWEST_STRANGERS: Final = 30
"""Pairs of one name and two birth dates that must be there so that their mailboxes count."""
_STRANGERS_DEFAULT: Final = 10.0


def agrees(model: Model, name: str, levels: Levels) -> Flags:
    """Whether each pair agrees on a column: names nearly or by nickname, others fully."""
    number = model.names.index(name)
    least = {
        "given_name": level("given_name", "nickname"),
        "family_name": level("family_name", "close"),
    }.get(name, exact_level(model.kinds[number]))
    return np.asarray(levels[:, number] >= least, dtype=np.bool_)


def email_of_alike(
    model: Model,
    records: Records,
    pairs: Pairs,
    levels: Levels,
    findings: list[tuple[str, int, str]],
) -> Shares | None:
    """Weights of the levels of ``email`` (0 is "missing") where given names are alike.

    None without the columns; what was found is added to ``findings`` (what, count, reason).
    """
    if "email" not in model.names or "given_name" not in model.names:
        return None
    number = model.names.index("email")
    m, u = model.classes.m[number], model.classes.u[number]
    weights = model.weights()[number].copy()
    seen = _emails_of_namesakes(model, records, pairs, levels)
    strangers = float(seen.sum())
    if strangers >= FEWEST_STRANGERS:
        # A tenth for each partial level where nothing is known, the rest for "different".
        default = np.full(len(u), 0.1)
        default[0], default[-1] = 1.0 - 0.1 * (len(u) - 2), u[-1]
        shares = seen + _STRANGERS_DEFAULT * default / default.sum()
        shares /= shares.sum()
        weights[2:-1] = np.minimum(np.log2(m[1:-1] / shares[1:-1]), weights[2:-1])
        reason = "strangers of one name have e-mails alike: partial agreement weighs accordingly"
    else:
        weights[2:-1] = np.minimum(weights[2:-1], 0.0)
        reason = "too few strangers of one name to see: an e-mail alike adds nothing to names alike"
    weights[1:] = np.maximum.accumulate(weights[1:])
    findings.append(("email of people of like names", round(strangers), reason))
    return weights


def _emails_of_namesakes(model: Model, records: Records, pairs: Pairs, levels: Levels) -> Shares:
    """Expected pairs of rows of two people of one name, by level of their e-mails.

    They are those whose birth dates differ, less those of one person whose date is wrong: as many
    to each pair that agrees as ``m`` of the birth date has it.
    """
    number = model.names.index("email")
    count = len(model.classes.u[number])
    if "birth_date" not in model.names or "family_name" not in model.names:
        return np.zeros(count)
    born = levels[:, model.names.index("birth_date")]
    m = model.classes.m[model.names.index("birth_date")]
    apart = level("date", "same_year")
    wrong = float(m[:apart].sum())
    one_name = (
        agrees(model, "given_name", levels)
        & agrees(model, "family_name", levels)
        & (levels[:, number] != UNKNOWN)
        & (born != UNKNOWN)
    )
    rows = (records.weights[pairs.left] * records.weights[pairs.right]).astype(np.float64)
    by_level = [
        np.bincount(levels[chosen, number], weights=rows[chosen], minlength=count + 1)[1:]
        for chosen in (one_name & (born <= apart), one_name & (born > apart))
    ]
    return np.maximum(by_level[0] - wrong / (1.0 - wrong) * by_level[1], 0.0)


def alike_emails(
    model: Model,
    alike: Shares | None,
    records: Records,
    left: Positions,
    right: Positions,
    levels: Levels,
) -> Shares:
    """What to add to match weights (at most 0): e-mails that are alike because names are.

    The level's weight is replaced by that in ``alike`` (see ``email_of_alike``; None: nothing is
    added). But a pair never weighs less than it would with given names unknown or different, nor
    than with e-mails less alike: more agreement does not lower a weight.
    """
    taken = np.zeros(len(left))
    if alike is None:
        return taken
    email, given = model.names.index("email"), model.names.index("given_name")
    partly = (levels[:, email] > DIFFERENT) & (levels[:, email] < exact_level("email"))
    where = np.flatnonzero(partly & (levels[:, given] > DIFFERENT))
    if not len(where):
        return taken
    now, mine = _Parts.of(model, records, left[where], right[where], levels[where]), levels[where]
    weights = model.weights()[email]
    by_frequency = now.columns[:, email] - weights[mine[:, email]]
    best = np.full(len(where), -np.inf)
    for lower in range(DIFFERENT, exact_level("email")):
        change = np.maximum(weights[lower] + by_frequency, weights[DIFFERENT]) - weights[lower]
        with_names = now.with_level(model, email, lower, change)
        without = [
            with_names.with_level(model, given, name, np.zeros(len(where))).total()
            for name in (UNKNOWN, DIFFERENT)
        ]
        less = min(float(alike[lower] - weights[lower]), 0.0)
        would = np.maximum(with_names.total() + less, np.maximum(*without))
        here = lower <= mine[:, email]
        best[here] = np.maximum(best[here], would[here])
    taken[where] = np.minimum(best - now.total(), 0.0)
    return taken


@dataclass(frozen=True)
class _Parts:
    """Weights of pairs by column, and log2 odds of a household against strangers by column."""

    columns: Shares
    homes: Shares
    of_home: Shares

    @classmethod
    def of(
        cls, model: Model, records: Records, left: Positions, right: Positions, levels: Levels
    ) -> _Parts:
        parts = weight_parts(records, model, left, right, levels)
        of_home = np.stack(
            [
                weights[levels[:, number]] + (
                    parts.columns[:, number] - model.weights()[number][levels[:, number]]
                    if shares_frequency(model.names[number]) else 0.0
                )
                for number, weights in enumerate(model.household_weights())
            ],
            axis=1,
        )  # fmt: skip
        homes = of_home.sum(axis=1) + model.household_prior_weight()
        return cls(parts.columns, homes, of_home)

    def with_level(self, model: Model, number: int, name: int, by_frequency: Shares) -> _Parts:
        """The same pairs with another level of a column, and what frequency adds to it."""
        columns, of_home = self.columns.copy(), self.of_home.copy()
        columns[:, number] = model.weights()[number][name] + by_frequency
        shared = by_frequency if shares_frequency(model.names[number]) else 0.0
        of_home[:, number] = model.household_weights()[number][name] + shared
        homes = self.homes + of_home[:, number] - self.of_home[:, number]
        return _Parts(columns, homes, of_home)

    def total(self) -> Shares:
        """Match weights but for the prior."""
        return np.asarray(self.columns.sum(axis=1) - np.logaddexp2(0.0, self.homes))

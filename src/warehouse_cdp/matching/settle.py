"""What EM cannot tell of single columns, settled after training.

EM takes columns for independent within a class of pairs. Four things that are true of people
are not:

* **Contradictions.** A father and a son of one name in one home agree in all but the birth date.
  EM lays such pairs on "one person" and concludes that birth dates are often wrong. Pairs that
  other columns confirm (one mailbox and one given name, say) tell how often a person's own values
  differ entirely; where that is less often, it counts, and the difference are two people of a home.
* **Couples.** Who shares mailbox, phone and address may seem one person whose given names differ.
  They are moved to the class of households (``MOST_DIFFERENT``).
* **Namesakes.** One pair in thirty of a home bears one given name. A household explains agreement
  of names too, to that share; without it whoever bears his father's name would be his father.
* **More agreement never speaks for less**: see ``monotone``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.levels import DIFFERENT, UNKNOWN, exact_level, level
from warehouse_cdp.matching.monotone import with_falling_ratio, with_rising_ratio
from warehouse_cdp.matching.train import (
    DEFAULT_HOUSEHOLD,
    DEFAULT_M,
    NO_HOUSEHOLDS,
    PRIOR_STRENGTH,
    TRAINED,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Records
    from warehouse_cdp.matching.train import Model

Shares = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CONFIRMED_BY: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "birth_date": (("email", "given_name"), ("national_id", "given_name")),
    "national_id": (("email", "given_name"), ("birth_date", "given_name", "family_name")),
    "given_name": (("email", "birth_date"), ("national_id", "birth_date")),
}
"""A person has one of each; what must agree so that a pair is one person's without it."""
FEWEST_CONFIRMED: Final = 50
"""Pairs that must be confirmed so that a column is judged by them."""
MOST_DIFFERENT: Final = 0.2
"""Share of a person's pairs with unlike given names above which they are not one person's.

In the sets of ``benchmarks/matching_sets.py`` it is 0.16 at most, in records spoilt on purpose.
"""
NAMESAKES: Final = 0.03
"""Share of pairs of one home who bear one given name, as fathers and sons do."""

TWINS: Final = 0.01
"""Share of pairs of one home born on one day."""
GENERAL_FREQUENCY: Final[Mapping[str, float]] = {
    "email": 0.0002,
    "phone": 0.0002,
    "national_id": 0.0001,
}
"""How often two people in general share an identifier."""
GENERAL_RECORDS: Final = 100.0
"""Records that ``GENERAL_FREQUENCY`` counts for where nothing could be learnt."""
_OF_A_HOME: Final = ("email", "phone", "address_line")
_OF_NAMESAKES: Final = DEFAULT_HOUSEHOLD.keys() - {"email"}
_LARGEST_PRIOR: Final = 0.3


@dataclass(frozen=True)
class Settled:
    """A model with settled shares, and what was found.

    ``findings`` are what, count, reason.
    """

    model: Model
    findings: tuple[tuple[str, int, str], ...]


def settle(model: Model, levels: Levels, records: Records, *, are_guarded: bool = False) -> Settled:
    """Settle the shares of a trained model by the candidate pairs that it was trained on.

    Where links ``are_guarded``, namesakes of a home are kept apart by a guard that asks for
    contradicting birth dates, and need not be counted as a household's.
    """
    findings: list[tuple[str, int, str]] = []
    if model.reason != TRAINED:
        model = _with_general_frequencies(model, records)
    model = _without_couples(model, levels, findings)
    learnt = list(model.classes.m)
    namesakes = NAMESAKES
    for name in CONFIRMED_BY:
        if name in model.names:
            number = model.names.index(name)
            lower, count = _of_confirmed(model, number, levels)
            if lower is not None:
                was = float(learnt[number][0])
                if name == "birth_date" and not are_guarded:
                    model, namesakes = _with_namesakes_of_a_home(model, was, float(lower[0]), count)
                learnt[number] = lower
                reason = (
                    f"of pairs that other columns confirm, {lower[0]:.1%} differ entirely "
                    f"(EM said {was:.1%})"
                )
                findings.append((f"{name} different", count, reason))
    classes = model.classes
    m = [with_rising_ratio(mine, u) for mine, u in zip(learnt, classes.u, strict=True)]
    household = [
        with_falling_ratio(shared, mine) if name in DEFAULT_HOUSEHOLD else shared
        for name, shared, mine in zip(model.names, classes.household, m, strict=True)
    ]
    if "given_name" in model.names and "birth_date" in model.names:
        number = model.names.index("given_name")
        household[number] = (1.0 - namesakes) * classes.u[number] + namesakes * m[number]
        number = model.names.index("birth_date")
        household[number] = (1.0 - TWINS) * classes.u[number] + TWINS * m[number]
    settled = replace(model, classes=replace(classes, m=tuple(m), household=tuple(household)))
    return Settled(settled, tuple(findings))


def _with_namesakes_of_a_home(
    model: Model, was: float, share: float, count: int
) -> tuple[Model, float]:
    """A model whose fathers and sons of one name are a household's, and the share they are of it.

    What EM took for one person's wrong birth dates and confirmed pairs do not bear out is two
    people of one name and home. Lowering the share of "different" alone would leave their number
    with the pairs of one person: so it goes over to the household's, of which they are more than
    ``NAMESAKES``. What two standard errors of the share that ``count`` confirmed pairs gave would
    explain stays.
    """
    classes = model.classes
    if classes.household_prior <= NO_HOUSEHOLDS or "given_name" not in model.names:
        return model, NAMESAKES
    share += 2.0 * float(np.sqrt(share * (1.0 - share) / count))
    moved = classes.prior * max(was - share, 0.0) / (1.0 - share)
    homes = classes.household_prior + moved
    namesakes = (moved + NAMESAKES * classes.household_prior) / homes
    # EM had them among one person's pairs, since they share what a person's records do.
    household = tuple(
        (classes.household_prior * shared + moved * mine) / homes
        if name in _OF_NAMESAKES
        else shared
        for name, mine, shared in zip(model.names, classes.m, classes.household, strict=True)
    )
    settled = replace(
        classes, prior=classes.prior - moved, household=household, household_prior=homes
    )
    return replace(model, classes=settled), namesakes


def _without_couples(model: Model, levels: Levels, findings: list[tuple[str, int, str]]) -> Model:
    """A model whose class of one person had taken in people of one home, with them in their own.

    Where all couples share mailbox, phone and address, likelihood is as high with them among the
    pairs of one person, whose given names then mostly differ: more often than in any records
    known. What is above the default goes over to the household, which shares as much as a person.
    """
    if "given_name" not in model.names or model.classes.household_prior <= NO_HOUSEHOLDS:
        return model
    given = model.names.index("given_name")
    default = DEFAULT_M["given_name"][0]
    m = model.classes.m[given]
    if m[0] <= MOST_DIFFERENT or not _are_two_people(model, levels):
        return model
    homes = (m[0] - default) / (1.0 - default)
    own = m * (1.0 - default) / (1.0 - m[0])
    own[0] = default
    classes = model.classes
    findings.append(
        (
            "given_name different",
            int((levels[:, given] == DIFFERENT).sum()),
            f"{m[0]:.0%} of what seemed one person's: couples and families, taken for such",
        )
    )
    return replace(
        model,
        classes=replace(
            classes,
            m=(*classes.m[:given], own, *classes.m[given + 1 :]),
            household=tuple(
                mine if name in DEFAULT_HOUSEHOLD else shared
                for name, mine, shared in zip(
                    model.names, classes.m, classes.household, strict=True
                )
            ),
            prior=classes.prior * (1.0 - homes),
            household_prior=classes.prior * homes,
        ),
    )


def _are_two_people(model: Model, levels: Levels) -> bool:
    """Whether pairs that share an e-mail, phone or address, but no given name, are two people's.

    They are where birth dates differ as well; where few are known, it is taken for granted.
    """
    shared = [model.names.index(name) for name in _OF_A_HOME if name in model.names]
    if not shared:
        return False
    exact = [exact_level(model.kinds[number]) for number in shared]
    of_home = (levels[:, shared] == np.array(exact)).any(axis=1)
    unlike = of_home & (levels[:, model.names.index("given_name")] == DIFFERENT)
    if "birth_date" not in model.names:
        return True
    born = levels[unlike, model.names.index("birth_date")]
    known = int((born != UNKNOWN).sum())
    apart = int(((born == DIFFERENT) | (born == level("date", "same_year"))).sum())
    return known < FEWEST_CONFIRMED or 2 * apart > known


def _with_general_frequencies(model: Model, records: Records) -> Model:
    """A model of few records with the frequencies that identifiers have in general.

    Of four records two share an e-mail: that does not make it one that half of mankind has. So
    ``GENERAL_RECORDS`` records of people in general are added to those that hold a value. And at
    least one pair of the file is expected to be one person's, and as many of two of one home: too
    few were seen to say less.
    """
    all_pairs = records.count * (records.count - 1) / 2.0
    prior = min(max(model.classes.prior, 1.0 / max(all_pairs, 1.0)), _LARGEST_PRIOR)
    u, frequencies = list(model.classes.u), list(model.frequencies)
    for number, column in enumerate(records.columns):
        general = GENERAL_FREQUENCY.get(column.name)
        if general is None:
            continue
        rows = float(column.counts.sum())
        held = model.frequencies[number]
        frequencies[number] = (held * rows + general * GENERAL_RECORDS) / (rows + GENERAL_RECORDS)
        exact = float((column.counts / rows * frequencies[number]).sum())
        shares = u[number] * (1.0 - exact) / (1.0 - u[number][-1])
        shares[-1] = exact
        u[number] = shares
    homes = model.classes.household_prior
    if homes > NO_HOUSEHOLDS:  # else no column tells people of one home apart
        homes = max(homes, prior)
    classes = replace(model.classes, u=tuple(u), prior=prior, household_prior=homes)
    return replace(model, classes=classes, frequencies=tuple(frequencies))


def _of_confirmed(model: Model, number: int, levels: Levels) -> tuple[Shares | None, int]:
    """``m`` of a column with the lower share of "different" among confirmed pairs, and their count.

    None where they are too few, or differ no less often than EM found.
    """
    confirmed = np.zeros(len(levels), dtype=np.bool_)
    for columns in CONFIRMED_BY[model.names[number]]:
        if all(name in model.names for name in columns):
            confirmed |= np.all([_agrees(model, name, levels) for name in columns], axis=0)
    confirmed &= levels[:, number] != UNKNOWN
    count = int(confirmed.sum())
    mine = model.classes.m[number]
    if count < FEWEST_CONFIRMED:
        return None, count
    differ = float((levels[confirmed, number] == DIFFERENT).sum())
    expected = DEFAULT_M[model.kinds[number]][0]
    share = (differ + PRIOR_STRENGTH * expected) / (count + PRIOR_STRENGTH)
    if share >= mine[0]:
        return None, count
    lower = mine * (1.0 - share) / (1.0 - mine[0])
    lower[0] = share
    return lower, count


def _agrees(model: Model, name: str, levels: Levels) -> Flags:
    number = model.names.index(name)
    least = {
        "given_name": level("given_name", "nickname"),
        "family_name": level("family_name", "close"),
    }.get(name, exact_level(model.kinds[number]))
    return np.asarray(levels[:, number] >= least, dtype=np.bool_)

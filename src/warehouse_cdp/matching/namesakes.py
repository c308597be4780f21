"""What strangers of one name share: names go by country, language and generation, as places do.

Two strangers who bear one name live in one country far more often than any two, and so in one
area and in streets of one name; their mailboxes, made of the name, look alike. Fellegi and Sunter
(1969) take that for evidence that they are one person, once for each column. So how many times
as often as any two strangers those of one whole name reach each level is counted on seeded samples
of pairs, net of those that seem to be one person's or one home's, and strangers of a name are
expected to agree as often as that. That two live in one country explains all that their addresses
share: of the columns of a place only the one that says most about it counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.levels import DIFFERENT, exact_level, level
from warehouse_cdp.matching.name_pairs import FAMILY, GIVEN, whole_names
from warehouse_cdp.matching.sampling import pairs_of_one, random_pairs
from warehouse_cdp.matching.train import PRIOR_STRENGTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Encoded, Records
    from warehouse_cdp.matching.train import Compares, Model

Shares = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]

PLACES: Final = ("address_line", "postal_code", "city", "region", "country")
_SAMPLE: Final = 100_000


@dataclass(frozen=True)
class Namesakes:
    """How many times as often strangers of one name reach a level (from 1 on) of a column."""

    ratios: dict[str, Shares]


def learn_namesakes(
    records: Records,
    comparer: Compares,
    strangers: Callable[[Codes, Codes, Levels], Shares],
) -> Namesakes | None:
    """Count on samples; ``strangers`` says how likely pairs are of two people of two homes."""
    names = whole_names(records)
    if names is None:
        return None
    counts = []
    for left, right in (random_pairs(records, _SAMPLE), pairs_of_one(names.code, _SAMPLE)):
        levels = comparer.levels(left, right)
        likely = strangers(left, right, levels)
        counts.append([
            _seen(column, levels[:, number], likely, left, right)
            for number, column in enumerate(records.columns)
        ])  # fmt: skip
    ratios = {
        column.name: _ratios(column, of_any, of_name)
        for column, of_any, of_name in zip(records.columns, *counts, strict=True)
        if column.name not in {GIVEN, FAMILY}
    }
    return Namesakes(ratios)


def _seen(
    column: Encoded, levels: npt.NDArray[np.int8], likely: Shares, left: Codes, right: Codes
) -> tuple[Shares, float]:
    """Pairs at each level from 1 on, and pairs of which both know the column."""
    known = (column.codes[left] >= 0) & (column.codes[right] >= 0)
    size = exact_level(column.kind) + 1
    seen = np.bincount(levels[known], weights=likely[known], minlength=size)[1:]
    return seen.astype(np.float64), float(likely[known].sum())


def _ratios(column: Encoded, of_any: tuple[Shares, float], of_name: tuple[Shares, float]) -> Shares:
    """Ratios of at least 1, near 1 where little was seen (a gamma prior around 1).

    Full agreement makes a pair seem one person's, so that it cannot be counted. A place is shared
    in full as often as it is in part; other columns are a person's own.
    """
    (any_seen, any_known), (seen, known) = of_any, of_name
    expected = any_seen * (known / max(any_known, 1.0))
    ratios = (seen + PRIOR_STRENGTH) / (expected + PRIOR_STRENGTH)
    ratios[0] = 1.0
    if column.name in PLACES:
        partly = slice(DIFFERENT, -1) if len(ratios) > 2 else slice(DIFFERENT, None)  # noqa: PLR2004 - "different" and "exact"
        of_place = (seen[partly].sum() + PRIOR_STRENGTH) / (expected[partly].sum() + PRIOR_STRENGTH)
        ratios[1:] = of_place
    else:
        ratios[-1] = 1.0
    return np.asarray(np.maximum(ratios, 1.0), dtype=np.float64)


def namesake_weights(model: Model, levels: Levels) -> Shares:
    """By how much strangers are likelier (log2, at least 0) to be such a pair of one name."""
    found = np.zeros(len(levels))
    if model.namesakes is None:
        return found
    given, family = levels[:, model.names.index(GIVEN)], levels[:, model.names.index(FAMILY)]
    where = np.flatnonzero(
        (given >= level("given_name", "nickname")) & (family >= level("family_name", "part"))
    )
    of_place = np.zeros(len(where))
    own = np.zeros(len(where))
    for name, ratios in model.namesakes.ratios.items():
        weights = np.concatenate([[0.0], np.log2(ratios)])
        gained = weights[levels[where, model.names.index(name)]]
        if name in PLACES:
            of_place = np.maximum(of_place, gained)
        else:
            own += gained
    found[where] = of_place + own
    return found

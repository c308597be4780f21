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

from warehouse_cdp.matching.levels import DIFFERENT, exact_level
from warehouse_cdp.matching.name_pairs import FAMILY, GIVEN
from warehouse_cdp.matching.parallel import each
from warehouse_cdp.matching.sampling import pairs_of_one, random_pairs
from warehouse_cdp.matching.together import added_weights
from warehouse_cdp.matching.train import PRIOR_STRENGTH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Encoded, Records
    from warehouse_cdp.matching.name_pairs import NamePairs
    from warehouse_cdp.matching.train import Compares, Model

Shares = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Seen = tuple[Shares, float]

PLACES: Final = ("address_line", "postal_code", "city", "region", "country")
_SAMPLE: Final = 100_000


@dataclass(frozen=True)
class Namesakes:
    """How many times as often strangers of one name reach a level (from 1 on) of a column."""

    ratios: dict[str, Shares]


def learn_namesakes(
    records: Records,
    names: NamePairs | None,
    comparer: Compares,
    strangers: Callable[[Codes, Codes, Levels], Shares],
    threads: int = 1,
) -> Namesakes | None:
    """Count on samples; ``strangers`` says how likely pairs are of two people of two homes.

    ``names`` are the whole names of the records; None, and no ratios, without both columns.
    """
    family = records.column(FAMILY)
    if names is None or family is None:
        return None

    def count(sample: tuple[Codes, Codes]) -> list[Seen]:
        levels = comparer.levels(*sample)
        likely = strangers(*sample, levels)
        return [
            _seen(column, levels[:, number], likely, *sample)
            for number, column in enumerate(records.columns)
        ]

    samples = (
        random_pairs(records, _SAMPLE),
        pairs_of_one(family.codes, _SAMPLE),
        pairs_of_one(names.code, _SAMPLE),
    )
    counts = each(count, samples, threads)
    ratios = {
        column.name: _ratios(column, *seen)
        for column, *seen in zip(records.columns, *counts, strict=True)
        if column.name not in {GIVEN, FAMILY}
    }
    return Namesakes(ratios)


def _seen(
    column: Encoded, levels: npt.NDArray[np.int8], likely: Shares, left: Codes, right: Codes
) -> Seen:
    """Pairs at each level from 1 on, and pairs of which both know the column."""
    known = (column.codes[left] >= 0) & (column.codes[right] >= 0)
    size = exact_level(column.kind) + 1
    seen = np.bincount(levels[known], weights=likely[known], minlength=size)[1:]
    return seen.astype(np.float64), float(likely[known].sum())


def _ratios(column: Encoded, of_any: Seen, of_family: Seen, of_name: Seen) -> Shares:
    """Ratios of at least 1 for pairs of one whole name, against any pairs.

    Where few pairs of one name were seen, those of one family name tell, and where these are few
    too, it is 1 (gamma priors). Full agreement makes a pair seem one person's, so that it cannot
    be counted: a place is shared in full as often as in part, other columns are a person's own.
    """
    ratios = np.ones(len(of_any[0]))
    is_place = column.name in PLACES
    # "Different" and "exact" alone: then full agreement is all there is to count.
    partly = slice(DIFFERENT, -1 if len(ratios) > DIFFERENT + 1 else None)
    for seen, known in (of_family, of_name):
        counted, expected = seen, of_any[0] * (known / max(of_any[1], 1.0))
        if is_place:
            counted, expected = (
                np.full_like(all_, all_[partly].sum()) for all_ in (seen, expected)
            )
        ratios = (counted + PRIOR_STRENGTH * ratios) / (expected + PRIOR_STRENGTH)
    ratios[0] = 1.0
    if not is_place:
        ratios[-1] = 1.0
    return np.asarray(np.maximum(ratios, 1.0), dtype=np.float64)


def namesake_weights(model: Model, levels: Levels, gains: Mapping[str, Shares]) -> Shares:
    """By how much strangers are likelier (log2, at least 0) to be such a pair, if of one name.

    ``gains`` are the weights of each pair by column. What is taken from them leaves agreement of
    the name, of a column or of a place no less than disagreement weighs, and full agreement no
    less than a missing value, so that more agreement never speaks for less.
    """
    found = np.zeros(len(levels))
    if model.namesakes is None:
        return found
    bound = np.minimum(gains[GIVEN], gains[FAMILY])
    where = np.flatnonzero(bound > 0.0)
    levels = levels[where]
    taken, place = np.zeros(len(where)), 0.0
    for name, ratios in model.namesakes.ratios.items():
        weights = np.log2(ratios)
        if name in PLACES:
            place = max(place, float(weights.max()))
        elif weights.any():
            number = model.names.index(name)
            weight = model.weights()[number]
            # What is left rises with the level, as the weight does.
            left = np.maximum.accumulate(weight[DIFFERENT:] - weights)
            most = np.concatenate([[0.0], np.maximum(weight[DIFFERENT:] - left, 0.0)])
            taken += np.clip(gains[name][where], 0.0, most[levels[:, number]])
    if place > 0.0:
        of_places = {name: gains[name][where] for name in model.names if name in PLACES}
        taken += np.clip(_of_agreeing_places(model, levels, of_places), 0.0, place)
    found[where] = np.minimum(taken, bound[where])
    return found


def _of_agreeing_places(model: Model, levels: Levels, gains: Mapping[str, Shares]) -> Shares:
    """What agreement in places weighs, against places that all differ."""
    found, apart = np.zeros(len(levels)), np.zeros(len(levels))
    is_full = np.zeros(len(levels), dtype=np.bool_)
    different = np.minimum(levels, DIFFERENT)
    for name, gained in gains.items():
        number = model.names.index(name)
        found += gained
        apart += model.weights()[number][different[:, number]]
        is_full |= levels[:, number] == exact_level(model.kinds[number])
    for _, gained in added_weights(model, different):
        apart += gained
    return np.asarray(np.where(is_full, found, found - apart), dtype=np.float64)

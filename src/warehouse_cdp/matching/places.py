"""Where a town, region or country follows from a finer place, it is no evidence of its own.

Fellegi and Sunter (1969) add the weights of columns up as if these were independent. Neighbours
share postcode, town and region at once: counted three times, that makes namesakes of one
suburb one person, the more the larger the file. How far one column follows from another is
measured on pairs of different people that share the finer place; where it mostly does, the
agreement of the coarser one becomes "unknown" wherever the finer one agrees. That they differ
all the same still counts, and so does the coarser place where the finer one is unknown.

Where most records of a postcode's area name one town, the town follows from the area too: it counts
only where the postcodes do not tell, or where they differ and it agrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.groups import grouped
from warehouse_cdp.matching.levels import DIFFERENT, UNKNOWN, exact_level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.matching.encode import Encoded, Records

Codes = npt.NDArray[np.int32]
Levels = npt.NDArray[np.int8]

FROM_FINE_TO_COARSE: Final = ("postal_code", "city", "region", "country")
FOLLOWS: Final = 0.05
"""Share of strangers of one finer place that share the coarser one, from which on it may follow:
with towns misspelt here and there, what it could add to the finer place is four bits at most."""
LIFT: Final = 8.0
"""How many times as often as any two records they must share it: three bits counted twice."""
_PERSONAL: Final = (
    "given_name", "family_name", "birth_date", "address_line", "phone", "email", "national_id",
)  # fmt: skip
_NEARLY_ALL: Final = 0.7
_MOSTLY: Final = 0.5
_SAMPLE: Final = 50_000
_FEWEST: Final = 200
_SEED: Final = 20_250_101


@dataclass(frozen=True)
class PlaceRules:
    """Which places follow from which: (finer, coarser), and whether the area tells the town."""

    follows: tuple[tuple[str, str], ...]
    town_of_area: bool


class Places:
    """Settles the levels of places that follow from others; made once for some records."""

    def __init__(
        self, records: Records, areas: Codes | None = None, known: PlaceRules | None = None
    ) -> None:
        """Measure on a seeded sample of pairs which place follows from which, if it is not known.

        ``areas`` are codes of the areas of the distinct postcodes.
        """
        number = {column.name: place for place, column in enumerate(records.columns)}
        if known is None:
            is_told = areas is not None and _is_town_of_area(records, areas)
            known = PlaceRules(_measured(records, number), is_told)
        self.rules = known
        self.follows = list(known.follows)
        self._town = (number["postal_code"], number["city"]) if known.town_of_area else None
        self._settled = [
            (number[fine], number[coarse], exact_level(records.columns[number[fine]].kind))
            for fine, coarse in known.follows
        ]

    def settle(self, found: Levels) -> None:
        """Change ``found`` (pairs x columns) in place, the coarsest places first."""
        if self._town is not None:
            postal, city = found[:, self._town[0]], found[:, self._town[1]]
            city[(postal > DIFFERENT) | ((postal == DIFFERENT) & (city == DIFFERENT))] = UNKNOWN
        for fine, coarse, exact in reversed(self._settled):
            mine = found[:, coarse]
            mine[(mine > DIFFERENT) & (found[:, fine] == exact)] = UNKNOWN


def _measured(records: Records, number: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    """Which place follows from which, by a seeded sample of pairs."""
    places = [name for name in FROM_FINE_TO_COARSE if name in number]
    found = []
    for fine in places[:-1]:
        left, right = strangers_of_one(records, fine)
        if len(left) < _FEWEST:
            continue
        for coarse in places[places.index(fine) + 1 :]:
            codes = records.columns[number[coarse]].codes
            known = (codes[left] >= 0) & (codes[right] >= 0)
            same = (codes[left] == codes[right])[known]
            if len(same) >= _FEWEST and _follows(
                float(same.mean()), records.columns[number[coarse]]
            ):
                found.append((fine, coarse))
    return tuple(found)


def _is_town_of_area(records: Records, areas: Codes) -> bool:
    """Whether most pairs of records from one area name one town."""
    names = [column.name for column in records.columns]
    if "city" not in names:
        return False
    postal, city = names.index("postal_code"), names.index("city")
    codes, towns = records.columns[postal].codes, records.columns[city].codes
    known = (codes >= 0) & (towns >= 0)
    area = areas[codes[known]].astype(np.int64)
    town = towns[known][area >= 0].astype(np.int64)
    area = area[area >= 0]
    width = int(town.max(initial=0)) + 1
    by_area = grouped(area)[1].astype(np.float64)
    by_town = grouped(area * width + town)[1].astype(np.float64)
    pairs, same = ((sizes * (sizes - 1.0)).sum() for sizes in (by_area, by_town))
    return bool(pairs > 0 and same > _MOSTLY * pairs)


def _follows(share: float, coarse: Encoded) -> bool:
    """Whether strangers share a place so often that it follows, or nearly all do."""
    shares = coarse.counts / max(float(coarse.counts.sum()), 1.0)
    chance = float((shares * shares).sum())
    return share >= FOLLOWS and share >= min(LIFT * chance, _NEARLY_ALL)


def strangers_of_one(records: Records, name: str) -> tuple[Codes, Codes]:
    """Random pairs of records that share the place and nothing that is a person's own."""
    column = records.column(name)
    if column is None:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    order, sizes = grouped(column.codes.astype(np.int64))
    ends = np.cumsum(sizes * (sizes - 1) // 2)
    if not len(ends) or not ends[-1]:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    draw = np.random.default_rng(_SEED)
    block = np.searchsorted(ends, draw.integers(0, ends[-1], _SAMPLE), side="right")
    first = (draw.random(_SAMPLE) * sizes[block]).astype(np.int64)
    other = (draw.random(_SAMPLE) * (sizes[block] - 1)).astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    left = order[starts[block] + first]
    right = order[starts[block] + np.where(other >= first, other + 1, other)]
    strangers = np.ones(_SAMPLE, dtype=np.bool_)
    for own in _PERSONAL:
        held = records.column(own)
        if held is not None:
            strangers &= (held.codes[left] != held.codes[right]) | (held.codes[left] < 0)
    return left[strangers], right[strangers]

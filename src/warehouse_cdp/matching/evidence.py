"""What keys alone say of a pair of records: whether it is worth comparing.

Most pairs that share a key share nothing else. Fellegi and Sunter's weight of a pair, worked out
on coarse keys (sounds, parts of dates, postcodes …) instead of on texts, tells them from the
others at the cost of a few comparisons of integers. A key that agrees weighs log2(m / u), one
that differs log2((1 - m) / (1 - u)), a missing one nothing; u is the chance that two records
share the key, m an assumed 0.8, as a single typing error changes most keys. A pair is compared
if the weight, the prior odds of one partner a record included, is at least ``LEAST_WEIGHT``:
far below what a link needs. Of a million records without keys nine of ten blocked pairs fall away
and 0.5 % of the true ones among them, which share too little to be linked by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.kernels import compiled
from warehouse_cdp.matching.places import Places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.matching.encode import Records
    from warehouse_cdp.matching.keys import Keys

Array = npt.NDArray[Any]

POSTCODE: Final = "postal_code.exact"
TOWN: Final = "city.soundex"
KEYS: Final = (
    "given_name.soundex",
    "family_name.soundex",
    "birth_date.year",
    "birth_date.month_day",
    POSTCODE,
    TOWN,
    "address_line.number",
    "address_line.street",
    "birth_place.soundex",
    "company.start4",
    "email.local",
    "phone.end6",
    "national_id.start4",
    "national_id.end4",
)
"""A record's key and another's are spoilt by different errors: two of a column are two chances."""
LEAST_WEIGHT: Final = -13.0
"""In bits, with the prior: a pair below has odds of less than one in eight thousand."""
_AGREES_OF_ONE_PERSON: Final = 0.8
_WIDTH: Final = 16
_UNITS: Final = 1024
_FURTHEST: Final = 1e6


@dataclass(frozen=True)
class Evidence:
    """Keys of each record (rows, -1 unknown), and what each key weighs (columns).

    There are ``_WIDTH`` columns, whichever keys there are: loops of a fixed length run on several
    columns at once. Weights are 1/1024 bit, as whole numbers add up faster. ``prior`` is that of a
    pair nothing is known of, ``least`` the weight to be compared. ``twice`` are two keys, or none,
    of which the second does not count where both agree.
    """

    codes: npt.NDArray[np.int32]
    agrees: npt.NDArray[np.int32]
    differs: npt.NDArray[np.int32]
    prior: int
    least: int
    twice: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Chances:
    """What evidence weighs by: measured on some records, and kept where it must not change.

    ``of_keys`` is by key the chance that two records share it, ``prior`` the weight of a pair
    nothing is known of, in bits; ``town_follows`` says whether the town follows from the postcode.
    """

    of_keys: Mapping[str, float]
    prior: float
    town_follows: bool


def chances(keys: Keys, records: Records) -> Chances:
    """The chances measured on ``records``, for those keys whose columns are there."""
    of_keys = {}
    for name in KEYS:
        if keys.known(name):
            sizes = np.bincount(keys.codes(name) + 1)[1:].astype(np.float64)
            shares = sizes / max(sizes.sum(), 1.0)
            of_keys[name] = float(np.clip((shares * shares).sum(), 1e-12, 0.5))
    follows = ("postal_code", "city") in Places(records).follows
    return Chances(of_keys, -float(np.log2(max(records.count - 1, 1))), follows)


def evidence(
    keys: Keys, records: Records, least: float = LEAST_WEIGHT, known: Chances | None = None
) -> Evidence:
    """The evidence of those keys whose columns are there, by ``known`` chances or its own.

    A town that follows from the postcode (``places``) adds nothing where both agree.
    """
    known = known or chances(keys, records)
    names = list(known.of_keys)
    codes = np.full((records.count, _WIDTH), -1, dtype=np.int32)
    agrees, differs = np.zeros(_WIDTH), np.zeros(_WIDTH)
    for number, name in enumerate(names):
        codes[:, number] = keys.codes(name)
        chance = known.of_keys[name]
        agrees[number] = np.log2(_AGREES_OF_ONE_PERSON / chance)
        differs[number] = np.log2((1.0 - _AGREES_OF_ONE_PERSON) / (1.0 - chance))
    twice = [names.index(name) for name in (POSTCODE, TOWN)] if known.town_follows else []
    return Evidence(
        codes,
        np.rint(agrees * _UNITS).astype(np.int32),
        np.rint(differs * _UNITS).astype(np.int32),
        round(known.prior * _UNITS),
        round(max(least, -_FURTHEST) * _UNITS),
        np.array(twice, dtype=np.int64),
    )


def likely_pairs(
    weighed: Evidence,
    order: npt.NDArray[np.int32],
    sizes: npt.NDArray[np.int64],
    blocks: npt.NDArray[np.int32],
    rule: int,
    heads: npt.NDArray[np.int64] | None = None,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], int]:
    """Pairs of each block that are worth comparing and that no earlier rule makes.

    ``order`` holds the records of block after block, ``sizes`` how many each has; ``blocks`` is
    the block of each record (rows) under each rule (columns). With ``heads`` only the first so
    many of each block are paired, with each other and with the rest. The third result is how many
    pairs are not worth comparing, whichever rule else makes them.
    """
    heads = sizes if heads is None else heads
    room = int((heads * sizes - heads * (heads + 1) // 2).sum())
    left, right = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    # Block after block in memory: fetching each record where it is takes three times as long.
    codes = weighed.codes.take(order, axis=0)
    weights = np.stack([weighed.agrees, weighed.differs])
    least = weighed.least - weighed.prior
    made, unlikely = _emit(
        order, sizes, heads, codes, weights, weighed.twice, least, blocks, rule, left, right
    )
    return left[:made].copy(), right[:made].copy(), unlikely


@compiled
def _emit(  # noqa: C901, PLR0913, PLR0917 - one compiled loop; it takes no objects
    order: Array,
    sizes: Array,
    heads: Array,
    codes: Array,
    weights: Array,
    twice: Array,
    least: int,
    blocks: Array,
    rule: int,
    left: Array,
    right: Array,
) -> tuple[int, int]:
    made, unlikely, start = 0, 0, 0
    agrees, differs = weights[0], weights[1]
    for number in range(len(sizes)):
        end = start + sizes[number]
        for first in range(start, start + heads[number]):
            one = codes[first]
            for second in range(first + 1, end):
                other = codes[second]
                weight = np.int32(0)
                for key in range(_WIDTH):
                    is_known = (one[key] >= 0) & (other[key] >= 0)
                    says = agrees[key] if one[key] == other[key] else differs[key]
                    weight += says if is_known else np.int32(0)
                if len(twice) > 0:
                    fine, coarse = twice[0], twice[1]
                    both = (one[fine] >= 0) & (one[fine] == other[fine])
                    if both and one[coarse] >= 0 and one[coarse] == other[coarse]:
                        weight -= agrees[coarse]
                if weight < least:
                    unlikely += 1
                    continue
                i, j = order[first], order[second]
                is_new = True
                for earlier in range(rule):
                    if blocks[i, earlier] >= 0 and blocks[i, earlier] == blocks[j, earlier]:
                        is_new = False
                        break
                if is_new:
                    left[made] = i
                    right[made] = j
                    made += 1
        start = end
    return made, unlikely

"""What keys alone say of a pair of records: whether it is worth comparing.

Most pairs that share a key share nothing else. Fellegi and Sunter's weight of a pair, worked out
on coarse keys (sounds, parts of dates, postcodes …) instead of on texts, tells them from the
others at the cost of a few comparisons of integers. A key that agrees weighs log2(m / u), one
that differs log2((1 - m) / (1 - u)), a missing one nothing; u is the chance that two records
share the key, m an assumed 0.8, as a single typing error changes most keys. A pair is compared
if the weight, the prior odds of one partner a record included, is at least ``LEAST_WEIGHT``:
far below what a link needs, so that a few keys spoilt by errors lose nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.kernels import compiled

if TYPE_CHECKING:
    from warehouse_cdp.matching.keys import Keys

Array = npt.NDArray[Any]

KEYS: Final = (
    "given_name.soundex",
    "family_name.soundex",
    "birth_date.year",
    "birth_date.month_day",
    "postal_code.exact",
    "city.soundex",
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


@dataclass(frozen=True)
class Evidence:
    """Keys of each record (rows, -1 unknown), and what each key weighs (columns).

    ``prior`` is the weight of a pair nothing is known of, ``least`` the weight to be compared.
    """

    codes: npt.NDArray[np.int32]
    agrees: npt.NDArray[np.float32]
    differs: npt.NDArray[np.float32]
    prior: float
    least: float


def evidence(keys: Keys, count: int, least: float = LEAST_WEIGHT) -> Evidence:
    """The evidence of those keys whose columns are there, of ``count`` records."""
    names = [name for name in KEYS if keys.known(name)]
    codes = np.full((count, len(names)), -1, dtype=np.int32)
    agrees = np.zeros(len(names), dtype=np.float32)
    differs = np.zeros(len(names), dtype=np.float32)
    for number, name in enumerate(names):
        codes[:, number] = keys.codes(name)
        held = codes[:, number] >= 0
        sizes = np.bincount(codes[held, number]).astype(np.float64)
        shares = sizes / max(sizes.sum(), 1.0)
        chance = float(np.clip((shares * shares).sum(), 1e-12, 0.5))
        agrees[number] = np.log2(_AGREES_OF_ONE_PERSON / chance)
        differs[number] = np.log2((1.0 - _AGREES_OF_ONE_PERSON) / (1.0 - chance))
    return Evidence(codes, agrees, differs, -float(np.log2(max(count - 1, 1))), least)


@compiled
def emit(
    order: Array,
    sizes: Array,
    blocks: Array,
    rule: int,
    codes: Array,
    agrees: Array,
    differs: Array,
    prior: float,
    least: float,
    left: Array,
    right: Array,
) -> tuple[int, int]:
    """Write the pairs of each block that no earlier rule makes and that are worth comparing.

    ``order`` holds the records of block after block, ``sizes`` how many each has; ``blocks`` is
    the block of each record (rows) under each rule (columns). ``left`` and ``right`` have room for
    all pairs. Returns how many were written and how many were left out as not worth it.
    """
    made, unlikely, start = 0, 0, 0
    for number in range(len(sizes)):
        end = start + sizes[number]
        for first in range(start, end):
            i = order[first]
            for second in range(first + 1, end):
                j = order[second]
                is_new = True
                for earlier in range(rule):
                    if blocks[i, earlier] >= 0 and blocks[i, earlier] == blocks[j, earlier]:
                        is_new = False
                        break
                if not is_new:
                    continue
                weight = prior
                for key in range(codes.shape[1]):
                    if codes[i, key] >= 0 and codes[j, key] >= 0:
                        weight += agrees[key] if codes[i, key] == codes[j, key] else differs[key]
                if weight < least:
                    unlikely += 1
                    continue
                left[made] = i
                right[made] = j
                made += 1
        start = end
    return made, unlikely

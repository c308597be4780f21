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

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.compiling import compiled
from warehouse_cdp.matching.parallel import in_slices
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
_FETCHED: Final = 4096
_FURTHEST: Final = 1e4
_MADE: Final = 1 << 26


@dataclass(frozen=True)
class Evidence:
    """Keys of each record (rows, -1 unknown), and what each key weighs (columns).

    There are ``_WIDTH`` columns, whichever keys there are: loops of a fixed length run on several
    columns at once. Those after the first ``keys`` are for the blocks of the first rules, which
    weigh nothing, and ``blocks`` for those of further rules (-1: in none): who fetches the keys of
    a record knows by then which of its pairs were made. Weights are 1/1024 bit, as whole numbers
    add up faster. ``prior`` is that of a pair nothing is known of, ``least`` the weight to be
    compared. ``twice`` are two keys, or none, of which the second does not count where both agree.
    """

    codes: npt.NDArray[np.int32]
    blocks: npt.NDArray[np.int32]
    keys: int
    agrees: npt.NDArray[np.int32]
    differs: npt.NDArray[np.int32]
    prior: int
    least: int
    twice: npt.NDArray[np.int64]

    def from_weight(self, least: float) -> Evidence:
        """The same, with pairs of at least that weight worth comparing."""
        return replace(self, least=round(max(least, -_FURTHEST) * _UNITS))

    def mark(self, order: npt.NDArray[np.int32], sizes: npt.NDArray[np.int64], rule: int) -> None:
        """Remember the blocks of a rule: records block after block, and the blocks' sizes."""
        near = _WIDTH - self.keys
        numbers = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        if rule < near:
            self.codes[order, self.keys + rule] = numbers
        else:
            self.blocks[order, rule - near] = numbers

    def forget(self, rule: int = 0) -> None:
        """Forget the blocks of all rules from that number on."""
        near = _WIDTH - self.keys
        self.codes[:, self.keys + min(rule, near) :] = -1
        self.blocks[:, max(rule - near, 0) :] = -1


@dataclass(frozen=True)
class Chances:
    """What evidence weighs by: measured on some records, and kept where it must not change.

    ``of_keys`` is by key the chance that two records share it, ``prior`` the weight of a pair
    nothing is known of, in bits; ``town_follows`` says whether the town follows from the postcode.
    """

    of_keys: Mapping[str, float]
    prior: float
    town_follows: bool


def chances(keys: Keys, records: Records, threads: int = 1) -> Chances:
    """The chances measured on ``records``, for those keys whose columns are there."""

    def chance(name: str) -> float:
        sizes = np.bincount(keys.codes(name) + 1)[1:].astype(np.float64)
        shares = sizes / max(sizes.sum(), 1.0)
        return float(np.clip((shares * shares).sum(), 1e-12, 0.5))

    names = [name for name in KEYS if keys.known(name)]
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        follows = pool.submit(lambda: ("postal_code", "city") in Places(records).follows)
        of_keys = dict(zip(names, pool.map(chance, names), strict=True))
    prior = -float(np.log2(max(records.count - 1, 1)))
    return Chances(of_keys, prior, follows.result())


def evidence(
    keys: Keys,
    records: Records,
    least: float = LEAST_WEIGHT,
    rules: int = 0,
    known: Chances | None = None,
    threads: int = 1,
) -> Evidence:
    """The evidence of those keys whose columns are there, with room for the blocks of ``rules``.

    It weighs by ``known`` chances, or by its own. A town that follows from the postcode
    (``places``) adds nothing where both agree.
    """
    known = known or chances(keys, records, threads)
    count = records.count
    names = list(known.of_keys)
    codes = _lines(count)
    held = [keys.codes(name) for name in names]

    def write(here: slice) -> None:
        # So many lines at once as stay near the processor while each key is written.
        for begin in range(here.start, here.stop, _FETCHED):
            part = slice(begin, min(begin + _FETCHED, here.stop))
            for number, of_record in enumerate(held):
                codes[part, number] = of_record[part]
            codes[part, len(names) :] = -1

    in_slices(write, count, threads)
    agrees, differs = np.zeros(_WIDTH), np.zeros(_WIDTH)
    for number, name in enumerate(names):
        chance = known.of_keys[name]
        agrees[number] = np.log2(_AGREES_OF_ONE_PERSON / chance)
        differs[number] = np.log2((1.0 - _AGREES_OF_ONE_PERSON) / (1.0 - chance))
    twice = [names.index(name) for name in (POSTCODE, TOWN)] if known.town_follows else []
    further = max(rules - (_WIDTH - len(names)), 0)
    return Evidence(
        codes,
        np.full((count, further), -1, dtype=np.int32),
        len(names),
        np.rint(agrees * _UNITS).astype(np.int32),
        np.rint(differs * _UNITS).astype(np.int32),
        round(known.prior * _UNITS),
        round(max(least, -_FURTHEST) * _UNITS),
        np.array(twice, dtype=np.int64),
    )


def _lines(count: int) -> npt.NDArray[np.int32]:
    """``count`` rows without content, each in one cache line (64 bytes) and not across two."""
    room = np.empty(count * _WIDTH + _WIDTH, dtype=np.int32)
    begin = -room.ctypes.data % (4 * _WIDTH) // 4
    return room[begin : begin + count * _WIDTH].reshape(count, _WIDTH)


def likely_pairs(
    weighed: Evidence,
    order: npt.NDArray[np.int32],
    sizes: npt.NDArray[np.int64],
    rule: int,
    heads: npt.NDArray[np.int64] | None = None,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], int]:
    """Pairs of each block that are worth comparing and that no earlier rule makes.

    ``order`` holds the records of block after block, ``sizes`` how many each has. With ``heads``
    only the first so many of each block are paired, with each other and the rest. The third result
    is how many pairs are not worth comparing, whichever rule else makes them.
    """
    heads = sizes if heads is None else heads
    room = int((heads * sizes - heads * (heads + 1) // 2).sum())
    left, right = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    # Keys of many blocks are fetched at once: one record after the other takes twice as long.
    nearby = np.empty((max(int(sizes.max(initial=0)), _FETCHED), _WIDTH), dtype=np.int32)
    weights = np.stack([weighed.agrees, weighed.differs])
    least = weighed.least - weighed.prior
    twice = weighed.twice if len(weighed.twice) else (-1, -1)
    # A block that an earlier rule made weighs more than all keys: one loop asks for both.
    near = _WIDTH - weighed.keys
    weights[0, weighed.keys : weighed.keys + min(rule, near)] = -_MADE
    further = (weighed.blocks, weighed.blocks.shape[1], rule - near)
    # The width is told: a loop of a known length is unrolled and then runs on one key at a time.
    keys = (weighed.codes, nearby, len(nearby), _WIDTH, weights, *twice, *further)
    unlikely = np.zeros(1, dtype=np.int64)
    made = _emit(order, sizes, heads, len(sizes), *keys, least, left, right, unlikely)
    return left[:made].copy(), right[:made].copy(), int(unlikely[0])


@compiled(
    "i4[] i8[] i8[] i8 i4[] i4[w] i8 i8 i4[] i8 i8 i4[] i8 i8 i8 i4[w] i4[w] i8[w]", returns=True
)
def _emit(  # noqa: C901, PLR0912, PLR0913, PLR0917 - one compiled loop; it takes no objects
    order: Array,
    sizes: Array,
    heads: Array,
    count: int,
    codes: Array,
    nearby: Array,
    room: int,
    lanes: int,
    weights: Array,
    twice: int,
    second_of_twice: int,
    blocks: Array,
    width: int,
    further: int,
    least: int,
    left: Array,
    right: Array,
    unlikely: Array,
) -> int:
    made = start = next_block = 0
    while next_block < count:
        # As many blocks as have room side by side.
        begin, block = start, next_block
        while next_block < count and start + sizes[next_block] - begin <= room:
            start += sizes[next_block]
            next_block += 1
        for place in range(start - begin):
            record = order[begin + place]
            for key in range(_WIDTH):
                nearby[place * _WIDTH + key] = codes[record * _WIDTH + key]
        low = 0
        while block < next_block:
            high = low + sizes[block]
            last = low + heads[block]
            block += 1
            for first in range(low, last):
                mine = first * _WIDTH
                for second in range(first + 1, high):
                    theirs = second * _WIDTH
                    weight = np.int32(0)
                    for key in range(lanes):
                        one, other = nearby[mine + key], nearby[theirs + key]
                        says = weights[key] if one == other else weights[_WIDTH + key]
                        # The sign of either is that of both.
                        weight += says if one | other >= 0 else np.int32(0)
                    if twice >= 0:
                        one = nearby[mine + twice]
                        if one >= 0 and one == nearby[theirs + twice]:
                            one = nearby[mine + second_of_twice]
                            if one >= 0 and one == nearby[theirs + second_of_twice]:
                                weight -= weights[second_of_twice]
                    if weight < least:
                        # What its keys weigh, whether or not an earlier rule made it.
                        alone = ((weight + _MADE // 2) & (_MADE - 1)) - _MADE // 2
                        unlikely[0] += alone < least
                        continue
                    i, j = order[begin + first], order[begin + second]
                    rule = 0
                    while rule < further:
                        one = blocks[i * width + rule]
                        if one >= 0 and one == blocks[j * width + rule]:
                            break
                        rule += 1
                    if rule >= further:
                        left[made] = i
                        right[made] = j
                        made += 1
            low = high
    return made

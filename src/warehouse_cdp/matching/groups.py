"""Which integers, and which rows of integers, are equal: by hashing, in one pass.

Numbers are given by first appearance, so that they depend on the order of rows only, which is
that of the record ids. Sources: Knuth, "The Art of Computer Programming", volume 3, section 6.4,
for linear probing and multiplicative hashing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.compiling import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = npt.NDArray[Any]
Codes = npt.NDArray[np.int32]

NONE: Final = -1
# Numbers of the type that hashes have: each np.uint64(…) in a loop costs a millisecond to compile.
_ONE: Final = np.uint64(1)
_NEGATIVE: Final = np.uint64(1 << 63)
_GOLDEN: Final = np.uint64(11400714819323198485)
_SIXTEENTH: Final = np.uint64(1 << 60)
_MIX_BY, _MIX_ONE = np.uint64(33), np.uint64(0xFF51AFD7ED558CCD)
_MIX_OTHER: Final = np.uint64(0xC4CEB9FE1A85EC53)


def numbered(keys: npt.NDArray[np.int64]) -> tuple[Codes, npt.NDArray[np.int64]]:
    """The number of each key by first appearance (-1 for a negative one), and its first row.

    The numbers are those of ``pandas.factorize``.
    """
    bits = max(len(keys), 2).bit_length() + 1
    table = np.full(1 << bits, NONE, dtype=np.int32)
    numbers = np.empty(len(keys), dtype=np.int32)
    first = np.empty(len(keys), dtype=np.int64)
    count = _number(
        keys.view(np.uint64), len(keys), table, 64 - bits, (1 << bits) - 1, numbers, first
    )
    return numbers, first[:count].copy()


def load() -> None:
    """Load what any compiled code needs, which takes half a second where it has to be compiled."""
    numbered(np.zeros(1, dtype=np.int64))


@compiled("u8[] i8 i4[w] u8 u8 i4[w] i8[w]", returns=True)
def _number(
    keys: Array, count: int, table: Array, shift: int, last: int, numbers: Array, first: Array
) -> int:
    held = 0
    for row in range(count):
        key = keys[row]
        if key >= _NEGATIVE:
            numbers[row] = NONE
            continue
        slot = (key * _GOLDEN) >> shift
        number = table[slot]
        while number >= 0 and keys[first[number]] != key:
            slot = (slot + _ONE) & last
            number = table[slot]
        if number < 0:
            number = held
            table[slot] = held
            first[held] = row
            held += 1
        numbers[row] = number
    return held


def equal_rows(columns: Sequence[Codes]) -> tuple[Codes, npt.NDArray[np.int64]]:
    """For each row the number of its combination of codes, and the first row of each number.

    Rows are numbered by a hash of their codes and then compared with the first of their number;
    where two combinations share a hash (one file of a million rows in twenty million) they are told
    apart code by code.
    """
    mixed = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        _mix(column, mixed, len(mixed))
    numbers, first = numbered(mixed.view(np.int64))
    if any((column[first].take(numbers) != column).any() for column in columns):
        numbers = columns[0]
        for column in columns:
            wide = (numbers.astype(np.int64) + 1) * (int(column.max()) + 2) + (column + 1)
            numbers, first = numbered(wide)
    return numbers, first


@compiled("i4[] u8[w] i8")
def _mix(codes: Array, mixed: Array, count: int) -> None:
    """Take codes into hashes of 63 bits (the finaliser of MurmurHash3 by Austin Appleby)."""
    for row in range(count):
        key = (mixed[row] * _GOLDEN) ^ np.uint64(codes[row] + 2)
        key = (key ^ (key >> _MIX_BY)) * _MIX_ONE
        key = (key ^ (key >> _MIX_BY)) * _MIX_OTHER
        mixed[row] = (key ^ (key >> _MIX_BY)) >> _ONE


def grouped(keys: npt.NDArray[np.int64]) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Positions of the keys from 0 on, key by key and ascending, and how many share each key.

    Key and position are sorted as one integer, which is five times as fast as sorting positions
    by their keys. Keys are in their order where both have room in one, else by first appearance.
    """
    packed, bits = _sorted(keys)
    starts = np.flatnonzero(np.diff(packed >> bits, prepend=-1))
    order = (packed & ((1 << bits) - 1)).astype(np.int32)
    return order, np.diff(starts, append=len(order)).astype(np.int64)


def shared(
    codes: Sequence[Codes], rows: Codes | None = None
) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Rows (of all, or among ``rows``) that share all codes, group after group, and their sizes.

    Groups have two rows or more; a row with an unknown code is in none.
    """
    held = [code if rows is None else code.take(rows) for code in codes]
    packed, bits = _sorted(joined(held))
    order = np.empty(len(packed), dtype=np.int32)
    sizes = np.empty(len(packed) // 2, dtype=np.int64)
    sizes = sizes[: _several(packed, len(packed), bits, (1 << bits) - 1, order, sizes)]
    order = order[: sizes.sum()]
    return order if rows is None else rows.take(order), sizes


def joined(codes: Sequence[Codes]) -> npt.NDArray[np.int64]:
    """A key for each combination of codes, -1 where one is unknown."""
    keys = codes[0].astype(np.int64)
    for code in codes[1:]:
        width = int(code.max(initial=-1)) + 1
        if int(keys.max(initial=-1)) >= np.iinfo(np.int64).max // max(width, 1):
            keys = numbered(keys)[0].astype(np.int64)
        _join(keys, code, len(keys), width)
    return keys


def sampled(codes: Sequence[Codes]) -> Codes:
    """Rows of a sixteenth of the values of the codes that have most: of each value all or none."""
    finest = max(codes, key=lambda of_rows: int(of_rows.max(initial=-1)))
    # Fibonacci hashing (Knuth, 6.4): values are numbered as they come, and so not at random.
    mixed = np.arange(int(finest.max(initial=-1)) + 2, dtype=np.uint64) * np.uint64(
        11400714819323198485
    )
    chosen = mixed >> np.uint64(60) == 0
    chosen[-1] = False  # where the code is unknown
    return np.flatnonzero(chosen.take(finest)).astype(np.int32)


def _sorted(keys: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], int]:
    """Keys from 0 on with their positions in the lowest bits, sorted, and the number of bits."""
    bits = max(len(keys) - 1, 1).bit_length()
    if int(keys.max(initial=0)) >= 1 << (63 - bits):
        keys = numbered(keys)[0].astype(np.int64)
    packed = keys << bits
    packed |= np.arange(len(keys), dtype=np.int64)
    packed.sort()
    packed = packed[np.searchsorted(packed, 0) :]
    return packed, bits


@compiled("i8[w] i4[] i8 i8")
def _join(keys: Array, codes: Array, count: int, width: int) -> None:
    for row in range(count):
        key, code = keys[row], codes[row]
        keys[row] = key * width + code if key >= 0 and code >= 0 else NONE


@compiled("i8[] i8 i8 i8 i4[w] i8[w]", returns=True)
def _several(packed: Array, count: int, bits: int, mask: int, order: Array, sizes: Array) -> int:
    """List positions of keys that come twice or more and how often each does; how many keys."""
    listed = groups = end = 0
    while end < count:
        start = end
        key = packed[start] >> bits
        end += 1
        while end < count and packed[end] >> bits == key:
            end += 1
        if end - start > 1:
            for place in range(start, end):
                order[listed] = packed[place] & mask
                listed += 1
            sizes[groups] = end - start
            groups += 1
    return groups

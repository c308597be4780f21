"""Exact string kernels on packed text, compiled by numba, free of the interpreter lock.

Texts are symbols in one buffer with offsets (``encode.PackedText``); only equality of symbols
matters. At most ``LONGEST`` symbols are compared: two bit sets of 64 then hold the state of a
comparison.

A signature is the set of a text's symbols modulo 64. Symbols in buckets that the other text
lacks can have no partner there, which bounds both measures before any symbol is read; the bound
loses nothing.

Sources: Winkler, "String comparator metrics" (1990), with the boost from a Jaro similarity of
0.7 on, as rapidfuzz and jellyfish have it; Hyyro, "A bit-vector algorithm for computing
Levenshtein and Damerau edit distances" (2003) for optimal string alignment.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.compiling import compiled, set_bits

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse_cdp.matching.encode import PackedText

Array = npt.NDArray[Any]

LONGEST: Final = 64
_BOOST_FROM: Final = 0.7
_FEWEST_A_THREAD: Final = 20_000
_SIDE_BY_SIDE: Final = 64


# Numbers of the type that bits have: each np.uint64(…) in a loop costs a millisecond to compile.
_NO, _ONE = np.uint64(0), np.uint64(1)
_ALL: Final = ~_NO
# Roundings are far smaller, and the least step of what it is taken from far greater.
_ROUNDING: Final = 1e-9


@compiled("symbol[] i8[] u8[] u8[w] i8[w] i4[] i4[] i8 f8 f8[w]")
def _jaro_winkler(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - one compiled loop
    symbols: Array,
    offsets: Array,
    signatures: Array,
    places: Array,
    listed: Array,
    left: Array,
    right: Array,
    count: int,
    cutoff: float,
    found: Array,
) -> None:
    following = 0
    while following < count:
        # What lengths, signatures and first symbols tell, of several pairs: their texts lie
        # anywhere in memory and are fetched at once so, not one after the other.
        held = 0
        while following < count and held < _SIDE_BY_SIDE:
            pair = following
            following += 1
            a, b = left[pair], right[pair]
            start_a, start_b = offsets[a], offsets[b]
            length_a, length_b = offsets[a + 1] - start_a, offsets[b + 1] - start_b
            if length_a + length_b == 0:
                found[pair] = 1.0
                continue
            found[pair] = 0.0
            ours, theirs = signatures[a], signatures[b]
            most = length_a - set_bits(ours & ~theirs)
            other = length_b - set_bits(theirs & ~ours)
            if other < most:  # noqa: PLR1730 - min and max take long to compile
                most = other
            if most <= 0:
                continue
            bound = (most / length_a + most / length_b + 1.0) / 3.0
            prefix = 0
            while (
                prefix < 4  # noqa: PLR2004 - the most that Winkler counts
                and prefix < length_a
                and prefix < length_b
                and symbols[start_a + prefix] == symbols[start_b + prefix]
            ):
                prefix += 1
            boost = 0.1 * prefix
            if bound + boost * (1.0 - bound) >= cutoff:
                found[pair] = boost
                listed[held] = pair
                held += 1
        for place in range(held):
            pair = listed[place]
            a, b = left[pair], right[pair]
            start_a, start_b = offsets[a], offsets[b]
            length_a, length_b = offsets[a + 1] - start_a, offsets[b + 1] - start_b
            boost = found[pair]
            found[pair] = 0.0
            # So many matches are too few, by the bound as above.
            least = (cutoff - boost) / (1.0 - boost)
            both = length_a * length_b / (length_a + length_b)
            fewest = np.int64((3.0 * least - 1.0) * both - _ROUNDING)
            spare = length_a - fewest - 1
            # Where each symbol stands in b, as bits.
            bit = _ONE
            for j in range(start_b, start_b + length_b):
                places[symbols[j]] |= bit
                bit += bit
            # Partners of a symbol stand within a window, as bits; it moves on with the symbol.
            longer = length_a
            if length_b > longer:  # noqa: PLR1730 - as above
                longer = length_b
            window = (longer >> 1) - 1
            reach = _ONE
            for _ in range(window):
                reach += reach + _ONE
            matches = 0
            free = _ALL
            for i in range(length_a):
                symbol = symbols[start_a + i]
                partners = places[symbol] & reach & free
                if partners:
                    # The first of them.
                    free ^= partners & ~(partners - _ONE)
                    listed[_SIDE_BY_SIDE + matches] = symbol
                    matches += 1
                elif i - matches >= spare:
                    break
                reach += reach
                if i < window:
                    reach |= _ONE
            if matches > fewest and matches > 0:
                moved = 0
                used = ~free
                for match in range(matches):
                    first = used & ~(used - _ONE)
                    used ^= first
                    if places[listed[_SIDE_BY_SIDE + match]] & first == _NO:
                        moved += 1
                jaro = (
                    matches / length_a + matches / length_b + (matches - (moved >> 1)) / matches
                ) / 3.0
                if jaro > _BOOST_FROM:
                    jaro += boost * (1.0 - jaro)
                if jaro >= cutoff:
                    found[pair] = jaro
            for j in range(start_b, start_b + length_b):
                places[symbols[j]] = _NO


@compiled("symbol[] i8[] u8[] u8[w] i4[] i4[] i8 i8 i8[w]")
def _alignment(  # noqa: C901, PLR0913, PLR0917 - one compiled loop; it takes no objects
    symbols: Array,
    offsets: Array,
    signatures: Array,
    places: Array,
    left: Array,
    right: Array,
    count: int,
    most: int,
    found: Array,
) -> None:
    for pair in range(count):
        a, b = left[pair], right[pair]
        start_a, start_b = offsets[a], offsets[b]
        length_a, length_b = offsets[a + 1] - start_a, offsets[b + 1] - start_b
        ours, theirs = signatures[a], signatures[b]
        found[pair] = most + 1
        if (
            length_a - length_b > most
            or length_b - length_a > most
            or set_bits(ours & ~theirs) > most
            or set_bits(theirs & ~ours) > most
        ):
            continue
        if length_a == 0:
            found[pair] = length_b
            continue
        bit = last = _ONE
        for i in range(start_a, start_a + length_a):
            places[symbols[i]] |= bit
            last = bit
            bit += bit
        positive = _ALL
        negative = diagonal = before = _NO
        distance = length_a
        for j in range(length_b):
            equal = places[symbols[start_b + j]]
            swapped = (((~diagonal) & equal) << _ONE) & before
            diagonal = (((equal & positive) + positive) ^ positive) | equal | negative | swapped
            rise = negative | ~(diagonal | positive)
            fall = diagonal & positive
            if rise & last:
                distance += 1
            if fall & last:
                distance -= 1
            rise = (rise << _ONE) | _ONE
            positive = (fall << _ONE) | ~(diagonal | rise)
            negative = rise & diagonal
            before = equal
            # Each further symbol of b brings the distance down by one at most.
            if distance - (length_b - 1 - j) > most:
                break
        if distance <= most:
            found[pair] = distance
        for i in range(start_a, start_a + length_a):
            places[symbols[i]] = _NO


def jaro_winkler(
    text: PackedText,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    cutoff: float = 0.0,
    threads: int = 1,
) -> npt.NDArray[np.float64]:
    """Jaro-Winkler similarity of texts ``left[i]`` and ``right[i]``; 0 where below ``cutoff``."""
    found = np.empty(len(left), dtype=np.float64)

    def compare(here: slice) -> None:
        listed = np.empty(_SIDE_BY_SIDE + LONGEST, dtype=np.int64)
        given = (*_packed(text), listed, left[here], right[here])
        _jaro_winkler(*given, here.stop - here.start, cutoff, found[here])

    _in_threads(compare, len(left), threads)
    return found


def alignment_distance(
    text: PackedText,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    most: int = LONGEST,
    threads: int = 1,
) -> npt.NDArray[np.int64]:
    """Optimal string alignment distance; ``most + 1`` stands for any larger distance."""
    found = np.empty(len(left), dtype=np.int64)

    def compare(here: slice) -> None:
        given = (*_packed(text), left[here], right[here])
        _alignment(*given, here.stop - here.start, most, found[here])

    _in_threads(compare, len(left), threads)
    return found


def _packed(text: PackedText) -> tuple[Array, Array, Array, Array]:
    """Texts as the kernels take them, and room for where each symbol stands in one of them."""
    return text.symbols, text.offsets, text.signatures, np.zeros(text.alphabet, dtype=np.uint64)


def _in_threads(compare: Callable[[slice], None], count: int, threads: int) -> None:
    """Compare slices of the pairs; each writes its own slice, so order cannot matter."""
    parts = max(1, min(threads, count // _FEWEST_A_THREAD))
    edges = [int(edge) for edge in np.linspace(0, count, parts + 1)]
    slices = [slice(*ends) for ends in pairwise(edges)]
    if parts == 1:
        compare(slices[0])
        return
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(compare, slices))

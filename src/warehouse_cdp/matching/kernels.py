"""Exact string kernels on packed text, compiled by numba, free of the interpreter lock.

Texts are symbols (``uint8`` where all of a column is ASCII, else ``uint32`` code points) in one
buffer with offsets; only equality of symbols matters. At most ``LONGEST`` symbols are compared:
two bit sets of 64 then hold the state of a comparison.

A signature is the set of a text's symbols modulo 64. Symbols in buckets that the other text
lacks can have no partner there, which bounds both measures before any symbol is read; the bound
loses nothing.

Sources: Winkler, "String comparator metrics" (1990), with the boost from a Jaro similarity of
0.7 on, as rapidfuzz and jellyfish have it; Hyyro, "A bit-vector algorithm for computing
Levenshtein and Damerau edit distances" (2003) for optimal string alignment.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse_cdp.matching.encode import PackedText

Array = npt.NDArray[Any]

LONGEST: Final = 64
_BOOST_FROM: Final = 0.7
_FEWEST_A_THREAD: Final = 20_000
_SIDE_BY_SIDE: Final = 64


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function compiled without the interpreter lock, cached on disk where one can write.

    numba caches beside the module, else in the user's cache folder (NUMBA_CACHE_DIR names
    another); where none can be written it raises, and compiling in memory must do.
    """
    try:
        return numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:
        return numba.njit(nogil=True)(function)


@compiled
def _bits(word: np.uint64) -> np.int64:
    """Count of set bits (Warren, "Hacker's Delight", section 5-1)."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + (
        (word >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@compiled
def _jaro_winkler(  # noqa: C901, PLR0912, PLR0915 - one compiled loop; calls would cost
    symbols: Array,
    offsets: Array,
    signatures: Array,
    places: Array | None,
    left: Array,
    right: Array,
    cutoff: float,
    found: Array,
) -> None:
    one, everything = np.uint64(1), ~np.uint64(0)
    listed = np.zeros((_SIDE_BY_SIDE, 3), dtype=np.int64)
    for begin in range(0, len(left), _SIDE_BY_SIDE):
        # What lengths, signatures and first symbols tell, of several pairs: their texts lie
        # anywhere in memory and are fetched at once so, not one after the other.
        count = 0
        for pair in range(begin, min(begin + _SIDE_BY_SIDE, len(left))):
            a, b = left[pair], right[pair]
            start_a, start_b = offsets[a], offsets[b]
            length_a, length_b = offsets[a + 1] - start_a, offsets[b + 1] - start_b
            found[pair] = 0.0
            if length_a == 0 or length_b == 0:
                if length_a == length_b:
                    found[pair] = 1.0
                continue
            most = min(
                length_a - _bits(signatures[a] & ~signatures[b]),
                length_b - _bits(signatures[b] & ~signatures[a]),
            )
            if most <= 0:
                continue
            bound = (most / length_a + most / length_b + 1.0) / 3.0
            prefix = 0
            while (
                prefix < min(4, length_a, length_b)
                and symbols[start_a + prefix] == symbols[start_b + prefix]
            ):
                prefix += 1
            if bound + 0.1 * prefix * (1.0 - bound) >= cutoff:
                listed[count, 0], listed[count, 1], listed[count, 2] = pair, prefix, most
                count += 1
        for place in range(count):
            pair, prefix, most = listed[place, 0], listed[place, 1], listed[place, 2]
            a, b = left[pair], right[pair]
            start_a, start_b = offsets[a], offsets[b]
            length_a, length_b = offsets[a + 1] - start_a, offsets[b + 1] - start_b
            # So many matches are too few by the same bound, begun one or two above and lowered.
            least = (cutoff - 0.1 * prefix) / (1.0 - 0.1 * prefix)
            both = length_a * length_b / (length_a + length_b)
            fewest = min(most, max(int((3.0 * least - 1.0) * both), 0) + 2)
            bound = (fewest / length_a + fewest / length_b + 1.0) / 3.0
            while fewest > 0 and bound + 0.1 * prefix * (1.0 - bound) >= cutoff:
                fewest -= 1
                bound = (fewest / length_a + fewest / length_b + 1.0) / 3.0
            spare = length_a - fewest - 1
            window = max(max(length_a, length_b) // 2 - 1, 0)
            used_a, used_b = np.uint64(0), np.uint64(0)
            matches = 0
            if places is None:
                for i in range(length_a):
                    symbol = symbols[start_a + i]
                    for j in range(max(0, i - window), min(length_b, i + window + 1)):
                        if symbols[start_b + j] == symbol and not (used_b >> np.uint64(j)) & one:
                            used_b |= one << np.uint64(j)
                            used_a |= one << np.uint64(i)
                            matches += 1
                            break
            else:
                # Where each symbol stands in b, as bits: the first free one in the window at once.
                for j in range(length_b):
                    places[symbols[start_b + j] & 255] |= one << np.uint64(j)
                for i in range(length_a):
                    first, end = max(0, i - window), min(length_b, i + window + 1)
                    if first >= end or i - matches > spare:
                        break
                    reach = (everything >> np.uint64(64 - (end - first))) << np.uint64(first)
                    free = places[symbols[start_a + i] & 255] & reach & ~used_b
                    if free:
                        used_b |= free & (~free + one)
                        used_a |= one << np.uint64(i)
                        matches += 1
                for j in range(length_b):
                    places[symbols[start_b + j] & 255] = np.uint64(0)
            if matches <= fewest:
                continue
            moved = 0
            j = 0
            for i in range(length_a):
                if (used_a >> np.uint64(i)) & one:
                    while not (used_b >> np.uint64(j)) & one:
                        j += 1
                    if symbols[start_a + i] != symbols[start_b + j]:
                        moved += 1
                    j += 1
            jaro = (
                matches / length_a + matches / length_b + (matches - moved // 2) / matches
            ) / 3.0
            if jaro > _BOOST_FROM:
                jaro += 0.1 * prefix * (1.0 - jaro)
            if jaro >= cutoff:
                found[pair] = jaro


@compiled
def _alignment(  # noqa: C901, PLR0912 - one compiled loop; calls would cost
    symbols: Array,
    offsets: Array,
    signatures: Array,
    places: Array | None,
    left: Array,
    right: Array,
    most: int,
    found: Array,
) -> None:
    one = np.uint64(1)
    for pair in range(len(left)):
        a, b = left[pair], right[pair]
        start_a, start_b = offsets[a], offsets[b]
        length_a, length_b = offsets[a + 1] - start_a, offsets[b + 1] - start_b
        found[pair] = most + 1
        least = max(
            _bits(signatures[a] & ~signatures[b]),
            _bits(signatures[b] & ~signatures[a]),
            abs(length_a - length_b),
        )
        if least > most:
            continue
        if length_a == 0 or length_b == 0:
            found[pair] = min(most + 1, max(length_a, length_b))
            continue
        positive = ~np.uint64(0)
        negative = np.uint64(0)
        diagonal = np.uint64(0)
        before = np.uint64(0)
        last = one << np.uint64(length_a - 1)
        distance = length_a
        if places is not None:
            for i in range(length_a):
                places[symbols[start_a + i] & 255] |= one << np.uint64(i)
        for j in range(length_b):
            symbol = symbols[start_b + j]
            equal = np.uint64(0)
            if places is None:
                for i in range(length_a):
                    equal |= np.uint64(symbols[start_a + i] == symbol) << np.uint64(i)
            else:
                equal = places[symbol & 255]
            swapped = (((~diagonal) & equal) << one) & before
            diagonal = (((equal & positive) + positive) ^ positive) | equal | negative | swapped
            rise = negative | ~(diagonal | positive)
            fall = diagonal & positive
            if rise & last:
                distance += 1
            if fall & last:
                distance -= 1
            rise = (rise << one) | one
            fall = fall << one
            positive = fall | ~(diagonal | rise)
            negative = rise & diagonal
            before = equal
            # Each further symbol of b brings the distance down by one at most.
            if distance - (length_b - 1 - j) > most:
                break
        if places is not None:
            for i in range(length_a):
                places[symbols[start_a + i] & 255] = np.uint64(0)
        found[pair] = min(most + 1, distance)


def jaro_winkler(
    text: PackedText,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    cutoff: float = 0.0,
    threads: int = 1,
) -> npt.NDArray[np.float64]:
    """Jaro-Winkler similarity of texts ``left[i]`` and ``right[i]``; 0 where below ``cutoff``."""
    found = np.empty(len(left), dtype=np.float64)
    _in_threads(_jaro_winkler, text, left, right, cutoff, found, threads)
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
    _in_threads(_alignment, text, left, right, most, found, threads)
    return found


def _in_threads(
    kernel: Callable[..., Any],
    text: PackedText,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    limit: float,
    found: npt.NDArray[Any],
    threads: int,
) -> None:
    """Run a kernel on slices of the pairs; each writes its own slice, so order cannot matter."""
    parts = max(1, min(threads, len(left) // _FEWEST_A_THREAD))
    edges = np.linspace(0, len(left), parts + 1).astype(np.int64)
    arguments = (text.symbols, text.offsets, text.signatures)

    def run(part: int) -> None:
        here = slice(edges[part], edges[part + 1])
        # Where each symbol stands in a text, as bits; None of more symbols than bytes: numba leaves
        # out what is for the other kind and so compiles each kernel for the texts there are.
        places = np.zeros(256, dtype=np.uint64) if text.symbols.itemsize == 1 else None
        kernel(*arguments, places, left[here], right[here], limit, found[here])

    if parts == 1:
        run(0)
        return
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(run, range(parts)))

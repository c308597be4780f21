"""Keys of packed texts as integers: sounds and words, without a Python string for each value.

Only texts of ASCII letters, digits and blanks are read here (``is_plain``), which after
``normal_forms`` is nearly all there are; ``keys`` falls back on Python for others. A sound is
the American Soundex of Russell and Odell as jellyfish has it, its four characters in one
integer; a word is the FNV-1a hash of its symbols (Fowler, Noll and Vo, 1991), so that two of a
million different words have one key by accident in one file of twenty million.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.kernels import compiled

if TYPE_CHECKING:
    from warehouse_cdp.matching.encode import PackedText

Array = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]

NONE: Final = -1
"""The key of a text that has none."""
FIRST, LAST, FIRST_DIGITS, HOUSE_NUMBER = 0, 1, 2, 3
"""Which word of a text: its first, its last, the first that begins with a digit, the first that is
digits and at most one letter."""
_SHORTEST_STREET: Final = 3
# Soundex digits of a to z; 0 for vowels, which part equal digits, 7 for h and w, which do not.
_SOUNDS: Final = np.array([int(digit) for digit in "01230127022455012623017202"], dtype=np.int64)
_SPACE, _ZERO, _NINE, _A, _Z = (ord(sign) for sign in " 09az")


def is_plain(text: PackedText) -> bool:
    """Whether all symbols are ASCII, which the functions below take for granted."""
    return text.symbols.dtype == np.uint8


def sounds(text: PackedText, *, of_street: bool = False) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """The Soundex of each text without blanks, or of its first word of three letters or more.

    The second array tells which texts hold other signs than letters, and have no key here.
    """
    found = np.full(len(text.signatures), NONE, dtype=np.int64)
    odd = np.zeros(len(found), dtype=np.bool_)
    _sounds(text.symbols, text.offsets, _SOUNDS, int(of_street), found, odd)
    return found, odd


def words(text: PackedText, which: int, shortest: int = 1) -> Integers:
    """The hash of one word of each text (``FIRST`` to ``HOUSE_NUMBER``), if it is long enough."""
    found = np.full(len(text.signatures), NONE, dtype=np.int64)
    _words(text.symbols, text.offsets, which, shortest, found)
    return found


@compiled
def _sounds(  # noqa: C901, PLR0912 - one compiled loop; calls would cost
    symbols: Array, offsets: Array, digits: Array, of_street: int, found: Array, odd: Array
) -> None:
    for number in range(len(found)):
        at, end = offsets[number], offsets[number + 1]
        if of_street:
            start, letters = at, 0
            while at < end and letters < _SHORTEST_STREET:
                letters = letters + 1 if _A <= symbols[at] <= _Z else 0
                at += 1
            if letters < _SHORTEST_STREET:
                continue
            start = at - letters
            while at < end and _A <= symbols[at] <= _Z:
                at += 1
            at, end = start, at
        key = np.int64(0)
        length = 0
        last = np.int64(0)
        while at < end:
            symbol = symbols[at]
            at += 1
            if symbol == _SPACE:
                continue
            if symbol < _A or symbol > _Z:
                odd[number] = True
                break
            digit = digits[symbol - _A]
            if length == 0:
                key = np.int64(symbol - 32)
                length = 1
                last = digit
            elif digit != 7:  # noqa: PLR2004 - h and w
                if digit > 0 and digit != last and length < 4:  # noqa: PLR2004 - of a code
                    key = key * 256 + 48 + digit
                    length += 1
                last = digit
        if length > 0 and not odd[number]:
            while length < 4:  # noqa: PLR2004 - of a code
                key = key * 256 + 48
                length += 1
            found[number] = key


@compiled
def _words(  # noqa: C901 - one compiled loop; calls would cost
    symbols: Array, offsets: Array, which: int, shortest: int, found: Array
) -> None:
    for number in range(len(found)):
        at, end = offsets[number], offsets[number + 1]
        while at < end:
            if symbols[at] == _SPACE:
                at += 1
                continue
            start = at
            key = np.uint64(14695981039346656037)
            while at < end and symbols[at] != _SPACE:
                key = (key ^ np.uint64(symbols[at])) * np.uint64(1099511628211)
                at += 1
            if which >= FIRST_DIGITS and not _ZERO <= symbols[start] <= _NINE:
                continue
            if which == HOUSE_NUMBER:
                digits = start
                while digits < at and _ZERO <= symbols[digits] <= _NINE:
                    digits += 1
                if at - digits > 1:
                    continue
            if at - start >= shortest:
                found[number] = np.int64(key >> np.uint64(1))
            elif which == LAST:
                found[number] = NONE
            if which != LAST:
                break

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

from warehouse_cdp.matching.compiling import compiled

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
_SILENT, _BLANK, _OTHER = 7, 8, 9
_SPACE, _ZERO, _NINE, _A = (ord(sign) for sign in " 09a")
# Of each byte its Soundex digit: 0 for vowels, which part equal digits, 7 for h and w, which do
# not; then blanks, and what is no letter.
_KINDS: Final = np.full(256, _OTHER, dtype=np.int64)
_KINDS[_A : _A + 26] = [int(digit) for digit in "01230127022455012623017202"]
_KINDS[_SPACE] = _BLANK
_ONE: Final = np.uint64(1)
_FNV_START, _FNV_FACTOR = np.uint64(14695981039346656037), np.uint64(1099511628211)


def is_plain(text: PackedText) -> bool:
    """Whether all symbols are ASCII, which the functions below take for granted."""
    return text.is_ascii


def sounds(text: PackedText, *, of_street: bool = False) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """The Soundex of each text without blanks, or of its first word of three letters or more.

    The second array tells which texts hold other signs than letters, and have no key here.
    """
    found = np.full(len(text.signatures), NONE, dtype=np.int64)
    odd = np.zeros(len(found), dtype=np.bool_)
    _sounds(text.symbols, text.offsets, len(found), _KINDS, int(of_street), found, odd)
    return found, odd


def words(text: PackedText, which: int, shortest: int = 1) -> Integers:
    """The hash of one word of each text (``FIRST`` to ``HOUSE_NUMBER``), if it is long enough."""
    found = np.full(len(text.signatures), NONE, dtype=np.int64)
    _words(text.symbols, text.offsets, len(found), which, shortest, found)
    return found


@compiled("symbol[] i8[] i8 i8[] i8 i8[w] b1[w]")
def _sounds(  # noqa: C901, PLR0912 - one compiled loop; calls would cost
    symbols: Array,
    offsets: Array,
    count: int,
    kinds: Array,
    of_street: int,
    found: Array,
    odd: Array,
) -> None:
    for number in range(count):
        at, end = offsets[number], offsets[number + 1]
        if of_street:
            letters = 0
            while at < end and letters < _SHORTEST_STREET:
                letters = letters + 1 if kinds[symbols[at]] < _BLANK else 0
                at += 1
            if letters < _SHORTEST_STREET:
                continue
            at -= letters
        key = length = last = 0
        while at < end:
            symbol = symbols[at]
            kind = kinds[symbol]
            at += 1
            if kind >= _BLANK:
                if of_street:
                    break
                if kind == _BLANK:
                    continue
                odd[number] = True
                length = 0
                break
            if length == 0:
                key = symbol - 32
                length = 1
                last = kind
            elif kind != _SILENT:
                if kind > 0 and kind != last and length < 4:  # noqa: PLR2004 - of a code
                    key = key * 256 + 48 + kind
                    length += 1
                last = kind
        if length > 0:
            while length < 4:  # noqa: PLR2004 - of a code
                key = key * 256 + 48
                length += 1
            found[number] = key


@compiled("symbol[] i8[] i8 i8 i8 i8[w]")
def _words(  # noqa: C901 - one compiled loop; calls would cost
    symbols: Array, offsets: Array, count: int, which: int, shortest: int, found: Array
) -> None:
    for number in range(count):
        at, end = offsets[number], offsets[number + 1]
        while at < end:
            start = at
            key = _FNV_START
            while at < end and symbols[at] != _SPACE:
                key = (key ^ np.uint64(symbols[at])) * _FNV_FACTOR
                at += 1
            length = at - start
            # Past the blank behind the word.
            at += 1
            if length == 0:
                continue
            if which >= FIRST_DIGITS:
                digits = 0
                while digits < length and _ZERO <= symbols[start + digits] <= _NINE:
                    digits += 1
                if digits == 0 or (which == HOUSE_NUMBER and length - digits > 1):
                    continue
            if length >= shortest:
                found[number] = np.int64(key >> _ONE)
            elif which == LAST:
                found[number] = NONE
            if which != LAST:
                break

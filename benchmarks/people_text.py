"""Texts of the invented people as arrays of bytes: made, joined and spoilt many at once."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Texts = npt.NDArray[np.bytes_]
_STARTS: Final = np.array(
    [
        *("b", "br", "c", "ch", "cl", "d", "dr", "f", "g", "gr", "h", "j", "k", "l", "m", "n"),
        *("p", "pr", "r", "s", "sh", "st", "t", "th", "tr", "v", "w"),
    ],
    dtype="S2",
)
_VOWELS: Final = np.array(
    ["a", "e", "i", "o", "u", "ai", "ea", "ee", "ie", "o", "a", "e"], dtype="S2"
)
_ENDS: Final = np.array(["", "", "", "n", "r", "l", "s", "t", "ck", "nd", "m"], dtype="S2")
_INSERT, _DELETE, _SUBSTITUTE = 0.25, 0.5, 0.85


def words(draw: np.random.Generator, count: int, syllables: tuple[int, int]) -> Texts:
    """``count`` different invented words of that many syllables (least, most), in random order."""
    least, most = syllables
    found = np.zeros(0, dtype="S1")
    while len(found) < count:
        size = 2 * count
        made = np.full(size, b"", dtype="S1")
        length = draw.integers(least, most + 1, size)
        for number in range(most):
            syllable = np.char.add(
                draw.choice(_STARTS, size), np.char.add(draw.choice(_VOWELS, size), b"")
            )
            # Only the last syllable closes, and now and then one before it.
            closes = (length == number + 1) | (draw.random(size) < 0.2)  # noqa: PLR2004 - a share
            syllable = np.char.add(syllable, np.where(closes, draw.choice(_ENDS, size), b""))
            made = np.char.add(made, np.where(length > number, syllable, b""))
        found = np.unique(np.concatenate([found, made]))
    return found[draw.permutation(len(found))[:count]]


def joined(left: Texts, right: Texts) -> Texts:
    """Pairs of texts with a blank between them."""
    return np.char.add(np.char.add(left, b" "), right)


def spoilt(
    draw: np.random.Generator, texts: Texts, alphabet: bytes, *, keeps_length: bool
) -> Texts:
    """Each text with one typing error: a symbol more, less, another, or two exchanged.

    With ``keeps_length`` only the latter two. A symbol typed is one of ``alphabet``; an error may
    leave a text as it was (two equal symbols exchanged), as in life.
    """
    if not len(texts):
        return texts
    width = texts.itemsize + 1
    symbols = np.zeros((len(texts), width), dtype=np.uint8)
    symbols[:, :-1] = np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), -1)
    lengths = np.count_nonzero(symbols, axis=1)
    how = draw.random(len(texts))
    if keeps_length:
        how = _DELETE + how * (1.0 - _DELETE)
    rows = np.arange(len(texts))
    at = np.minimum(
        (draw.random(len(texts)) * lengths).astype(np.int64), np.maximum(lengths - 1, 0)
    )
    typed = np.frombuffer(alphabet, dtype=np.uint8)[draw.integers(0, len(alphabet), len(texts))]
    inserts, deletes = how < _INSERT, (how >= _INSERT) & (how < _DELETE) & (lengths > 1)
    place = np.arange(width)[None, :]
    shift = np.where(inserts[:, None] & (place > at[:, None]), -1, 0)
    shift = shift + np.where(deletes[:, None] & (place >= at[:, None]), 1, 0)
    source = np.minimum(place + shift, width - 1)
    result = np.take_along_axis(symbols, source, axis=1)
    writes = inserts | ((how >= _DELETE) & (how < _SUBSTITUTE))
    result[rows[writes], at[writes]] = typed[writes]
    swaps = np.flatnonzero((how >= _SUBSTITUTE) & (at + 1 < lengths))
    result[swaps, at[swaps]] = symbols[swaps, at[swaps] + 1]
    result[swaps, at[swaps] + 1] = symbols[swaps, at[swaps]]
    return np.ascontiguousarray(result).view(f"S{width}").reshape(len(texts))


def to_arrow(texts: Texts, unknown: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Texts as an Arrow array of strings, null where unknown."""
    width = texts.itemsize
    symbols = np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), width)
    held = symbols != 0
    if unknown is not None:
        held &= ~unknown[:, None]
    offsets = np.concatenate([[0], np.cumsum(held.sum(axis=1))]).astype(np.int32)
    validity = None
    if unknown is not None:
        validity = pa.py_buffer(np.packbits(~unknown, bitorder="little"))
    return pa.StringArray.from_buffers(
        len(texts), pa.py_buffer(offsets), pa.py_buffer(symbols[held]), validity
    )

"""Columns as integer codes: each distinct value is handled once, no text is touched per pair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.matching.compiling import compiled
from warehouse_cdp.matching.groups import equal_rows, numbered
from warehouse_cdp.matching.kernels import LONGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.matching.columns import FoundColumn

Array = npt.NDArray[Any]

Number = TypeVar("Number", np.int32, np.int64)

MISSING = -1
_NO, _ONE = np.uint64(0), np.uint64(1)
_ASCII: Final = 128
_BYTES: Final = 256
_CODE_POINTS: Final = 0x110000


@dataclass(frozen=True)
class PackedText:
    """Texts in one buffer: text ``i`` is ``symbols[offsets[i]:offsets[i + 1]]``.

    ``symbols``, at most ``LONGEST`` of a text, are ASCII (``is_ascii``), else the numbers of the
    code points there are: bytes, if there are 256 different ones or fewer, so that kernels are
    compiled once for nearly any column. All are below ``alphabet``. ``signatures`` hold the set of
    each text's symbols modulo 64.
    """

    symbols: npt.NDArray[np.uint8] | npt.NDArray[np.uint32]
    offsets: npt.NDArray[np.int64]
    signatures: npt.NDArray[np.uint64]
    is_ascii: bool = True
    alphabet: int = _BYTES


@dataclass(frozen=True)
class Encoded:
    """A column: per record a code (int32, -1 where unknown) into its distinct values.

    ``counts`` is the number of input rows with each value, whatever rows were collapsed.
    """

    name: str
    kind: str
    codes: npt.NDArray[np.int32]
    values: pa.Array
    counts: npt.NDArray[np.int64]
    text: PackedText

    def texts(self, codes: npt.NDArray[Any] | None = None) -> list[str]:
        """The distinct values, or those of ``codes``."""
        values = self.values if codes is None else self.values.take(pa.array(codes))
        return list(values.to_pylist())


@dataclass(frozen=True)
class Records:
    """Records without their exact duplicates, by columns.

    ``row_record`` gives for each input row its record; ``first_row`` for each record its first
    row; ``weights`` the number of rows of each record.
    """

    columns: tuple[Encoded, ...]
    row_record: npt.NDArray[np.int64]
    first_row: npt.NDArray[np.int64]
    weights: npt.NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of records."""
        return len(self.first_row)

    def column(self, name: str) -> Encoded | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


def pack(texts: pa.Array) -> PackedText:
    """Pack texts (no nulls) for the kernels; those of ASCII stay where Arrow holds them."""
    _, places, data = texts.buffers()
    held = np.frombuffer(places, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    offsets = held.astype(np.int64) if len(texts) else np.zeros(1, dtype=np.int64)
    symbols: npt.NDArray[np.uint8] | npt.NDArray[np.uint32]
    symbols = np.frombuffer(data or b"", dtype=np.uint8)
    inside = symbols[offsets[0] : offsets[-1]]
    alphabet = _BYTES
    is_ascii = int(inside.max(initial=0)) < _ASCII
    if not is_ascii or int(np.diff(offsets).max(initial=0)) > LONGEST:
        short = pc.utf8_slice_codeunits(texts, 0, LONGEST)
        if is_ascii:
            return pack(short)
        lengths = pc.utf8_length(short).to_numpy(zero_copy_only=False).astype(np.int64)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        points = np.frombuffer("".join(short.to_pylist()).encode("utf-32-le"), dtype=np.uint32)
        symbols, alphabet = _renumbered(points)
    signatures = np.empty(len(texts), dtype=np.uint64)
    _sign(symbols, offsets, len(texts), signatures)
    return PackedText(symbols, offsets, signatures, is_ascii, alphabet)


def _renumbered(
    points: npt.NDArray[np.uint32],
) -> tuple[npt.NDArray[np.uint8] | npt.NDArray[np.uint32], int]:
    """Code points as numbers of those there are, in their order, and a bound of these numbers."""
    is_there = np.zeros(_CODE_POINTS, dtype=np.bool_)
    is_there[points] = True
    count = int(is_there.sum())
    numbers = np.cumsum(is_there, dtype=np.int32) - 1
    symbols = numbers[points]
    if count <= _BYTES:
        return symbols.astype(np.uint8), _BYTES
    return symbols.astype(np.uint32), count


@compiled("symbol[] i8[] i8 u8[w]")
def _sign(symbols: Array, offsets: Array, count: int, signatures: Array) -> None:
    for text in range(count):
        found = _NO
        for place in range(offsets[text], offsets[text + 1]):
            found |= _ONE << np.uint64(symbols[place] & 63)
        signatures[text] = found


def codes_of(values: pa.Array) -> tuple[npt.NDArray[np.int32], pa.Array]:
    """Codes into sorted distinct values (-1 for null), and these values.

    A dictionary array must hold different texts in its dictionary, as ``dictionary_encode`` does.
    """
    is_encoded = pa.types.is_dictionary(values.type)
    encoded = values if is_encoded else values.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order) + 1, dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    rank[-1] = MISSING
    indices = pc.fill_null(encoded.indices, len(order)).to_numpy()
    return rank[indices], encoded.dictionary.take(pa.array(order))


def first_codes(values: pa.Array) -> tuple[npt.NDArray[np.int32], pa.Array]:
    """Codes into distinct values by first appearance (-1 for null), and these values."""
    encoded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    indices = pc.fill_null(encoded.indices, MISSING) if encoded.null_count else encoded.indices
    return indices.to_numpy(), encoded.dictionary


def of_records(of_values: npt.NDArray[Number], column: Encoded) -> npt.NDArray[Number]:
    """What is known of a column's values, for each record; -1 where its value is unknown."""
    return np.append(of_values, of_values.dtype.type(MISSING)).take(column.codes)


def encode_column(found: FoundColumn, order: npt.NDArray[np.int64] | None = None) -> Encoded:
    """A found column as codes, counts and packed text; its rows in ``order`` where one is given.

    Values are numbered as they first appear in that order.
    """
    codes, values = first_codes(found.values)
    if order is not None:
        moved = codes[order]
        codes, first = numbered(moved.astype(np.int64))
        values = values.take(pa.array(moved[first]))
    counts = np.bincount(codes[codes >= 0], minlength=len(values)).astype(np.int64)
    return Encoded(found.name, found.kind, codes, values, counts, pack(values))


def collapse(columns: Sequence[Encoded], extra: Sequence[npt.NDArray[np.int32]] = ()) -> Records:
    """Collapse rows equal in all ``columns`` (and in ``extra`` codes) to one record each.

    Records are in the order of their first rows.
    """
    row_record, first_row = equal_rows([*(column.codes for column in columns), *extra])
    weights = np.bincount(row_record, minlength=len(first_row)).astype(np.int64)
    kept = tuple(replace(column, codes=column.codes[first_row]) for column in columns)
    return Records(kept, row_record.astype(np.int64), first_row, weights)

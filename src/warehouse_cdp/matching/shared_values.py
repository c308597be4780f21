"""Values that too many people share to identify one: a shop's phone, "noreply@", a test number.

Found from the data by counting people by proxy: a value is nobody's if the records that hold it
have many unlike given names *and* many unlike family names (by sound, so that typing errors count
as no further names). A family has one family name, a person with many misspelt records few of
either. The idea is Amperity's table of bad values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import jellyfish
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.matching.encode import codes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.matching.columns import FoundColumn

MOST_NAMES: Final = {"email": 8, "phone": 8, "national_id": 8}
"""Unlike names that a value of each column may have before it is nobody's."""
_OF_NAMES: Final = 0.25


@dataclass(frozen=True)
class Shared:
    """How many values of a column identify nobody, and on how many rows they stood."""

    column: str
    values: int
    rows: int


def without_shared_values(
    columns: Sequence[FoundColumn],
) -> tuple[tuple[FoundColumn, ...], tuple[Shared, ...]]:
    """``columns`` with values that too many people share made null, and what was found.

    A value is dropped where its rows have more than ``MOST_NAMES`` given names and as many
    family names by sound, and at least one of each to four rows. Without name columns nothing
    is dropped; where there is only one, it decides alone.
    """
    by_name = {column.name: column for column in columns}
    names = [by_name[name] for name in ("given_name", "family_name") if name in by_name]
    found: list[Shared] = []
    kept: list[FoundColumn] = []
    for column in columns:
        bad, codes = _nobodys(column, names)
        rows = np.append(bad, False)[codes]
        if not rows.any():
            kept.append(column)
            continue
        found.append(Shared(column.name, int(bad.sum()), int(rows.sum())))
        values = pc.if_else(pa.array(rows), pa.scalar(None, pa.string()), column.values)
        distinct = pc.count_distinct(values).as_py()
        filled = 1.0 - values.null_count / len(values)
        if distinct > 1:
            kept.append(replace(column, values=values, filled=filled, distinct=distinct))
    return tuple(kept), tuple(found)


def _nobodys(
    column: FoundColumn, names: Sequence[FoundColumn]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
    """Which values of a column identify nobody, and each row's value (-1: none)."""
    if column.name not in MOST_NAMES or not names:
        return np.zeros(0, dtype=np.bool_), np.full(len(column.values), -1, dtype=np.int32)
    most = MOST_NAMES[column.name]
    codes, values = codes_of(column.values)
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    rows = np.flatnonzero(np.append(counts > most, False)[codes])
    bad = counts > most
    if len(rows):
        for name in names:
            unlike = _unlike(codes[rows], name.values.take(pa.array(rows)), len(values))
            bad &= (unlike > most) & (unlike >= _OF_NAMES * counts)
    return bad, codes


def _unlike(codes: npt.NDArray[np.int32], names: pa.Array, count: int) -> npt.NDArray[np.int64]:
    """Number of names by sound that each value is seen with."""
    of_row, distinct = codes_of(names)
    sounds, _ = codes_of(
        pa.array([jellyfish.soundex(text.replace(" ", "")) for text in distinct.to_pylist()],
                 type=pa.string())
    )  # fmt: skip
    sound = np.append(sounds, np.int32(-1))[of_row]
    seen = np.unique(np.stack([codes[sound >= 0], sound[sound >= 0]], axis=1), axis=0)
    return np.bincount(seen[:, 0], minlength=count)

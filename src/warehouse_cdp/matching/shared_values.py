"""Values that too many people share to identify one: a shop's phone, "noreply@", a test number.

Found from the data by counting people by proxy: a value is nobody's if the records that hold it
have many unlike given names *and* many unlike family names (by sound, so that typing errors count
as no further names). A family has one family name, a person with many misspelt records few of
either. How many names are many is said by the number of records, and by the number of names that
as many random records have: of a thousand customers of one shop most share their given name's
sound with others. The idea is Amperity's table of bad values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import jellyfish
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from warehouse_cdp.matching.encode import MISSING, codes_of
from warehouse_cdp.matching.keys import FORMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.matching.encode import Encoded

MOST_NAMES: Final = {"email": 8, "phone": 8, "national_id": 8}
"""Unlike names that a value of each column may have before it is nobody's."""
_OF_NAMES: Final = 0.25
_OF_EXPECTED: Final = 0.5


@dataclass(frozen=True)
class Shared:
    """How many values of a column identify nobody, and on how many rows they stood."""

    column: str
    values: int
    rows: int


def without_shared_values(
    columns: Sequence[Encoded],
) -> tuple[tuple[Encoded, ...], tuple[Shared, ...]]:
    """``columns`` with values that too many people share made unknown, and what was found.

    A value is dropped where its rows have more than ``MOST_NAMES`` given names and as many
    family names by sound, and at least one of each to four rows or half as many as so many random
    rows would have. Without name columns nothing
    is dropped; where there is only one, it decides alone.
    """
    by_name = {column.name: column for column in columns}
    names = [by_name[name] for name in ("given_name", "family_name") if name in by_name]
    found: list[Shared] = []
    kept: list[Encoded] = []
    for column in columns:
        bad = _nobodys(column, names)
        if not bad.any():
            kept.append(column)
            continue
        rows = int(column.counts[bad].sum())
        found.append(Shared(column.name, int(bad.sum()), rows))
        codes = np.where(np.append(bad, False)[column.codes], MISSING, column.codes)
        counts = np.where(bad, 0, column.counts)
        if np.count_nonzero(counts) > 1:
            kept.append(replace(column, codes=codes.astype(np.int32), counts=counts))
    return tuple(kept), tuple(found)


def _nobodys(column: Encoded, names: Sequence[Encoded]) -> npt.NDArray[np.bool_]:
    """Which values of a column identify nobody."""
    if column.name not in MOST_NAMES or not names:
        return np.zeros(len(column.values), dtype=np.bool_)
    most = MOST_NAMES[column.name]
    bad = column.counts > most
    rows = np.flatnonzero(np.append(bad, False)[column.codes])
    if len(rows):
        for name in names:
            unlike = _unlike(column.codes[rows], name, rows, len(column.values))
            fewest = _OF_NAMES * column.counts
            doubtful = np.flatnonzero(bad & (unlike > most) & (unlike < fewest))
            if len(doubtful):
                expected = _expected_names(name, column.counts[doubtful])
                fewest[doubtful] = np.minimum(fewest[doubtful], _OF_EXPECTED * expected)
            bad &= (unlike > most) & (unlike >= fewest)
    return bad


def _unlike(
    codes: npt.NDArray[np.int32], name: Encoded, rows: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.int64]:
    """Number of names by sound that each value is seen with."""
    held, places = np.unique(name.codes[rows], return_inverse=True)
    texts = [name.values[code].as_py() if code >= 0 else None for code in held.tolist()]
    sounds, _ = codes_of(
        pa.array(
            [text and jellyfish.soundex(text.replace(" ", "")) for text in texts],
            type=pa.string(),
        )
    )
    sound = sounds[places.reshape(len(rows))]
    seen = np.unique(np.stack([codes[sound >= 0], sound[sound >= 0]], axis=1), axis=0)
    return np.bincount(seen[:, 0], minlength=count)


def _expected_names(name: Encoded, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Names by sound that ``counts`` random rows are expected to have, for each count."""
    sounds = FORMS["soundex"](name)
    _, places = np.unique(sounds, return_inverse=True)
    rows = np.bincount(places.reshape(-1)[sounds >= 0], weights=name.counts[sounds >= 0])
    shares = rows[rows > 0] / max(float(name.counts.sum()), 1.0)
    return np.array([float((1.0 - (1.0 - shares) ** count).sum()) for count in counts.tolist()])

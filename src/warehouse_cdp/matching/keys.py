"""Blocking keys: what of a value two records of one person are likely to share.

A key is named ``column.form``. Forms are computed once per distinct value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import jellyfish
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from warehouse_cdp.matching.encode import MISSING, codes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warehouse_cdp.matching.encode import Encoded, Records

_NUMBER: Final = re.compile(r"\b\d+[a-z]?\b")
_STREET: Final = re.compile(r"[^\W\d]{3,}")
_SHORTEST_CODE: Final = 4
_DATE_DIGITS: Final = 8
_TAIL: Final = 6


def _soundex(value: str) -> str | None:
    return jellyfish.soundex(value.replace(" ", "")) or None


def _metaphone(value: str) -> str | None:
    return jellyfish.metaphone(value.replace(" ", "")) or value[:3]


def _start(length: int) -> Callable[[str], str | None]:
    return lambda value: value.replace(" ", "")[:length] or None


def _end(length: int) -> Callable[[str], str | None]:
    return lambda value: value.replace(" ", "")[-length:] or None


def _unordered_date(value: str) -> str | None:
    """A date whose day and month may be swapped: both orders give one key."""
    if len(value) != _DATE_DIGITS:
        return None
    return value[:4] + "".join(sorted((value[4:6], value[6:])))


def _year(value: str) -> str | None:
    return value[:4] if len(value) >= _SHORTEST_CODE else None


def _month_day(value: str) -> str | None:
    return value[4:] if len(value) == _DATE_DIGITS else None


def _year_month(value: str) -> str | None:
    return value[:6] if len(value) == _DATE_DIGITS else None


def _year_day(value: str) -> str | None:
    return value[:4] + value[6:] if len(value) == _DATE_DIGITS else None


def _local_part(value: str) -> str | None:
    return value.partition("@")[0] or None


def _house_number(value: str) -> str | None:
    found = _NUMBER.search(value)
    return found[0] if found else None


def _street_start(value: str) -> str | None:
    found = _STREET.search(value)
    return jellyfish.soundex(found[0]) if found else None


def _first_word(value: str) -> str | None:
    return value.partition(" ")[0] or None


FORMS: Final[Mapping[str, Callable[[str], str | None]]] = {
    "soundex": _soundex,
    "metaphone": _metaphone,
    "initial": _start(1),
    "start3": _start(3),
    "start4": _start(4),
    "end3": _end(3),
    "end4": _end(4),
    "end6": _end(6),
    "unordered": _unordered_date,
    "year": _year,
    "month_day": _month_day,
    "year_month": _year_month,
    "year_day": _year_day,
    "local": _local_part,
    "number": _house_number,
    "street": _street_start,
    "word": _first_word,
}
EXACT: Final = "exact"


class Keys:
    """Keys of records by name, each computed when first asked for."""

    def __init__(self, records: Records) -> None:
        """Keep the records whose keys are wanted."""
        self._records = records
        self._texts: dict[str, pa.Array] = {}
        self._codes: dict[tuple[str, ...], npt.NDArray[np.int32]] = {}

    def known(self, name: str) -> bool:
        """Whether the column of a key was found."""
        return all(
            self._records.column(part.partition(".")[0]) is not None for part in name.split("|")
        )

    def codes(self, name: str) -> npt.NDArray[np.int32]:
        """A code for each record, -1 where its value gives no key.

        ``a.form|b.form`` is the unordered pair of two keys, so that swapped fields meet.
        """
        if (name,) not in self._codes:
            parts = name.split("|")
            self._codes[(name,)] = (
                self._simple(parts[0]) if len(parts) == 1 else self._unordered(*parts)
            )
        return self._codes[(name,)]

    def _simple(self, name: str) -> npt.NDArray[np.int32]:
        column, form = self._column(name)
        if form == EXACT:
            return column.codes
        codes, _ = codes_of(self._forms(column, form))
        return np.append(codes, np.int32(MISSING))[column.codes]

    def _unordered(self, one: str, other: str) -> npt.NDArray[np.int32]:
        (first, first_form), (second, second_form) = self._column(one), self._column(other)
        forms = pa.concat_arrays([self._forms(first, first_form), self._forms(second, second_form)])
        codes, _ = codes_of(forms)
        left = np.append(codes[: len(first.values)], np.int32(MISSING))[first.codes]
        right = np.append(codes[len(first.values) :], np.int32(MISSING))[second.codes]
        width = int(codes.max(initial=0)) + 1
        pairs = np.minimum(left, right).astype(np.int64) * width + np.maximum(left, right)
        pairs[(left < 0) | (right < 0)] = -1
        return dense(pairs)

    def _column(self, name: str) -> tuple[Encoded, str]:
        column_name, _, form = name.partition(".")
        column = self._records.column(column_name)
        if column is None:
            msg = f"no column {column_name} among the records: ask known() first"
            raise KeyError(msg)
        return column, form

    def _forms(self, column: Encoded, form: str) -> pa.Array:
        if form == EXACT:
            return column.values
        name = f"{column.name}.{form}"
        if name not in self._texts:
            function = FORMS[form]
            self._texts[name] = pa.array(
                [function(value) for value in column.values.to_pylist()], type=pa.string()
            )
        return self._texts[name]


def dense(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Codes renumbered from 0 in their order; -1 stays -1."""
    distinct, renumbered = np.unique(codes, return_inverse=True)
    shift = 1 if len(distinct) and distinct[0] < 0 else 0
    return (renumbered.reshape(len(codes)) - shift).astype(np.int32)

"""Blocking keys: what of a value two records of one person are likely to share.

A key is named ``column.form``. Forms are computed once per distinct value, by Arrow or compiled
code; only texts beyond ASCII are read by Python, to the same end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import jellyfish
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.matching import word_keys
from warehouse_cdp.matching.encode import first_codes, of_records
from warehouse_cdp.matching.groups import numbered
from warehouse_cdp.matching.parallel import each
from warehouse_cdp.matching.word_keys import NONE, is_plain, sounds, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from warehouse_cdp.matching.encode import Encoded, Records

Integers = npt.NDArray[np.int64]
Form: TypeAlias = Any
"""What a form gives for each distinct value: an Arrow array of texts (null: none) or an array of
int64 (-1: none), of which only equality counts."""

_NUMBER: Final = re.compile(r"\b\d+[a-z]?\b")
_STREET: Final = re.compile(r"[^\W\d]{3,}")
_SHORTEST_YEAR: Final = 4
_DATE_DIGITS: Final = 8


def _packed(codes: list[str | None]) -> Integers:
    """Short codes as integers, as ``word_keys`` packs its own."""
    return np.array(
        [int.from_bytes(code.encode()[:7], "big") if code else NONE for code in codes],
        dtype=np.int64,
    )


def _soundex(column: Encoded) -> Integers:
    def spelt(value: str) -> str | None:
        return jellyfish.soundex(value.replace(" ", "")) or None

    if not is_plain(column.text):
        return _packed([spelt(value) for value in column.values.to_pylist()])
    found, odd = sounds(column.text)
    rows = np.flatnonzero(odd)
    others = column.values.take(pa.array(rows)).to_pylist()
    found[rows] = _packed([spelt(value) for value in others])
    return found


def _street(column: Encoded) -> Integers:
    if is_plain(column.text):
        return sounds(column.text, of_street=True)[0]
    streets = (_STREET.search(value) for value in column.values.to_pylist())
    return _packed([jellyfish.soundex(found[0]) if found else None for found in streets])


def _house_number(column: Encoded) -> Form:
    if is_plain(column.text):
        return words(column.text, word_keys.HOUSE_NUMBER)
    numbers = (_NUMBER.search(value) for value in column.values.to_pylist())
    return pa.array([found[0] if found else None for found in numbers], type=pa.string())


def _start(length: int) -> Callable[[Encoded], Form]:
    return lambda column: _not_empty(pc.utf8_slice_codeunits(_joined(column), 0, length))


def _end(length: int) -> Callable[[Encoded], Form]:
    return lambda column: _not_empty(pc.utf8_slice_codeunits(_joined(column), -length))


def _joined(column: Encoded) -> pa.Array:
    return pc.replace_substring(column.values, " ", "")


def _not_empty(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _local_part(column: Encoded) -> Form:
    return _not_empty(pc.replace_substring_regex(column.values, r"(?s)@.*", ""))


def _of_date(*parts: tuple[int, int]) -> Callable[[Encoded], Form]:
    """Parts (from, to) of dates of eight digits, one after the other."""

    def form(column: Encoded) -> Form:
        texts = [pc.utf8_slice_codeunits(column.values, *part) for part in parts]
        joined = pc.binary_join_element_wise(*texts, "")
        return pc.if_else(_is_whole(column), joined, pa.scalar(None, pa.string()))

    return form


def _is_whole(column: Encoded) -> pa.Array:
    return pc.equal(pc.utf8_length(column.values), _DATE_DIGITS)


def _unordered_date(column: Encoded) -> Form:
    """A date whose day and month may be swapped: both orders give one key."""
    year, month, day = (
        pc.utf8_slice_codeunits(column.values, *part) for part in ((0, 4), (4, 6), (6, 8))
    )
    ordered = [pc.min_element_wise(month, day), pc.max_element_wise(month, day)]
    joined = pc.binary_join_element_wise(year, *ordered, "")
    return pc.if_else(_is_whole(column), joined, pa.scalar(None, pa.string()))


def _year(column: Encoded) -> Form:
    held = pc.greater_equal(pc.utf8_length(column.values), _SHORTEST_YEAR)
    years = pc.utf8_slice_codeunits(column.values, 0, 4)
    return pc.if_else(held, years, pa.scalar(None, pa.string()))


FORMS: Final[Mapping[str, Callable[[Encoded], Form]]] = {
    "soundex": _soundex,
    "initial": _start(1),
    "start3": _start(3),
    "start4": _start(4),
    "end3": _end(3),
    "end4": _end(4),
    "end6": _end(6),
    "unordered": _unordered_date,
    "year": _year,
    "month_day": _of_date((4, 8)),
    "year_month": _of_date((0, 6)),
    "year_day": _of_date((0, 4), (6, 8)),
    "local": _local_part,
    "number": _house_number,
    "street": _street,
}
EXACT: Final = "exact"


class Keys:
    """Keys of records by name, each computed when first asked for."""

    def __init__(self, records: Records) -> None:
        """Keep the records whose keys are wanted."""
        self._records = records
        self._raw: dict[str, Form] = {}
        self._codes: dict[tuple[str, ...], npt.NDArray[np.int32]] = {}

    def work_out(self, names: Iterable[str], threads: int) -> None:
        """Compute several keys at once; pairs of keys after the others, whose forms they share."""
        listed = list(dict.fromkeys(names))
        for are_pairs in (False, True):
            each(self.codes, [name for name in listed if ("|" in name) is are_pairs], threads)

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
        return of_records(form_codes(self._forms(column, form)), column)

    def _unordered(self, one: str, other: str) -> npt.NDArray[np.int32]:
        (first, first_form), (second, second_form) = self._column(one), self._column(other)
        forms = [self._forms(first, first_form), self._forms(second, second_form)]
        of_first, of_second = codes_together(forms)
        left, right = of_records(of_first, first), of_records(of_second, second)
        width = int(max(of_first.max(initial=0), of_second.max(initial=0))) + 1
        pairs = np.minimum(left, right).astype(np.int64) * width + np.maximum(left, right)
        pairs[(left < 0) | (right < 0)] = NONE
        return numbered(pairs)[0]

    def _column(self, name: str) -> tuple[Encoded, str]:
        column_name, _, form = name.partition(".")
        column = self._records.column(column_name)
        if column is None:
            msg = f"no column {column_name} among the records: ask known() first"
            raise KeyError(msg)
        return column, form

    def _forms(self, column: Encoded, form: str) -> Form:
        if form == EXACT:
            return column.values
        name = f"{column.name}.{form}"
        if name not in self._raw:
            self._raw[name] = FORMS[form](column)
        return self._raw[name]


def form_codes(form: Form) -> npt.NDArray[np.int32]:
    """Codes from 0 on of a form's values by first appearance, -1 where there is none."""
    return numbered(form)[0] if isinstance(form, np.ndarray) else first_codes(form)[0]


def codes_together(forms: Sequence[Form]) -> list[npt.NDArray[np.int32]]:
    """Codes of several forms, all numbers or all texts, in which equal values have one code."""
    are_numbers = isinstance(forms[0], np.ndarray)
    codes = form_codes(np.concatenate(forms) if are_numbers else pa.concat_arrays(forms))
    return np.split(codes, np.cumsum([len(form) for form in forms])[:-1])

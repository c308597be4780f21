"""Levels of agreement of pairs of records, a column at a time, on codes and packed text.

Level 0 is "missing" (a value is unknown, which is no evidence), 1 is "different", and each
comparison names the levels above it. A comparison is a pure function over a batch of pairs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from warehouse_cdp.matching.encode import MISSING, Encoded, Records, codes_of
from warehouse_cdp.matching.kernels import alignment_distance, jaro_winkler

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

Codes = npt.NDArray[np.int32]
Levels = npt.NDArray[np.int8]

UNKNOWN: Final = 0
DIFFERENT: Final = 1
LEVEL_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "given_name": ("different", "similar", "initial", "nickname", "close", "swapped", "exact"),
    "middle_name": ("different", "initial", "close", "exact"),
    "family_name": ("different", "similar", "part", "close", "exact"),
    "date": ("different", "same_year", "two_parts", "one_error", "swapped", "exact"),
    "email": ("different", "similar", "same_local_part", "close", "exact"),
    "phone": ("different", "one_error", "exact"),
    "address": ("different", "similar", "same_street", "close", "exact"),
    "text": ("different", "similar", "close", "exact"),
    "postal_code": ("different", "same_area", "one_error", "exact"),
    "category": ("different", "exact"),
    "identifier": ("different", "two_errors", "one_error", "exact"),
}
"""Names of the levels from 1 on, by kind of column."""

_CLOSE: Final = 0.92
_SIMILAR: Final = 0.84
_CLOSE_ADDRESS: Final = 0.88
_SIMILAR_ADDRESS: Final = 0.76
_SHORTEST_PART: Final = 4
_DATE_DIGITS: Final = 8
_NO_PART: Final = -1


def level(kind: str, name: str) -> int:
    """Number of a named level."""
    return LEVEL_NAMES[kind].index(name) + 1


def exact_level(kind: str) -> int:
    """Number of the level of full agreement."""
    return len(LEVEL_NAMES[kind])


@dataclass(frozen=True)
class Facets:
    """Integer facts of each distinct value of a column, by name (-1 where there is none)."""

    by_name: Mapping[str, npt.NDArray[np.int32]]


class Comparer:
    """Compares pairs of records; what is known of each distinct value is worked out once."""

    def __init__(
        self,
        records: Records,
        nicknames: Mapping[str, Collection[str]] | None = None,
        threads: int = 1,
    ) -> None:
        """Prepare the columns of ``records``; ``nicknames`` map a short name to its full ones."""
        self.records = records
        self._threads = threads
        meanings = full_names(nicknames or {})
        self._facets = {column.name: _facets(column, meanings) for column in records.columns}
        given, family = records.column("given_name"), records.column("family_name")
        self._swap: tuple[Codes, Codes] | None = None
        if given is not None and family is not None:
            both, _ = codes_of(pa.concat_arrays([given.values, family.values]))
            ends = np.int32(MISSING)
            self._swap = (
                np.append(both[: len(given.values)], ends)[given.codes],
                np.append(both[len(given.values) :], ends)[family.codes],
            )

    def levels(self, left: npt.NDArray[np.int32], right: npt.NDArray[np.int32]) -> Levels:
        """Levels of each pair (rows) in each column of the records (columns)."""
        found = np.zeros((len(left), len(self.records.columns)), dtype=np.int8, order="F")
        for number, column in enumerate(self.records.columns):
            found[:, number] = self._column(column, column.codes[left], column.codes[right])
        if self._swap is not None:
            names = [column.name for column in self.records.columns]
            given, family = names.index("given_name"), names.index("family_name")
            given_codes, family_codes = self._swap
            swapped = (
                (given_codes[left] == family_codes[right])
                & (given_codes[right] == family_codes[left])
                & (given_codes[left] >= 0)
                & (given_codes[right] >= 0)
                & (found[:, given] < exact_level("given_name"))
            )
            found[swapped, given] = level("given_name", "swapped")
            found[swapped, family] = UNKNOWN
        return found

    def _column(self, column: Encoded, left: Codes, right: Codes) -> Levels:
        found = np.full(len(left), DIFFERENT, dtype=np.int8)
        found[left == right] = exact_level(column.kind)
        found[(left < 0) | (right < 0)] = UNKNOWN
        open_pairs = np.flatnonzero(found == DIFFERENT)
        if len(open_pairs) and column.kind in _FUZZY:
            left, right = left[open_pairs], right[open_pairs]
            facts = self._facets[column.name].by_name
            found[open_pairs] = _FUZZY[column.kind](column, facts, left, right, self._threads)
        return found


def full_names(nicknames: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
    """Full names that a short one, or a full one, may stand for; one text counts as one name."""
    meanings: dict[str, set[str]] = {}
    for short, full in nicknames.items():
        for name in (full,) if isinstance(full, str) else full:
            meanings.setdefault(short, set()).add(name)
            meanings.setdefault(name, set()).add(name)
    return {name: frozenset(full) for name, full in meanings.items()}


def _facets(column: Encoded, meanings: Mapping[str, frozenset[str]]) -> Facets:
    makers = _FACTS.get(column.kind)
    if makers is None:
        return Facets({})
    values = column.values.to_pylist()
    found = {}
    for name, maker in makers.items():
        texts = [maker(value) for value in values]
        found[name], distinct = codes_of(pa.array(texts, type=pa.string()))
        if name == "first_word":
            found |= _nicknames(found[name], distinct.to_pylist(), meanings)
    return Facets(found)


def _nicknames(
    codes: Codes, words: list[str], meanings: Mapping[str, frozenset[str]]
) -> dict[str, npt.NDArray[np.int32]]:
    """Numbers of the words that have a meaning, by value, and a table of those that share one."""
    known = [place for place, word in enumerate(words) if word in meanings]
    number = np.full(len(words) + 1, MISSING, dtype=np.int32)
    number[known] = np.arange(len(known), dtype=np.int32)
    alike = [
        [not meanings[words[one]].isdisjoint(meanings[words[other]]) for other in known]
        for one in known
    ]
    table = np.array(alike, dtype=np.int32).reshape(-1)
    return {"nickname": number[codes], "nicknames_alike": table}


def _alike(
    facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes
) -> npt.NDArray[np.bool_]:
    """Whether one name may stand for the other: their sets of full names meet."""
    one, other = facts["nickname"][left], facts["nickname"][right]
    found = np.zeros(len(left), dtype=np.bool_)
    where = np.flatnonzero((one >= 0) & (other >= 0))
    width = math.isqrt(len(facts["nicknames_alike"]))
    found[where] = facts["nicknames_alike"][one[where] * width + other[where]] > 0
    return found


def _same(facts: npt.NDArray[np.int32], left: Codes, right: Codes) -> npt.NDArray[np.bool_]:
    return np.asarray((facts[left] == facts[right]) & (facts[left] >= 0), dtype=np.bool_)


def _given_name(
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes,
    threads: int,
) -> Levels:  # fmt: skip
    similarity = jaro_winkler(column.text, left, right, _SIMILAR, threads)
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    found[similarity >= _SIMILAR] = level("given_name", "similar")
    is_short = (facts["lone_initial"][left] >= 0) | (facts["lone_initial"][right] >= 0)
    initial = _same(facts["initial"], left, right) & is_short
    found[initial | _same(facts["word"], left, right)] = level("given_name", "initial")
    found[_alike(facts, left, right)] = level("given_name", "nickname")
    found[similarity >= _CLOSE] = level("given_name", "close")
    return found


def _middle_name(
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes,
    threads: int,
) -> Levels:  # fmt: skip
    similarity = jaro_winkler(column.text, left, right, _SIMILAR, threads)
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    is_short = (facts["lone_initial"][left] >= 0) | (facts["lone_initial"][right] >= 0)
    found[_same(facts["initial"], left, right) & is_short] = level("middle_name", "initial")
    found[similarity >= _SIMILAR] = level("middle_name", "close")
    return found


def _family_name(
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes,
    threads: int,
) -> Levels:  # fmt: skip
    similarity = jaro_winkler(column.text, left, right, _SIMILAR, threads)
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    found[similarity >= _SIMILAR] = level("family_name", "similar")
    first, last = facts["first"], facts["last"]
    part = (
        _same(first, left, right)
        | _same(last, left, right)
        | ((first[left] >= 0) & (first[left] == last[right]))
        | ((last[left] >= 0) & (last[left] == first[right]))
    )
    found[part] = level("family_name", "part")
    found[similarity >= _CLOSE] = level("family_name", "close")
    return found


def _date(
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes,
    threads: int,
) -> Levels:  # fmt: skip
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    year = _same(facts["year"], left, right)
    month_day = _same(facts["month"], left, right) & _same(facts["day"], left, right)
    two = (year & (_same(facts["month"], left, right) | _same(facts["day"], left, right))) | (
        month_day
    )
    found[year] = level("date", "same_year")
    found[two] = level("date", "two_parts")
    edits = alignment_distance(column.text, left, right, 1, threads)
    found[edits <= 1] = level("date", "one_error")
    found[_same(facts["unordered"], left, right)] = level("date", "swapped")
    return found


def _email(
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes,
    threads: int,
) -> Levels:  # fmt: skip
    similarity = jaro_winkler(column.text, left, right, _SIMILAR, threads)
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    found[similarity >= _SIMILAR] = level("email", "similar")
    found[_same(facts["local"], left, right)] = level("email", "same_local_part")
    near = np.flatnonzero(similarity >= _SIMILAR)
    edits = alignment_distance(column.text, left[near], right[near], 2, threads)
    found[near[edits <= 2]] = level("email", "close")  # noqa: PLR2004 - two typing errors
    return found


def _address(
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes,
    threads: int,
) -> Levels:  # fmt: skip
    similarity = jaro_winkler(column.text, left, right, _SIMILAR_ADDRESS, threads)
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    found[similarity >= _SIMILAR_ADDRESS] = level("address", "similar")
    number = facts["number"]
    one_number = (number[left] == number[right]) | (number[left] < 0) | (number[right] < 0)
    found[similarity >= _CLOSE_ADDRESS] = level("address", "same_street")
    found[(similarity >= _CLOSE_ADDRESS) & one_number] = level("address", "close")
    return found


def _text(
    column: Encoded, _facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes,
    threads: int,
) -> Levels:  # fmt: skip
    similarity = jaro_winkler(column.text, left, right, _SIMILAR, threads)
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    found[similarity >= _SIMILAR] = level("text", "similar")
    found[similarity >= _CLOSE] = level("text", "close")
    return found


def _postal_code(
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes,
    threads: int,
) -> Levels:  # fmt: skip
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    found[_same(facts["area"], left, right)] = level("postal_code", "same_area")
    edits = alignment_distance(column.text, left, right, 1, threads)
    found[edits <= 1] = level("postal_code", "one_error")
    return found


def _phone(
    column: Encoded, _facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes,
    threads: int,
) -> Levels:  # fmt: skip
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    edits = alignment_distance(column.text, left, right, 1, threads)
    found[edits <= 1] = level("phone", "one_error")
    return found


def _identifier(
    column: Encoded, _facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes,
    threads: int,
) -> Levels:  # fmt: skip
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    edits = alignment_distance(column.text, left, right, 2, threads)
    found[edits <= 2] = level("identifier", "two_errors")  # noqa: PLR2004 - as named
    found[edits <= 1] = level("identifier", "one_error")
    return found


_FUZZY = {
    "given_name": _given_name,
    "middle_name": _middle_name,
    "family_name": _family_name,
    "date": _date,
    "email": _email,
    "phone": _phone,
    "address": _address,
    "text": _text,
    "postal_code": _postal_code,
    "identifier": _identifier,
}


def _initial(value: str) -> str | None:
    return value[:1] or None


def _lone_initial(value: str) -> str | None:
    return value if len(value) == 1 else None


def _word(value: str) -> str | None:
    word = value.partition(" ")[0]
    return word if len(word) >= _SHORTEST_PART - 1 else None


def _first_word(value: str) -> str | None:
    return value.partition(" ")[0] or None


def _first(value: str) -> str | None:
    word = value.partition(" ")[0]
    return word if len(word) >= _SHORTEST_PART else None


def _last(value: str) -> str | None:
    word = value.rpartition(" ")[2]
    return word if len(word) >= _SHORTEST_PART else None


def _year(value: str) -> str | None:
    return value[:4] if len(value) >= _SHORTEST_PART else None


def _month(value: str) -> str | None:
    return value[4:6] if len(value) == _DATE_DIGITS else None


def _day(value: str) -> str | None:
    return value[6:] if len(value) == _DATE_DIGITS else None


def _unordered(value: str) -> str | None:
    if len(value) != _DATE_DIGITS:
        return None
    return value[:4] + "".join(sorted((value[4:6], value[6:])))


def _local(value: str) -> str | None:
    local = value.partition("@")[0]
    return local if len(local) >= _SHORTEST_PART else None


def _number(value: str) -> str | None:
    return next((word for word in value.split() if word[0].isdigit()), None)


def _area(value: str) -> str | None:
    return value[:-3] if len(value) > _SHORTEST_PART else value[:2] or None


_FACTS: Final[Mapping[str, Mapping[str, Callable[[str], str | None]]]] = {
    "given_name": {
        "initial": _initial, "lone_initial": _lone_initial, "word": _word,
        "first_word": _first_word,
    },
    "middle_name": {"initial": _initial, "lone_initial": _lone_initial},
    "family_name": {"first": _first, "last": _last},
    "date": {"year": _year, "month": _month, "day": _day, "unordered": _unordered},
    "email": {"local": _local},
    "address": {"number": _number},
    "postal_code": {"area": _area},
}  # fmt: skip

"""Levels of agreement of pairs of records, a column at a time, on codes and packed text.

Level 0 is "missing" (a value is unknown, which is no evidence), 1 is "different", and each
comparison names the levels above it. A comparison is a pure function over a batch of pairs.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.matching.encode import MISSING, Encoded, Records
from warehouse_cdp.matching.facts import FACTS
from warehouse_cdp.matching.kernels import alignment_distance, jaro_winkler
from warehouse_cdp.matching.keys import codes_together, form_codes
from warehouse_cdp.matching.levels import DIFFERENT, UNKNOWN, exact_level, level
from warehouse_cdp.matching.mailboxes import Mailboxes
from warehouse_cdp.matching.name_parts import NameParts
from warehouse_cdp.matching.parallel import in_slices
from warehouse_cdp.matching.places import Places

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from warehouse_cdp.matching.places import PlaceRules

Codes = npt.NDArray[np.int32]
Levels = npt.NDArray[np.int8]

_CLOSE: Final = 0.92
_SIMILAR: Final = 0.84
_CLOSE_ADDRESS: Final = 0.88
_SIMILAR_ADDRESS: Final = 0.76
_NEAR_AGE: Final = 2
_ONE_CODING: Final = ("first", "last")


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
        places: PlaceRules | None = None,
    ) -> None:
        """Prepare the columns of ``records``; ``nicknames`` map a short name to its full ones.

        Which ``places`` follow from others is measured on the records, if it is not known.
        """
        self.records = records
        self._threads = threads
        meanings = full_names(nicknames or {})
        with ThreadPoolExecutor(max(threads, 1)) as pool:
            # Names take longest, so they begin.
            name_parts = pool.submit(NameParts, records, meanings)
            facets = pool.map(lambda column: _facets(column, meanings), records.columns)
            mailboxes = pool.submit(Mailboxes, records.columns)
            names = [column.name for column in records.columns]
            self._facets = dict(zip(names, facets, strict=True))
            postal = self._facets.get("postal_code")
            areas = postal.by_name["area"] if postal is not None else None
            self.places = Places(records, areas, places)
            self._mailboxes, self._name_parts = mailboxes.result(), name_parts.result()

    def levels(self, left: npt.NDArray[np.int32], right: npt.NDArray[np.int32]) -> Levels:
        """Levels of each pair (rows) in each column of the records (columns)."""
        found = np.empty((len(left), len(self.records.columns)), dtype=np.int8, order="F")

        def compare(here: slice) -> None:
            self._write(left[here], right[here], found[here])

        in_slices(compare, len(left), self._threads)
        return found

    def _write(
        self, left: npt.NDArray[np.int32], right: npt.NDArray[np.int32], found: Levels
    ) -> None:
        for number, column in enumerate(self.records.columns):
            found[:, number] = self._column(
                column, column.codes.take(left), column.codes.take(right)
            )
        self._name_parts.settle(found, left, right)
        self._mailboxes.settle(found, left, right)
        self.places.settle(found)

    def _column(self, column: Encoded, left: Codes, right: Codes) -> Levels:
        found = np.full(len(left), DIFFERENT, dtype=np.int8)
        found[left == right] = exact_level(column.kind)
        found[(left < 0) | (right < 0)] = UNKNOWN
        open_pairs = np.flatnonzero(found == DIFFERENT)
        if len(open_pairs) and column.kind in _FUZZY:
            left, right = left[open_pairs], right[open_pairs]
            facts = self._facets[column.name].by_name
            found[open_pairs] = _FUZZY[column.kind](column, facts, left, right)
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
    forms = {name: fact(column) for name, fact in FACTS.get(column.kind, {}).items()}
    found = {name: form_codes(form) for name, form in forms.items() if name not in _ONE_CODING}
    # The first word of one name is compared with the last of another: equal words, equal codes.
    together = [name for name in forms if name in _ONE_CODING]
    if together:
        codes = codes_together([forms[name] for name in together])
        found |= dict(zip(together, codes, strict=True))
    if column.kind == "given_name":
        found |= _nicknames(column.values, meanings)
    return Facets(found)


def _nicknames(
    values: pa.Array, meanings: Mapping[str, frozenset[str]]
) -> dict[str, npt.NDArray[np.int32]]:
    """Numbers of first words that have a meaning, by value, and a table of those that share one."""
    words = pc.replace_substring_regex(values, r"(?s) .*", "")
    held = pc.is_in(words, value_set=pa.array(sorted(meanings), type=pa.string()))
    known = sorted(pc.unique(words.filter(held)).to_pylist())
    number = {word: place for place, word in enumerate(known)}
    bearers: dict[str, list[int]] = {}
    for word, place in number.items():
        for full in meanings[word]:
            bearers.setdefault(full, []).append(place)
    alike = np.zeros((len(known), len(known)), dtype=np.int32)
    for sharing in bearers.values():
        alike[np.ix_(sharing, sharing)] = 1
    places = pc.index_in(words, value_set=pa.array(known, type=pa.string()))
    of_value = pc.fill_null(places, MISSING).to_numpy()
    return {"nickname": of_value, "nicknames_alike": alike.reshape(-1)}


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
    one = facts.take(left)
    return np.asarray((one == facts.take(right)) & (one >= 0), dtype=np.bool_)


def _given_name(
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes
) -> Levels:  # fmt: skip
    similarity = jaro_winkler(column.text, left, right, _SIMILAR)
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    found[similarity >= _SIMILAR] = level("given_name", "similar")
    is_short = (facts["lone_initial"][left] >= 0) | (facts["lone_initial"][right] >= 0)
    initial = _same(facts["initial"], left, right) & is_short
    found[initial | _same(facts["word"], left, right)] = level("given_name", "initial")
    found[_alike(facts, left, right)] = level("given_name", "nickname")
    found[similarity >= _CLOSE] = level("given_name", "close")
    # Andrea and Andreas, Giovanni and Giovanna: couples, more often than typing errors.
    found[(similarity >= _CLOSE) & _same(facts["stem"], left, right)] = level(
        "given_name", "similar"
    )
    return found


def _middle_name(
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes
) -> Levels:  # fmt: skip
    similarity = jaro_winkler(column.text, left, right, _SIMILAR)
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    is_short = (facts["lone_initial"][left] >= 0) | (facts["lone_initial"][right] >= 0)
    found[_same(facts["initial"], left, right) & is_short] = level("middle_name", "initial")
    found[similarity >= _SIMILAR] = level("middle_name", "close")
    return found


def _family_name(
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes
) -> Levels:  # fmt: skip
    similarity = jaro_winkler(column.text, left, right, _SIMILAR)
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
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes
) -> Levels:  # fmt: skip
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    year = _same(facts["year"], left, right)
    month_day = _same(facts["month"], left, right) & _same(facts["day"], left, right)
    two = (year & (_same(facts["month"], left, right) | _same(facts["day"], left, right))) | (
        month_day
    )
    found[year] = level("date", "same_year")
    found[two] = level("date", "two_parts")
    edits = alignment_distance(column.text, left, right, 1)
    found[edits <= 1] = level("date", "one_error")
    found[_same(facts["unordered"], left, right)] = level("date", "swapped")
    return found


def _age(
    column: Encoded, _facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes
) -> Levels:  # fmt: skip
    years = column.values.cast(pa.int64()).to_numpy(zero_copy_only=False)
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    # Who was asked twice has mostly grown older in between.
    found[np.abs(years[left] - years[right]) <= _NEAR_AGE] = level("age", "near")
    return found


def _email(
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes
) -> Levels:  # fmt: skip
    similarity = jaro_winkler(column.text, left, right, _SIMILAR)
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    found[similarity >= _SIMILAR] = level("email", "similar")
    found[_same(facts["local"], left, right)] = level("email", "same_local_part")
    near = np.flatnonzero(similarity >= _SIMILAR)
    edits = alignment_distance(column.text, left[near], right[near], 2)
    found[near[edits <= 2]] = level("email", "close")  # noqa: PLR2004 - two typing errors
    return found


def _address(
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes
) -> Levels:  # fmt: skip
    similarity = jaro_winkler(column.text, left, right, _SIMILAR_ADDRESS)
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    found[similarity >= _SIMILAR_ADDRESS] = level("address", "similar")
    number = facts["number"]
    one_number = (number[left] == number[right]) | (number[left] < 0) | (number[right] < 0)
    found[similarity >= _CLOSE_ADDRESS] = level("address", "same_street")
    found[(similarity >= _CLOSE_ADDRESS) & one_number] = level("address", "close")
    return found


def _text(
    column: Encoded, _facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes
) -> Levels:  # fmt: skip
    similarity = jaro_winkler(column.text, left, right, _SIMILAR)
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    found[similarity >= _SIMILAR] = level("text", "similar")
    found[similarity >= _CLOSE] = level("text", "close")
    return found


def _postal_code(
    column: Encoded, facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes
) -> Levels:  # fmt: skip
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    found[_same(facts["area"], left, right)] = level("postal_code", "same_area")
    edits = alignment_distance(column.text, left, right, 1)
    found[edits <= 1] = level("postal_code", "one_error")
    return found


def _phone(
    column: Encoded, _facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes
) -> Levels:  # fmt: skip
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    edits = alignment_distance(column.text, left, right, 1)
    found[edits <= 1] = level("phone", "one_error")
    return found


def _identifier(
    column: Encoded, _facts: Mapping[str, npt.NDArray[np.int32]], left: Codes, right: Codes
) -> Levels:  # fmt: skip
    found = np.full(len(left), DIFFERENT, dtype=np.int8)
    edits = alignment_distance(column.text, left, right, 2)
    found[edits <= 2] = level("identifier", "two_errors")  # noqa: PLR2004 - as named
    found[edits <= 1] = level("identifier", "one_error")
    return found


_FUZZY = {
    "given_name": _given_name,
    "middle_name": _middle_name,
    "family_name": _family_name,
    "date": _date,
    "age": _age,
    "email": _email,
    "phone": _phone,
    "address": _address,
    "text": _text,
    "postal_code": _postal_code,
    "identifier": _identifier,
}

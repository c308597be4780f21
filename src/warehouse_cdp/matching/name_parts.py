"""Names written into the wrong fields, and names of which one side left out a part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.matching.compiling import compiled
from warehouse_cdp.matching.encode import PackedText, first_codes, of_records, pack
from warehouse_cdp.matching.kernels import jaro_winkler
from warehouse_cdp.matching.levels import DIFFERENT, UNKNOWN, level

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from warehouse_cdp.matching.encode import Encoded, Records

Codes = npt.NDArray[np.int32]
Levels = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

_CROSSING: Final = 0.84
_FIRST_WORD: Final = 0.92
_SHORTEST_PART: Final = 4


class NameParts:
    """Settles the levels of given and family names that have to be seen together.

    Of each record the given name and the family name are known without blanks ("fernandezruiz"),
    by their first word, and by the full form of that word ("dan", "daniel").
    """

    def __init__(self, records: Records, meanings: Mapping[str, Collection[str]]) -> None:
        """Prepare the names of ``records``; ``meanings`` are the full names of short ones."""
        names = [column.name for column in records.columns]
        self._given = names.index("given_name") if "given_name" in names else None
        self._family = names.index("family_name") if "family_name" in names else None
        self._parts: list[_Parts] = []
        if self._given is not None:
            columns = [records.columns[self._given]]
            if self._family is not None:
                columns.append(records.columns[self._family])
            self._parts, self._text = _parts(columns, meanings)

    def settle(self, found: Levels, left: Codes, right: Codes) -> None:
        """Change ``found`` (pairs x columns) in place."""
        if self._given is None:
            return
        mine = found[:, self._given]
        open_pairs = (mine > UNKNOWN) & (mine < level("given_name", "nickname"))
        where = np.flatnonzero(open_pairs)
        one, other = left[where], right[where]
        first = self._parts[0].word
        has_more = self._parts[0].is_several[one] | self._parts[0].is_several[other]
        alike = np.flatnonzero(has_more)
        near = self._similar(first[one[alike]], first[other[alike]], _FIRST_WORD)
        mine[where[alike[near]]] = level("given_name", "initial")
        if self._family is None:
            return
        theirs = found[:, self._family]
        where = np.flatnonzero(open_pairs & (theirs == DIFFERENT))
        swapped = where[self._crosswise(left[where], right[where])]
        mine[swapped] = level("given_name", "swapped")
        theirs[swapped] = UNKNOWN
        where = np.flatnonzero((theirs > UNKNOWN) & (theirs < level("family_name", "part")))
        whole = self._parts[1].whole
        part = np.zeros(len(where), dtype=np.bool_)
        pairs = (whole[left[where]], whole[right[where]], len(where))
        _find_part(self._text.symbols, self._text.offsets, *pairs, part)
        theirs[where[part]] = level("family_name", "part")

    def _crosswise(self, left: Codes, right: Codes) -> Flags:
        """Given and family names that agree crosswise, one crossing fully and the other nearly."""
        given, family = self._parts
        one = given.agrees(family, left, right)
        other = given.agrees(family, right, left)
        found = one & other
        for sure, mine, theirs in ((one, right, left), (other, left, right)):
            rest = np.flatnonzero(sure & ~found)
            near = self._similar(given.whole[mine[rest]], family.whole[theirs[rest]], _CROSSING)
            near |= self._similar(given.word[mine[rest]], family.whole[theirs[rest]], _CROSSING)
            found[rest[near]] = True
        return found

    def _similar(self, one: Codes, other: Codes, least: float) -> Flags:
        known = (one >= 0) & (other >= 0)
        found = np.zeros(len(one), dtype=np.bool_)
        found[known] = jaro_winkler(self._text, one[known], other[known], least) >= least
        return found


@compiled("symbol[] i8[] i4[] i4[] i8 b1[w]")
def _find_part(
    symbols: Array, offsets: Array, left: Array, right: Array, count: int, found: Array
) -> None:
    """Mark pairs of texts of which the shorter begins or ends the longer one."""
    for pair in range(count):
        a, b = left[pair], right[pair]
        start, other = offsets[a], offsets[b]
        length, longer = offsets[a + 1] - start, offsets[b + 1] - other
        if length > longer:
            start, other = other, start
            length, longer = longer, length
        if length < _SHORTEST_PART:
            continue
        same = 0
        while same < length and symbols[start + same] == symbols[other + same]:
            same += 1
        if same < length:
            other += longer - length
            same = 0
            while same < length and symbols[start + same] == symbols[other + same]:
                same += 1
        found[pair] = same == length


class _Parts:
    """Codes of one column's texts by record: without blanks, the first word, its full form."""

    def __init__(self, whole: Codes, word: Codes, full: Codes, is_several: Flags) -> None:
        self.whole, self.word, self.full, self.is_several = whole, word, full, is_several

    def agrees(self, others: _Parts, left: Codes, right: Codes) -> Flags:
        known = (self.whole[left] >= 0) & (others.whole[right] >= 0)
        whole = self.whole[left] == others.whole[right]
        return np.asarray(known & (whole | (self.full[left] == others.full[right])), dtype=np.bool_)


def _parts(
    columns: list[Encoded], meanings: Mapping[str, Collection[str]]
) -> tuple[list[_Parts], PackedText]:
    known = sorted(meanings)
    full_names = pa.array([min(meanings[word]) for word in known], type=pa.string())
    texts: list[pa.Array] = []
    for column in columns:
        word = pc.replace_substring_regex(column.values, r"(?s) .*", "")
        place = pc.index_in(word, value_set=pa.array(known, type=pa.string()))
        full = pc.coalesce(full_names.take(place), word)
        texts += [pc.replace_substring(column.values, " ", ""), word, full]
    codes, distinct = first_codes(pa.concat_arrays(texts))
    found, start = [], 0
    for column in columns:
        size = len(column.values)
        several = pc.match_substring(column.values, " ").to_numpy(zero_copy_only=False)
        whole, word, full = (
            of_records(codes[start + part * size : start + (part + 1) * size], column)
            for part in range(3)
        )
        found.append(_Parts(whole, word, full, np.append(several, False).take(column.codes)))
        start += 3 * size
    return found, pack(distinct)

"""Two versions of one file side by side, by integer codes: rows are shared where nothing changed.

The rows are those of the new version, in the order of their ids, and after them what the changed
records were before. Everything here costs a few passes over whole columns and touches no text
twice; what is done for pairs is done for touched records only (``touched``).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.linkage.comparing import short_names
from warehouse_cdp.linkage.deterministic import SAID
from warehouse_cdp.linkage.encoding import COMPARED, IDENTIFIER_TYPES_SHARED
from warehouse_cdp.linkage.seen import one_chunk
from warehouse_cdp.matching.columns import STANDARD_COLUMNS
from warehouse_cdp.matching.compare import full_names
from warehouse_cdp.matching.encode import MISSING, Encoded, Records, first_codes, pack
from warehouse_cdp.matching.groups import equal_rows, grouped, joined, numbered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.linkage.seen import Seen

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

HOME: Final = ("given_name_sound", "family_name_sound", "house_number_key", "postal_code_key")
"""What two namesakes of one home share (``separation.ambiguous_namesakes``)."""
_FEW: Final = 4
_OTHERS: Final = ("given_name_forms", "merged_into_record_id")
_COLUMNS: Final = tuple(
    dict.fromkeys([*SAID, *HOME, *_OTHERS, *(key for keys in COMPARED.values() for key in keys)])
)


class Versions:
    """Rows of two versions: ``in_before`` and ``in_after`` say which hold where.

    ``count`` rows are of the new version; ``changed`` are those that only one version has.
    ``first_before`` and ``first_after`` give the row of the first record of the version that says
    the same as a row does (see ``deterministic.identical_records``), -1 in the other version.
    ``old_ids`` are the ids of the rows that the old version alone has, ``old_after`` the rows of
    these ids in the new one, or -1.
    """

    def __init__(self, before: Seen, after: Seen, changed: pa.Array) -> None:
        """Lay two versions side by side; ``changed`` are ids as of ``changed_ids``."""
        self.after = after
        self.count = after.records.num_rows
        is_old = _flags(pc.is_in(before.ids, value_set=changed))
        is_new = _flags(pc.is_in(after.ids, value_set=changed))
        old = before.records.filter(pa.array(is_old)).select(["record_id", *_COLUMNS])
        both = [after.records.select(["record_id", *_COLUMNS]), old]
        self.table = pa.concat_tables(both).combine_chunks()
        self.old_ids = one_chunk(old["record_id"])
        none = np.zeros(old.num_rows, dtype=np.bool_)
        self.in_after = np.concatenate([np.ones(self.count, dtype=np.bool_), none])
        self.in_before = np.concatenate([~is_new, ~none])
        self.changed = self.in_before != self.in_after
        self._texts = {name: one_chunk(self.table[name]) for name in _COLUMNS}
        self._codes: dict[str, tuple[Codes, pa.Array]] = {}
        self.signature = self._signatures()
        self._numbers = numbered(self._together(("given_name_key", "given_name_forms")))[0]
        self.old_after = self.rows_after(self.old_ids)
        rank = self._ranks()
        self.first_before = self._first(rank, self.in_before)
        self.first_after = self._first(rank, self.in_after)
        self.held = self._held(before, changed)

    def rows_before(self, ids: pa.Array, rows: Rows) -> Rows:
        """The rows of ids in the old version, -1 where it had none; ``rows`` are those after."""
        found = rows.copy()
        moved = np.flatnonzero((rows < 0) | self.changed[rows])
        old = _places(ids.take(pa.array(moved)), self.old_ids)
        found[moved] = np.where(old >= 0, old + self.count, -1)
        return found

    def rows_after(self, ids: pa.Array) -> Rows:
        """The rows of ids in the new version, -1 where it has none."""
        among = self.after.ids
        if len(ids) * _FEW > len(among):
            return _places(ids, among)
        # Of few ids: to look for them among all is cheaper than to look all up.
        rows = np.flatnonzero(_flags(pc.is_in(among, value_set=ids)))
        place = _places(ids, among.take(pa.array(rows)))
        return np.where(place >= 0, np.append(rows, -1)[place], -1)

    def codes(self, name: str) -> Codes:
        """Codes of a column's values by row, -1 where there is none; in no order."""
        return self._encoded(name)[0]

    def records(self) -> Records:
        """All rows as the engine's records, for the keys of blocking."""
        columns = []
        for name, keys in COMPARED.items():
            if len(keys) == 1:
                codes, values = self._encoded(keys[0])
            else:
                one, other = (self._texts[key] for key in keys)
                both = pc.binary_join_element_wise(one, other, " ")
                codes, values = _dictionary(pc.coalesce(both, one))
            counts = np.zeros(0, dtype=np.int64)
            kind = STANDARD_COLUMNS[name]
            columns.append(Encoded(name, kind, codes, values, counts, pack(values)))
        everyone = np.arange(len(self.changed), dtype=np.int64)
        return Records(tuple(columns), everyone, everyone, np.ones_like(everyone))

    def homes(self) -> npt.NDArray[np.int64]:
        """A code for the name and home of each row, -1 where a part of it is unknown."""
        return self._together(HOME)

    def copies(self, rows: Flags) -> Flags:
        """The rows, and all that say the same as one of them."""
        mine = self.signature[rows]
        found = pd.Series(self.signature).isin(pd.unique(mine[mine >= 0])).to_numpy()
        return np.asarray(rows | found, dtype=np.bool_)

    def renamed(self) -> Flags:
        """Rows with a word for which other short forms are known in one version than in the other.

        Which names a word stands for is known from all records (``comparing.short_names``).
        """
        found = np.zeros(len(self.changed), dtype=np.bool_)
        names = self._short_names
        there = [
            np.isin(names["number"], self._numbers[version])
            for version in (self.in_before, self.in_after)
        ]
        if (there[0] == there[1]).all():
            return found
        before, after = (names[mine] for mine in there)
        meanings = [full_names(short_names(forms)) for forms in (before, after)]
        words = {
            word
            for word in meanings[0].keys() | meanings[1].keys()
            if meanings[0].get(word) != meanings[1].get(word)
        }
        words |= set(before["given_name_key"]) ^ set(after["given_name_key"])
        for name in ("given_name_key", "family_name_key"):
            codes, values = self._encoded(name)
            told = [text.partition(" ")[0] in words or text in words for text in values.to_pylist()]
            found |= np.append(np.array(told, dtype=np.bool_), False)[codes]
        return found

    def forms_known(self) -> Rows:
        """Rows of the new version that say together which short forms are known."""
        names = self._short_names
        rows = np.flatnonzero(self.in_after)
        numbers, first = np.unique(self._numbers[rows], return_index=True)
        row_of = dict(zip(numbers.tolist(), rows[first].tolist(), strict=True))
        found: dict[str, tuple[bool, int]] = {}
        for name, number in zip(names["given_name_key"], names["number"], strict=True):
            if number in row_of:
                word = name.partition(" ")[0]
                # One who bears the word alone says most.
                mine = (" " in name, row_of[number])
                found[word] = min(found.get(word, mine), mine)
        return np.array([row for _, row in found.values()], dtype=np.int64)

    def merge_ends(self, touched: Flags) -> Rows:
        """Rows whose source merged them into a touched one, or a touched one into them."""
        target = self._texts["merged_into_record_id"]
        rows = np.flatnonzero(_flags(pc.is_valid(target)))
        ends = self.rows_after(target.take(pa.array(rows)))
        known = (ends >= 0) & self.in_after[rows]
        rows, ends = rows[known], ends[known]
        mine = touched[rows] | touched[ends]
        return np.unique(np.concatenate([rows[mine], ends[mine]]))

    def _encoded(self, name: str) -> tuple[Codes, pa.Array]:
        if name not in self._codes:
            self._codes[name] = _dictionary(self._texts[name])
        return self._codes[name]

    def _together(self, names: tuple[str, ...]) -> npt.NDArray[np.int64]:
        return joined([self.codes(name) for name in names])

    def _signatures(self) -> npt.NDArray[np.int64]:
        """A code for what each row says, -1 where that is too little to be called identical."""
        known = {name: self.codes(name) >= 0 for name in SAID}
        enough = known["given_name_key"] & known["family_name_key"]
        enough &= known["email_key"] | known["phone_key"] | known["national_id_key"]
        return np.where(
            enough, equal_rows([self.codes(name) for name in SAID])[0].astype(np.int64), -1
        )

    def _ranks(self) -> npt.NDArray[np.float64]:
        """The place of each row in the order of ids; of two rows of one id there are no two."""
        ids = self.after.ids.to_numpy(zero_copy_only=False)
        old = self.old_ids.to_numpy(zero_copy_only=False)
        place = np.searchsorted(ids, old).astype(np.float64)
        same = self.old_after
        between = place - 1.0 + (np.arange(len(old)) + 1.0) / (len(old) + 1.0)
        return np.concatenate([np.arange(self.count), np.where(same >= 0, same, between)])

    def _first(self, rank: npt.NDArray[np.float64], version: Flags) -> Rows:
        first = np.where(version, np.arange(len(version)), -1)
        signature = np.where(version, self.signature, -1)
        order, sizes = grouped(signature)
        several = np.repeat(sizes > 1, sizes)
        order, sizes = order[several], sizes[sizes > 1]
        group = np.repeat(np.arange(len(sizes)), sizes)
        order = order[np.lexsort((rank[order], group))]
        starts = np.cumsum(sizes) - sizes
        first[order] = np.repeat(order[starts], sizes)
        return first

    @cached_property
    def _short_names(self) -> pd.DataFrame:
        """Distinct given names that have other forms, with these and their ``number``."""
        numbers, rows = np.unique(self._numbers, return_index=True)
        rows = rows[numbers >= 0]
        names, forms = (
            self._texts[name].take(pa.array(rows))
            for name in ("given_name_key", "given_name_forms")
        )
        may_be = np.flatnonzero(_flags(pc.fill_null(pc.not_equal(names, forms), False)))  # noqa: FBT003
        frame = pd.DataFrame(
            {
                "given_name_key": names.take(pa.array(may_be)).to_pylist(),
                "given_name_forms": forms.take(pa.array(may_be)).to_pylist(),
            },
            dtype=object,
        ).assign(number=may_be)
        both = zip(frame["given_name_key"], frame["given_name_forms"], strict=True)
        short = [bool(set(told.split("|")) - {name, name.partition(" ")[0]}) for name, told in both]
        return frame[np.array(short, dtype=np.bool_)]

    def _held(self, before: Seen, changed: pa.Array) -> Mapping[str, tuple[Rows, Codes]]:
        """By identifier type rows of records and codes of the values they hold."""
        was = before.identifiers.filter(pc.is_in(before.identifiers["record_id"], changed))
        now = self.after.identifiers
        rows = np.concatenate(
            [
                self.rows_after(one_chunk(now["record_id"])),
                _places(was["record_id"], self.old_ids) + self.count,
            ]
        )
        names = ["identifier_type", "identifier_key"]
        both = pa.concat_tables([now.select(names), was.select(names)]).combine_chunks()
        found = {}
        for kind in IDENTIFIER_TYPES_SHARED:
            of_kind = _flags(pc.equal(both["identifier_type"], kind))
            keys = one_chunk(both["identifier_key"].filter(pa.array(of_kind)))
            found[kind] = (rows[of_kind], _dictionary(keys)[0])
        return found


def _dictionary(texts: pa.Array) -> tuple[Codes, pa.Array]:
    codes, values = first_codes(texts)
    return codes.astype(np.int32), values


def _flags(values: pa.Array | pa.ChunkedArray) -> Flags:
    return np.asarray(one_chunk(values).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _places(ids: pa.Array | pa.ChunkedArray, among: pa.Array) -> Rows:
    found = pc.fill_null(pc.index_in(ids, value_set=among), MISSING)
    return np.asarray(one_chunk(found).to_numpy(zero_copy_only=False), dtype=np.int64)

"""What a run of the matcher saw, kept so that the next run can tell what has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.linkage.records import RECORD_COLUMNS
from warehouse_cdp.linkage.tables import column_type

if TYPE_CHECKING:
    from collections.abc import Mapping

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

HELD_COLUMNS: Final = ("record_id", "identifier_type", "identifier_key", "first_seen_at")
LINKED_BY: Final = (
    "given_name_key",
    "given_name_forms",
    "given_name_sound",
    "family_name_key",
    "family_name_sound",
    "name_suffix_key",
    "birth_date_key",
    "email_key",
    "phone_key",
    "street_key",
    "house_number_key",
    "postal_code_key",
    "city_key",
    "national_id_key",
    "merged_into_record_id",
)
"""Columns of records that linking looks at: a change of others changes no link."""
_MASKED: Final[Mapping[str, tuple[str, ...]]] = {
    "email": ("email_key", "email_local_key"),
    "phone": ("phone_key",),
    "national_id": ("national_id_key",),
}
_PART: Final = "\x1f"


@dataclass(frozen=True)
class Seen:
    """Records as the matcher sees them: without values that identify nobody.

    ``records`` has ``RECORD_COLUMNS``, in the order of ``record_id``, ``identifiers`` has
    ``HELD_COLUMNS``, a row for each value that a record holds and that may identify.
    """

    records: pa.Table
    identifiers: pa.Table

    @property
    def ids(self) -> pa.Array:
        """The ids of the records, ascending."""
        return one_chunk(self.records["record_id"])

    def frames(self, rows: Rows) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Records and identifiers of some rows, as the matcher takes them."""
        places = pa.array(np.sort(rows))
        records = self.records.take(places)
        held = pc.is_in(self.identifiers["record_id"], value_set=one_chunk(records["record_id"]))
        return _frame(records), _frame(self.identifiers.filter(held))


def seen(
    records: pd.DataFrame | pa.Table,
    identifiers: pd.DataFrame | pa.Table,
    bad_values: pd.DataFrame,
) -> Seen:
    """What the matcher sees of prepared records and identifiers, ``bad_values`` left out."""
    people = _table(records, RECORD_COLUMNS)
    ids = one_chunk(people["record_id"])
    if not pc.all(pc.less(ids[:-1], ids[1:]), min_count=0).as_py():
        people = people.take(pc.sort_indices(ids))
    held = _table(identifiers, HELD_COLUMNS)
    of_kind = {
        str(kind): pa.array(group["identifier_key"].astype(str).tolist(), type=pa.string())
        for kind, group in bad_values.groupby("identifier_type")
    }
    for kind, keys in of_kind.items():
        names = _MASKED.get(kind, ())
        # The local part goes with the e-mail it is of.
        blocked = pc.is_in(people[names[0]], value_set=keys) if names else None
        for name in names:
            masked = pc.if_else(blocked, pa.scalar(None, pa.string()), people[name])
            people = people.set_column(people.schema.get_field_index(name), name, masked)
        is_kind = pc.equal(held["identifier_type"], kind)
        bad = pc.and_(is_kind, pc.is_in(held["identifier_key"], value_set=keys))
        held = held.filter(pc.invert(bad))
    return Seen(people, held)


def changed_ids(before: Seen, after: Seen) -> pa.Array:
    """Ids of the records that are new, gone, or hold something else that linking looks at."""
    old, new = before.ids, after.ids
    place = pc.index_in(new, value_set=old)
    stayed = pc.is_valid(place)
    here, there = after.records.filter(stayed), before.records.take(place.filter(stayed))
    differs = np.zeros(here.num_rows, dtype=np.bool_)
    for name in LINKED_BY:
        one, other = one_chunk(here[name]), one_chunk(there[name])
        same = pc.fill_null(pc.equal(one, other), False)  # noqa: FBT003
        same = pc.or_(same, pc.and_(pc.is_null(one), pc.is_null(other)))
        differs |= ~same.to_numpy(zero_copy_only=False)
    parts = [
        here["record_id"].filter(pa.array(differs)),
        new.filter(pc.invert(stayed)),
        old.filter(pc.invert(pc.is_in(old, value_set=new))),
    ]
    texts = [_written(version.identifiers) for version in (before, after)]
    for version, mine, others in ((before, *texts), (after, *texts[::-1])):
        elsewhere = pc.invert(pc.is_in(mine, value_set=others))
        parts.append(version.identifiers["record_id"].filter(elsewhere))
    chunks = [one_chunk(part) for part in parts]
    return pc.unique(pa.concat_arrays([chunk.cast(pa.string()) for chunk in chunks]))


def one_chunk(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _written(identifiers: pa.Table) -> pa.Array:
    columns = [one_chunk(identifiers[name]).cast(pa.string()) for name in HELD_COLUMNS]
    return pc.binary_join_element_wise(*[pc.fill_null(column, "") for column in columns], _PART)


def _table(frame: pd.DataFrame | pa.Table, columns: tuple[str, ...]) -> pa.Table:
    schema = pa.schema([(name, column_type(name)) for name in columns])
    if isinstance(frame, pa.Table):
        return frame.select(list(columns)).cast(schema)
    known = frame[[name for name in columns if name in frame.columns]]
    found = pa.Table.from_pandas(
        known,
        schema=pa.schema([schema.field(name) for name in known.columns]),
        preserve_index=False,
        safe=False,
    )
    arrays = [
        found[name] if name in known.columns else pa.nulls(len(frame), schema.field(name).type)
        for name in columns
    ]
    return pa.table(arrays, schema=schema)


def _frame(table: pa.Table) -> pd.DataFrame:
    """A frame with plain texts and None, which is what Arrow makes of a null text."""
    return pd.DataFrame({name: table[name].to_pandas() for name in table.column_names})

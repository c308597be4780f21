"""Column types of the frames that become tables, so that an empty column keeps its type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from warehouse_cdp.identity_tables import ASSIGNMENT_COLUMNS, MODEL_COLUMNS
from warehouse_cdp.linkage.bad_values import BAD_VALUE_COLUMNS
from warehouse_cdp.linkage.links import PAIR_COLUMNS
from warehouse_cdp.linkage.overrides import ISSUE_COLUMNS
from warehouse_cdp.linkage.precision import PRECISION_COLUMNS
from warehouse_cdp.linkage.quality import QUALITY_COLUMNS
from warehouse_cdp.linkage.quality_examples import EXAMPLE_COLUMNS
from warehouse_cdp.linkage.records import RECORD_COLUMNS
from warehouse_cdp.linkage.trees import LINK_TREE_COLUMNS
from warehouse_cdp.linkage.visitors import VISITOR_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

IDENTIFIER_COLUMNS = (
    "record_id",
    "source",
    "identifier_type",
    "identifier_value",
    "identifier_key",
    "identifier_label",
    "block_reason",
    "is_primary",
    "is_verified",
    "is_blocked",
    "first_seen_at",
    "last_seen_at",
    "loaded_at",
)

TABLES: Mapping[str, tuple[str, ...]] = {
    # What each row was made from, so that the next run knows whether it still holds.
    "identity_records": (*RECORD_COLUMNS, "input_hash"),
    "identity_identifiers": IDENTIFIER_COLUMNS,
    "identity_bad_values": BAD_VALUE_COLUMNS,
    "identity_match_model": MODEL_COLUMNS,
    "identity_pairs": PAIR_COLUMNS,
    "identity_link_trees": LINK_TREE_COLUMNS,
    "identity_assignments": ASSIGNMENT_COLUMNS,
    "identity_visitors": VISITOR_COLUMNS,
    "identity_quality": QUALITY_COLUMNS,
    "identity_quality_examples": EXAMPLE_COLUMNS,
    "identity_override_issues": ISSUE_COLUMNS,
    "identity_precision": PRECISION_COLUMNS,
}
"""Columns of each table, in order."""

_NUMBERS = frozenset(
    [
        "m",
        "u",
        "weight",
        "match_weight",
        "match_probability",
        "match_share",
        "match_share_low",
        "match_share_high",
        "value",
        "expected_low",
        "expected_high",
    ]
)


def column_type(name: str) -> pa.DataType:
    """The type of a column, which its name tells (`_at` a timestamp, `_count` a number, ...)."""
    if name.endswith(("_at",)) or name in ("valid_from", "valid_to"):
        return pa.timestamp("us")
    if name.startswith("is_"):
        return pa.bool_()
    if name.endswith(("_count", "_number")):
        return pa.int64()
    return pa.float64() if name in _NUMBERS else pa.string()


def as_table(name: str, frame: pd.DataFrame | pa.Table) -> pa.Table:
    """A frame as the typed Arrow table of that name; columns it lacks are null.

    A table of Arrow's must have all columns.
    """
    columns = TABLES[name]
    schema = pa.schema([(column, column_type(column)) for column in columns])
    if isinstance(frame, pa.Table):
        return frame.select(list(columns)).cast(schema)
    ordered = frame.reindex(columns=list(columns))
    return pa.Table.from_pandas(ordered, schema=schema, preserve_index=False, safe=False)


def text_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame read from a table, with missing texts as None and texts as plain objects.

    An engine may hand back a column of nulls as numbers; the matcher wants texts or None.
    """
    fixed = frame.copy()
    for name in fixed.columns:
        if column_type(str(name)) == pa.string():
            column = fixed[name].astype(object)
            fixed[name] = column.where(column.notna(), None)
    return fixed

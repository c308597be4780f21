"""Writing rows as CSV, JSON lines and Parquet: the same rows give the same bytes.

Rows stand in order of their key, columns in order of the mapping. Each format can also drop rows
from a file it wrote, without any other source: that is how a person leaves when nothing else may
be changed.
"""

from __future__ import annotations

import csv
import decimal
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse_cdp.activation.values import (
    is_null,
    joined_key,
    sync_keys,
    text_columns,
    to_text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

# What a spreadsheet takes for the start of a formula, full-width forms included.
FORMULA_STARTS = tuple("=+-@\t\r＝＋－＠")  # noqa: RUF001
_LINE_END = "\r\n"  # also what makes the writer quote a lone carriage return


def guarded(value: str | None) -> str | None:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if value is not None and value.startswith(FORMULA_STARTS) else value


def write_csv(frame: pd.DataFrame, path: Path, *, formula_guard: bool) -> None:
    """Write UTF-8 CSV as RFC 4180 has it; null is empty.

    The guard touches text only: a negative number stays a number.
    """
    texts = text_columns(frame)
    if formula_guard:
        for name in texts.columns:
            if _is_text(frame[name]):
                texts[name] = [guarded(value) for value in texts[name]]
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator=_LINE_END)
        writer.writerow(texts.columns)
        writer.writerows(zip(*(texts[name] for name in texts.columns), strict=True))


def write_jsonl(frame: pd.DataFrame, path: Path) -> None:
    """Write one JSON object a line; null is null, numbers and booleans stay what they are."""
    names = [str(name) for name in frame.columns]
    with path.open("w", encoding="utf-8", newline="\n") as handle:
        for row in zip(*(frame[name] for name in frame.columns), strict=True):
            cells = {name: _json_value(value) for name, value in zip(names, row, strict=True)}
            handle.write(json.dumps(cells, ensure_ascii=False, separators=(",", ":")) + "\n")


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write Parquet with the columns' own types."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, path, compression="zstd")


def drop_from_csv(origin: Path, copy: Path, key: Sequence[str], dropped: set[str]) -> None:
    """Copy a CSV without the rows whose key is among ``dropped``."""
    with (
        origin.open(encoding="utf-8", newline="") as old,
        copy.open("w", encoding="utf-8", newline="") as new,
    ):
        reader = csv.DictReader(old)
        writer = csv.DictWriter(new, reader.fieldnames or [], lineterminator=_LINE_END)
        writer.writeheader()
        for row in reader:
            if joined_key(_unguarded(row[name]) for name in key) not in dropped:
                writer.writerow(row)


def drop_from_jsonl(origin: Path, copy: Path, key: Sequence[str], dropped: set[str]) -> None:
    """Copy a JSON lines file without the rows whose key is among ``dropped``."""
    with (
        origin.open(encoding="utf-8", newline="\n") as old,
        copy.open("w", encoding="utf-8", newline="\n") as new,
    ):
        for line in old:
            row = json.loads(line)
            if joined_key(row[name] for name in key) not in dropped:
                new.write(line)


def drop_from_parquet(origin: Path, copy: Path, key: Sequence[str], dropped: set[str]) -> None:
    """Copy a Parquet file without the rows whose key is among ``dropped``."""
    table = pq.read_table(origin)
    keys = sync_keys(table.select(list(key)).to_pandas(), key)
    pq.write_table(table.filter(pa.array(~keys.isin(sorted(dropped)))), copy, compression="zstd")


def _unguarded(value: str) -> str:
    return value[1:] if value.startswith("'") and value[1:].startswith(FORMULA_STARTS) else value


def _is_text(column: pd.Series[Any]) -> bool:
    return any(isinstance(value, str) for value in column)


def _json_value(value: Any) -> Any:  # noqa: ANN401 - a cell may be of any type
    if is_null(value):
        return None
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bool | int | float | str):
        return value
    return value.item() if hasattr(value, "item") else to_text(value)

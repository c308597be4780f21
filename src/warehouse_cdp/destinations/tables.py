"""Writing rows as CSV, JSON lines and Parquet: the same rows give the same bytes.

Rows stand in the order in which they come, columns in order of the mapping. Each format can also
drop rows from a file it wrote, without any other source: that is how a person leaves when
nothing else may be changed.
"""

from __future__ import annotations

import csv
import decimal
import json
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse_cdp.activation.values import is_null, joined_key, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

FileFormat: TypeAlias = Literal["csv", "jsonl", "parquet"]
FILE_FORMATS: tuple[FileFormat, ...] = ("csv", "jsonl", "parquet")

# What a spreadsheet takes for the start of a formula, full-width forms included.
FORMULA_STARTS = tuple("=+-@\t\r＝＋－＠")  # noqa: RUF001
_LINE_END = "\r\n"  # also what makes the writer quote a lone carriage return


def guarded(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def write_tables(
    file_format: FileFormat,
    path: Path,
    columns: Sequence[str],
    tables: Iterable[pa.Table],
    *,
    formula_guard: bool = False,
) -> int:
    """Write tables one after the other into one file; return the number of rows.

    Args:
        file_format: CSV is UTF-8 as RFC 4180 has it, null is empty; JSON lines keep numbers and
            booleans what they are; Parquet keeps the columns' own types.
        path: the file, made anew.
        columns: names in the order of the tables' columns; the header where there are no rows.
        tables: of one schema.
        formula_guard: whether texts in a CSV that begin a formula get a leading apostrophe. It
            touches text only: a negative number stays a number.

    Raises:
        OSError: it cannot be written.
    """
    if file_format == "csv":
        return _write_csv(path, columns, tables, formula_guard=formula_guard)
    if file_format == "jsonl":
        return _write_jsonl(path, columns, tables)
    return _write_parquet(path, columns, tables)


def drop_rows(
    file_format: FileFormat, origin: Path, copy: Path, key: Sequence[str], dropped: frozenset[str]
) -> int:
    """Copy a file that ``write_tables`` made without the rows of some keys; return rows left.

    Raises:
        OSError: it cannot be read or written.
        KeyError, ValueError, pa.ArrowInvalid: the file is not as it was written.
    """
    if file_format == "csv":
        return _drop_from_csv(origin, copy, key, dropped)
    if file_format == "jsonl":
        return _drop_from_jsonl(origin, copy, key, dropped)
    return _drop_from_parquet(origin, copy, key, dropped)


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def _write_csv(
    path: Path, columns: Sequence[str], tables: Iterable[pa.Table], *, formula_guard: bool
) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator=_LINE_END)
        writer.writerow(columns)
        for table in tables:
            for row in _rows(table):
                writer.writerow([_csv_cell(value, formula_guard=formula_guard) for value in row])
            count += table.num_rows
    return count


def _csv_cell(value: Any, *, formula_guard: bool) -> str | None:  # noqa: ANN401 - any cell
    return guarded(value) if formula_guard and isinstance(value, str) else to_text(value)


def _write_jsonl(path: Path, columns: Sequence[str], tables: Iterable[pa.Table]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as handle:
        for table in tables:
            for row in _rows(table):
                cells = {name: json_value(value) for name, value in zip(columns, row, strict=True)}
                handle.write(json.dumps(cells, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += table.num_rows
    return count


def _write_parquet(path: Path, columns: Sequence[str], tables: Iterable[pa.Table]) -> int:
    count = 0
    writer: pq.ParquetWriter | None = None
    try:
        for table in tables:
            plain = table.replace_schema_metadata(None)
            if writer is None:
                writer = pq.ParquetWriter(path, plain.schema, compression="zstd")
            writer.write_table(plain)
            count += table.num_rows
        if writer is None:
            schema = pa.schema([(name, pa.string()) for name in columns])
            writer = pq.ParquetWriter(path, schema, compression="zstd")
    finally:
        if writer is not None:
            writer.close()
    return count


def _drop_from_csv(origin: Path, copy: Path, key: Sequence[str], dropped: frozenset[str]) -> int:
    left = 0
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
                left += 1
    return left


def _drop_from_jsonl(origin: Path, copy: Path, key: Sequence[str], dropped: frozenset[str]) -> int:
    left = 0
    with (
        origin.open(encoding="utf-8", newline="\n") as old,
        copy.open("w", encoding="utf-8", newline="\n") as new,
    ):
        for line in old:
            row = json.loads(line)
            if joined_key(row[name] for name in key) not in dropped:
                new.write(line)
                left += 1
    return left


def _drop_from_parquet(
    origin: Path, copy: Path, key: Sequence[str], dropped: frozenset[str]
) -> int:
    table = pq.read_table(origin)
    keys = [joined_key(parts) for parts in _rows(table.select(list(key)))]
    left = table.filter(pa.array([one not in dropped for one in keys], pa.bool_()))
    pq.write_table(left, copy, compression="zstd")
    return cast("int", left.num_rows)


def _unguarded(value: str) -> str:
    return value[1:] if value.startswith("'") and value[1:].startswith(FORMULA_STARTS) else value


def json_value(value: Any) -> Any:  # noqa: ANN401 - a cell may be of any type
    """Return a cell as JSON has it: numbers stay numbers, moments become text, null is None."""
    if is_null(value):
        return None
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bool | int | float | str):
        return value
    return value.item() if hasattr(value, "item") else to_text(value)

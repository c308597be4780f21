"""Reading the columns that are wanted of a CSV or Parquet file, as text."""

from __future__ import annotations

import codecs
import csv
import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from warehouse_cdp.errors import InputDataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CSV_ENDINGS: Final = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz")
PARQUET_ENDINGS: Final = (".parquet", ".pq")
_DELIMITERS = ",;\t|"
_OLD_WINDOWS = "cp1252"  # what Excel saves where it does not say UTF-8
_FIRST_BYTES = 1 << 16
# A row must fit into a block, and a cell may be long; blocks are read in parallel.
_BLOCK_BYTES = 1 << 24
_LARGEST_BLOCK_BYTES = 1 << 30
_MAX_ROWS_NAMED = 5
_NULLS = ("", "\\N")
# What a file is whose ending says CSV, by its first bytes.
_OTHER_FORMATS: Final = (
    (b"PAR1", "is Parquet: name it .parquet"),
    (b"\x1f\x8b", "is packed by gzip: name it .csv.gz"),
    (b"PK\x03\x04", "is a zip archive or an Excel file: save it as CSV (UTF-8)"),
    (codecs.BOM_UTF32_LE, "is UTF-32: save it as CSV (UTF-8)"),
    (codecs.BOM_UTF32_BE, "is UTF-32: save it as CSV (UTF-8)"),
)


@dataclass(frozen=True)
class Source:
    """A file that was looked at: its header, and how it is written (None for Parquet)."""

    path: Path
    header: tuple[str, ...]
    delimiter: str | None = None
    encoding: str | None = None


def open_source(path: Path) -> Source:
    """Look at the beginning of a file.

    Raises:
        InputDataError: it is absent, empty, no CSV or Parquet, or cannot be read.
    """
    name = path.name.lower()
    try:
        if path.is_dir():
            raise _bad(path, f"is a folder: give the files in it, as in {path}/*.parquet")
        if not path.exists():
            raise _bad(path, "is not there")
    except OSError as error:
        raise _bad(path, f"cannot be read ({_reason(path, error)})") from None
    if not name.endswith((*CSV_ENDINGS, *PARQUET_ENDINGS)):
        valid = ", ".join((*CSV_ENDINGS, *PARQUET_ENDINGS))
        raise _bad(path, f"is neither CSV nor Parquet by its ending (valid are {valid})")
    try:
        if path.stat().st_size == 0:
            raise _bad(path, "is empty")
        if name.endswith(PARQUET_ENDINGS):
            return Source(path, tuple(pq.ParquetFile(path).schema_arrow.names))
        with _opened(path) as handle:
            return _look_at_text(path, handle.read(_FIRST_BYTES))
    except pa.ArrowInvalid:
        raise _bad(path, "is no Parquet file") from None
    except (OSError, pa.ArrowException) as error:
        raise _bad(path, f"cannot be read ({_reason(path, error)})") from None


@dataclass(frozen=True)
class ReadFile:
    """Columns of one file, all text, and the encoding that the text was in (None for Parquet)."""

    columns: pa.Table
    encoding: str | None


def read_columns(source: Source, wanted: Mapping[str, str]) -> ReadFile:
    """Read columns as text, each under its new name: ``wanted`` is new name -> name in the file.

    An empty cell is null; a whole number of a column of floats is written without a fraction, a
    time in ``birth_date`` as its date. Rows keep their order.

    Raises:
        InputDataError: the file cannot be read, or a column holds no single values.
    """
    try:
        if source.delimiter is None:
            table, encoding = pq.ParquetFile(source.path).read(columns=[*wanted.values()]), None
        else:
            table, encoding = _read_text(source, [*wanted.values()])
    except (OSError, UnicodeError, pa.ArrowException) as error:
        raise _bad(source.path, f"cannot be read ({_reason(source.path, error)})") from None
    texts = {new: _as_text(source.path, new, old, table.column(old)) for new, old in wanted.items()}
    return ReadFile(pa.table(texts), encoding)


def _look_at_text(path: Path, first: bytes) -> Source:
    encoding = "utf-8"
    for magic, what in _OTHER_FORMATS:
        if first.startswith(magic):
            raise _bad(path, what)
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in first:
        raise _bad(path, "is not text (it holds NUL bytes): save it as CSV (UTF-8)")
    text = first.decode(encoding, errors="replace").removeprefix("\N{BYTE ORDER MARK}")
    # The header is the first record: a quoted name may hold a line end.
    lines = io.StringIO(text, newline="")
    delimiter = _delimiter(text.split("\n", 1)[0])
    if encoding == "utf-8" and not _is_utf8(first.split(b"\n", 1)[0]):
        encoding = _OLD_WINDOWS
        lines = io.StringIO(first.decode(_OLD_WINDOWS, errors="replace"), newline="")
    try:
        header = next((row for row in csv.reader(lines, delimiter=delimiter) if row), [])
    except csv.Error:
        raise _bad(path, "has a first row that is no CSV") from None
    if not any(cell.strip() for cell in header):
        raise _bad(path, "is empty: its first row must hold the names of its columns")
    return Source(path, tuple(header), delimiter, encoding)


def _delimiter(line: str) -> str:
    """The sign that the header has most of outside quotes; a comma where there is none."""
    bare = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _read_text(source: Source, names: list[str]) -> tuple[pa.Table, str]:
    """Read a CSV; one that is not UTF-8 is taken for the old Windows encoding."""
    block_bytes = _BLOCK_BYTES
    encoding = source.encoding or "utf-8"
    while True:
        try:
            table = _parse(source, names, encoding, block_bytes, None)
            is_open = _ends_in_a_quote(source, encoding, block_bytes, table)
        except pa.ArrowInvalid as error:
            told = str(error)
            if "UTF8" in told and encoding == "utf-8":
                encoding = _OLD_WINDOWS
            elif "straddl" in told and block_bytes < _LARGEST_BLOCK_BYTES:
                block_bytes *= 8
            elif "Empty CSV" in told:  # a header without a line end
                return pa.table({name: pa.array([], pa.string()) for name in names}), encoding
            else:
                raise _bad(source.path, _why(source, names, encoding, block_bytes)) from None
        else:
            if is_open:
                what = f"has a quote that is not closed: the one in row {table.num_rows:,}"
                raise _bad(source.path, f"{what} takes in all that follows")
            return table, encoding


def _parse(
    source: Source,
    names: list[str],
    encoding: str,
    block_bytes: int,
    handler: object,
    *,
    threads: bool = True,
    text: pa.NativeFile | None = None,
) -> pa.Table:
    with text or _opened(source.path) as handle:
        return pa_csv.read_csv(
            handle,
            read_options=pa_csv.ReadOptions(
                encoding=encoding, block_size=block_bytes, use_threads=threads
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=source.delimiter,
                newlines_in_values=True,
                invalid_row_handler=handler,
            ),
            convert_options=pa_csv.ConvertOptions(
                include_columns=names,
                column_types=dict.fromkeys(names, pa.string()),
                null_values=list(_NULLS),
                strings_can_be_null=True,
            ),
        )


def _ends_in_a_quote(source: Source, encoding: str, block_bytes: int, read: pa.Table) -> bool:
    """Whether the text ends within quotes, which Arrow takes for the end of the last cell.

    Only an odd number of quotes can, and not each does: a sign for inches amid a cell is none. A
    row that is put behind the text and not read as one tells.
    """
    if encoding == "utf-16":
        return False  # no program that writes it leaves a quote open
    with _opened(source.path) as handle:
        pieces = iter(lambda: handle.read(_BLOCK_BYTES), b"")
        if sum(piece.count(b'"') for piece in pieces) % 2 == 0:
            return False
    with _opened(source.path) as handle:
        text = handle.read()
    behind = "\n" + (source.delimiter or "").join("x" * len(source.header))
    longer = pa.BufferReader(text + behind.encode())
    names = read.column_names[:1]
    return bool(
        _parse(source, names, encoding, block_bytes, None, text=longer).num_rows == read.num_rows
    )


def _why(source: Source, names: list[str], encoding: str, block_bytes: int) -> str:
    """Say by number which rows do not have as many cells as the header, if that was it."""
    numbers: list[int] = []

    def remember(row: pa_csv.InvalidRow) -> str:
        numbers.append(row.number - 1)  # the header is the reader's row 1
        return "skip"

    try:
        _parse(source, names, encoding, block_bytes, remember, threads=False)
    except pa.ArrowInvalid:
        numbers.clear()
    if not numbers:
        return "cannot be read as CSV: perhaps a quote is not closed"
    return (
        f"has {len(numbers):,} {'row' if len(numbers) == 1 else 'rows'} with more or fewer cells "
        f"than its header of {len(source.header)}: {rows_text(numbers)} (counted from 1 below it)"
    )


def rows_text(numbers: Sequence[int], files: Sequence[str] = ()) -> str:
    """Rows by number, the first few of many: ``rows 3, 17 and 4 more``, ``a.csv row 3, …``."""
    few = numbers[:_MAX_ROWS_NAMED]
    if files:
        named = ", ".join(f"{file} row {row:,}" for file, row in zip(files, few, strict=False))
    else:
        named = ("row " if len(numbers) == 1 else "rows ") + ", ".join(f"{row:,}" for row in few)
    more = len(numbers) - len(few)
    return named + (f" and {more:,} more" if more else "")


def _opened(path: Path) -> pa.NativeFile:
    """The bytes of a file; what is named .gz is unpacked."""
    return pa.input_stream(str(path), compression="gzip" if _is_packed(path) else None)


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _as_text(path: Path, name: str, column: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        values = _stored(values)
        kind = values.type
    if pa.types.is_dictionary(kind):
        values, kind = values.cast(kind.value_type), kind.value_type
    if pa.types.is_timestamp(kind) and name == "birth_date":
        values = (pc.local_timestamp(values) if kind.tz else values).cast(pa.date32())
    elif pa.types.is_floating(kind):
        values = _without_fraction(values.cast(pa.float64()))
    elif pa.types.is_decimal(kind) and kind.scale > 0:
        values = _without_decimals(values)
    try:
        texts = values.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        message = f"has a column {column} of {kind}, which is no single text, number or date"
        raise _bad(path, message) from None
    return pc.if_else(pc.is_in(texts, pa.array(_NULLS)), pa.scalar(None, pa.string()), texts)


def _without_fraction(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers as such: a column of integers with gaps is often stored as floats."""
    known = pc.if_else(pc.is_finite(values), values, None)
    is_whole = pc.all(pc.equal(known, pc.floor(known))).as_py()
    fits = (pc.max(pc.abs(known)).as_py() or 0) < 2**53
    return known.cast(pa.int64()) if is_whole and fits else known


def _without_decimals(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole decimals as such: warehouses export a count or a phone as ``DECIMAL(38, 9)``."""
    try:
        whole = values.cast(pa.decimal128(max(values.type.precision - values.type.scale, 1), 0))
    except pa.ArrowInvalid:
        return values
    return whole


def _stored(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """What an extension type stores; a UUID as people write it."""
    chunks = [chunk.storage for chunk in values.chunks]
    if values.type.extension_name == "arrow.uuid":
        return pa.chunked_array([_uuid_texts(chunk) for chunk in chunks], pa.string())
    return pa.chunked_array(chunks, values.type.storage_type)


def _uuid_texts(stored: pa.Array) -> pa.Array:
    """UUIDs of 16 bytes as ``8-4-4-4-12`` hexadecimal digits."""
    found = [None if value is None else str(UUID(bytes=value)) for value in stored.to_pylist()]
    return pa.array(found, pa.string())


def _reason(path: Path, error: Exception) -> str:
    """Why, without a text that may quote the file; for the same reason errors are not chained."""
    if isinstance(error, UnicodeError):
        return "its text is neither UTF-8 nor Windows-1252, nor whole UTF-16"
    number = getattr(error, "errno", None)
    if number:
        return os.strerror(number)  # Arrow's own text names the path again
    if _is_packed(path):
        return "what is named .gz must be packed by gzip, and whole"
    return type(error).__name__


def _bad(path: Path, what: str) -> InputDataError:
    return InputDataError(f"{path} {what}")

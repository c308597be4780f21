"""Person records out of several files: one table of standard columns with an id for each row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.resolve.files import open_source, read_columns, rows_text
from warehouse_cdp.resolve.names import check_columns, columns_of_file, proposed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from warehouse_cdp.resolve.names import FileColumns

_RECORD_ID = "record_id"
_SOURCE = "source"
# The truth's own name in a table of standard columns, which it must not meet there.
_TRUTH = "truth of --truth"


@dataclass(frozen=True)
class FileReport:
    """What became of one file: rows, what its columns were taken for, and what was not read."""

    path: str
    rows: int
    used: Mapping[str, str]
    ignored: tuple[str, ...]
    proposed: tuple[tuple[str, str], ...]
    encoding: str | None


@dataclass(frozen=True)
class InputRecords:
    """Records of all files, in the order given.

    ``records`` holds ``record_id`` (text, unique) and the standard columns found, as text.
    ``truth`` is a label for each row, -1 where it is not known; None where none was asked for.
    """

    records: pd.DataFrame
    truth: npt.NDArray[np.int64] | None
    files: tuple[FileReport, ...]


def read_records(
    paths: Sequence[Path],
    mapped: Mapping[str, str],
    truth: str | None,
    progress: Callable[[str, float], None],
) -> InputRecords:
    """Read the columns that are of use from all files; the truth is kept apart from them.

    Rows without a ``record_id`` column are numbered from 1, within their file where there are
    several. Of several files one without a ``source`` column is a source of its own.

    Raises:
        ConfigurationError: a column that an option names is not there.
        InputDataError: a file cannot be read, there is no row or nothing to compare, or a
            ``record_id`` is missing or not unique.
    """
    sources = {str(path): open_source(path) for path in paths}
    headers = {name: source.header for name, source in sources.items()}
    columns = {
        name: columns_of_file(name, header, mapped, truth) for name, header in headers.items()
    }
    check_columns(columns, headers, mapped, truth)
    tables, reports = [], []
    labels = _labels_of_files(paths)
    for place, (name, source) in enumerate(sources.items()):
        progress(f"reading {labels[place]}", place / len(sources))
        found = columns[name]
        wanted = _to_read(found)
        if not wanted:
            message = f"{name} has no column of a standard name: leave it out, or map its columns"
            raise InputDataError(message)
        read = read_columns(source, wanted)
        table = _joined(read.columns, found.columns)
        tables.append(_with_source(table, labels[place], several=len(sources) > 1))
        guesses = tuple(proposed(found.ignored, found.used))
        rows = read.columns.num_rows
        reports.append(FileReport(name, rows, found.used, found.ignored, guesses, read.encoding))
    table = pa.concat_tables(tables, promote_options="default")
    if not table.num_rows:
        message = f"{', '.join(sources)}: no rows, so there is nobody to resolve"
        raise InputDataError(message)
    places = _Places(labels, [report.rows for report in reports])
    if _RECORD_ID in table.column_names:
        _check_ids(table.column(_RECORD_ID), places)
    else:
        table = table.add_column(0, _RECORD_ID, places.ids())
    known = _codes(table.column(_TRUTH)) if truth else None
    if truth:
        table = table.drop_columns([_TRUTH])
    frame = table.to_pandas(types_mapper={pa.string(): pd.ArrowDtype(pa.string())}.get)
    return InputRecords(frame, known, tuple(reports))


def _to_read(found: FileColumns) -> dict[str, str]:
    """The file's columns by the name to read them under; parts of a value are numbered."""
    wanted = {_TRUTH: found.truth} if found.truth else {}
    for standard, names in found.columns.items():
        if len(names) == 1:
            wanted[standard] = names[0]
        else:
            wanted |= {_part(standard, number): name for number, name in enumerate(names)}
    return wanted


def _part(standard: str, number: int) -> str:
    return f"{standard} part {number}"


def _joined(table: pa.Table, columns: Mapping[str, tuple[str, ...]]) -> pa.Table:
    """The table with the parts of a value as one text, blanks between those that are known."""
    for standard, names in columns.items():
        if len(names) == 1:
            continue
        parts = [_part(standard, number) for number in range(len(names))]
        # Arrow's null_handling="skip" loses rows of which no part is known.
        known = [pc.fill_null(table.column(part), "") for part in parts]
        whole = pc.utf8_trim(pc.binary_join_element_wise(*known, " "), " ")
        whole = pc.replace_substring_regex(whole, " +", " ")
        whole = pc.if_else(pc.equal(whole, ""), pa.scalar(None, pa.string()), whole)
        table = table.drop_columns(parts).append_column(standard, whole)
    return table


def _with_source(table: pa.Table, label: str, *, several: bool) -> pa.Table:
    """Of several files each is a source of its own, unless it names its sources."""
    if not several or _SOURCE in table.column_names:
        return table
    return table.append_column(_SOURCE, pa.repeat(pa.scalar(label, pa.string()), table.num_rows))


def _labels_of_files(paths: Sequence[Path]) -> list[str]:
    """The files' own names, or their paths where two files have one name."""
    counts = Counter(path.name for path in paths)
    return [path.name if counts[path.name] == 1 else str(path) for path in paths]


@dataclass(frozen=True)
class _Places:
    """Where rows come from: file names and how many rows of each stand in a row."""

    labels: list[str]
    rows: list[int]

    def ids(self) -> pa.ChunkedArray:
        """An id for each row, of its number: ``17``, or ``shop.csv:17`` of several files."""
        numbers = [pa.array(np.arange(1, rows + 1)).cast(pa.string()) for rows in self.rows]
        if len(self.labels) > 1:
            numbers = [
                pc.binary_join_element_wise(pa.scalar(label), chunk, ":")
                for label, chunk in zip(self.labels, numbers, strict=True)
            ]
        return pa.chunked_array(numbers, pa.string())

    def text(self, positions: npt.NDArray[np.int64]) -> str:
        """Rows by number, the first few of many, each with its file where there are several."""
        ends = np.cumsum(self.rows)
        files = np.searchsorted(ends, positions, side="right")
        numbers = (positions - ends[files] + np.array(self.rows)[files] + 1).tolist()
        if len(self.labels) == 1:
            return rows_text(numbers)
        return rows_text(numbers, [self.labels[file] for file in files.tolist()])


def _check_ids(ids: pa.ChunkedArray, places: _Places) -> None:
    codes = _codes(ids)
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        message = (
            f"record_id is missing on {len(missing):,} of {len(codes):,} rows: "
            f"{places.text(missing)} (counted from 1 below the header)"
        )
        raise InputDataError(message)
    counts = np.bincount(codes)
    repeated = np.flatnonzero(counts[codes] > 1)
    if len(repeated):
        ids_repeated = np.count_nonzero(counts > 1)
        verb = "id is" if ids_repeated == 1 else "ids are"
        message = (
            f"record_id is not unique: {ids_repeated:,} {verb} "
            f"on {len(repeated):,} rows: {places.text(repeated)} (counted from 1 below the header)."
            " Make it unique, or name another column with --map record_id=COLUMN"
        )
        raise InputDataError(message)


def _codes(texts: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """One integer for each distinct text, -1 for null."""
    places = pc.index_in(texts, value_set=pc.unique(texts).drop_null())
    return np.asarray(pc.fill_null(places, -1).to_numpy(), dtype=np.int64)

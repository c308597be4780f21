"""Writing the results: checked before any work is done, whole or not at all."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from warehouse_cdp.destinations.atomic import replaced_file
from warehouse_cdp.errors import ConfigurationError, DestinationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ENDINGS: Final = (".csv", ".parquet")
_VALID_ENDINGS: Final = " and ".join(ENDINGS)


def check_outputs(
    inputs: Sequence[Path], outputs: Mapping[str, Path], further: Sequence[Path] = ()
) -> None:
    """Check where results will go: ``outputs`` are paths by the option that named them.

    ``further`` are other files that are read.

    Raises:
        ConfigurationError: an ending, a folder, or a file that is an input or another output.
        DestinationError: a folder cannot be looked into.
    """
    try:
        _check_outputs(inputs, outputs, further)
    except OSError as error:
        message = f"cannot write {' and '.join(map(str, outputs.values()))}: {error.strerror}"
        raise DestinationError(message) from None


def _check_outputs(
    inputs: Sequence[Path], outputs: Mapping[str, Path], further: Sequence[Path]
) -> None:
    for place, path in enumerate(inputs):
        if any(_is_same(path, other) for other in inputs[:place]):
            message = f"{path} is given twice: every record would be its own duplicate"
            raise ConfigurationError(message)
    for place, (option, path) in enumerate(outputs.items()):
        if path.suffix.lower() not in ENDINGS:
            message = f"{option} {path}: the ending says the format; valid are {_VALID_ENDINGS}"
            raise ConfigurationError(message)
        if not path.parent.is_dir():
            message = f"{option} {path}: the folder {path.parent} is not there; make it first"
            raise ConfigurationError(message)
        if path.is_dir():
            message = f"{option} {path} is a folder; name a file in it"
            raise ConfigurationError(message)
        if any(_is_same(path, other) for other in (*inputs, *further)):
            message = f"{option} {path} is an input, which is not overwritten; choose another name"
            raise ConfigurationError(message)
        for other_option, other in list(outputs.items())[:place]:
            if _is_same(path, other):
                message = f"{option} and {other_option} are one file ({path}); choose two"
                raise ConfigurationError(message)


def _is_same(path: Path, other: Path) -> bool:
    """Whether two paths are one file, under whatever name."""
    if path.exists() and other.exists():
        return path.samefile(other)
    return path.resolve() == other.resolve()


def write_outputs(tables: Mapping[Path, pa.Table]) -> None:
    """Write each table as CSV (UTF-8, null is empty) or Parquet, by the ending of its path.

    A reader finds the old files or the new ones, and if one cannot be written all stay as they
    were. The same rows give the same bytes.

    Raises:
        DestinationError: the folder cannot be written to or is full.
    """
    try:
        with ExitStack() as stack:
            parts = {path: stack.enter_context(replaced_file(path)) for path in tables}
            for path, table in tables.items():
                if path.suffix.lower() == ".csv":
                    _write_csv(table, parts[path])
                else:
                    pq.write_table(table, parts[path], compression="zstd")
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        message = f"cannot write {' and '.join(map(str, tables))}: {reason}"
        raise DestinationError(message) from error


def _write_csv(table: pa.Table, path: Path) -> None:
    """Write CSV without quotes if no cell needs them, else with quotes around every text."""
    try:
        _write_quoted(table, path, "none")
    except pa.ArrowInvalid:
        _write_quoted(table, path, "needed")


def _write_quoted(table: pa.Table, path: Path, style: str) -> None:
    with pa.OSFile(str(path), "wb") as handle:
        handle.write((",".join(table.column_names) + "\n").encode())
        pa_csv.write_csv(
            table, handle, pa_csv.WriteOptions(include_header=False, quoting_style=style)
        )

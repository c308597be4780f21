"""Instructions in a CSV file, such as a spreadsheet of reviewed pairs."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from warehouse_cdp.errors import ConfigurationError, InputDataError
from warehouse_cdp.linkage.instructions import Instruction

if TYPE_CHECKING:
    from pathlib import Path

_COLUMNS = (
    "instruction",
    "left_record_id",
    "right_record_id",
    "identifier_type",
    "identifier_value",
    "reason",
    "valid_until",
)


def read_instructions(path: Path) -> list[Instruction]:
    """The instructions of a file, a row each; an empty cell is a missing one.

    Raises:
        InputDataError: the file cannot be read, has other columns, or a date is none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            names = list(reader.fieldnames or ())
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"{path} cannot be read as CSV in UTF-8 ({type(error).__name__})"
        raise InputDataError(message) from None
    unknown = [name for name in names if name not in _COLUMNS]
    if unknown or "instruction" not in names:
        what = f"has the unknown column {', '.join(unknown)}" if unknown else "lacks `instruction`"
        message = f"{path} {what}; valid columns are {', '.join(_COLUMNS)}"
        raise InputDataError(message)
    if not rows:
        message = f"{path} holds no row: a header and a row an instruction are wanted"
        raise InputDataError(message)
    found = []
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            message = f"{path}, row {number} after the header has not as many cells as the header"
            raise InputDataError(message)
        cells = {name: (value or "").strip() or None for name, value in row.items()}
        found.append(
            Instruction(
                str(cells.pop("instruction") or ""),
                valid_until=moment(cells.pop("valid_until", None), f"{path}, row {number}"),
                **cells,
            )
        )
    return found


def moment(until: str | None, place: str) -> pd.Timestamp | None:
    """The beginning of a day, UTC.

    Raises:
        ConfigurationError: it is no date.
    """
    if until is None:
        return None
    try:
        return pd.Timestamp(datetime.strptime(until, "%Y-%m-%d"))  # noqa: DTZ007 - UTC throughout
    except ValueError:
        message = f"{place}: {until!r} is no date; write YYYY-MM-DD"
        raise ConfigurationError(message) from None

"""Canonical text of values and keys, stable across runs and machines."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEY_SEPARATOR = "|"


def is_null(value: object) -> bool:
    """Whether a cell is empty, in any of the ways a frame says so."""
    return value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124


def to_text(value: Any) -> str | None:  # noqa: ANN401, PLR0911 - a cell may be of any type
    """Return one value as text: true/false, 12.50, 2026-03-01, 2026-03-01T14:05:11Z.

    A trailing zero fraction of a second is left out; numbers never use an exponent.
    """
    if is_null(value):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return "true" if value else "false"
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):  # includes pandas' Timestamp
        return value.replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def joined_key(values: Iterable[object]) -> str | None:
    """Return the parts of one key as one text, None where a part is null or empty."""
    parts = [to_text(value) for value in values]
    return _KEY_SEPARATOR.join(_escaped(part) for part in parts if part) if all(parts) else None


def split_key(sync_key: str) -> list[str]:
    """Return the parts of a key that ``joined_key`` made."""
    if _KEY_SEPARATOR not in sync_key and "\\" not in sync_key:
        return [sync_key]
    parts = [""]
    is_escaped = False
    for character in sync_key:
        if not is_escaped and character == _KEY_SEPARATOR:
            parts.append("")
        elif is_escaped or character != "\\":
            parts[-1] += character
        is_escaped = not is_escaped and character == "\\"
    return parts


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace(_KEY_SEPARATOR, f"\\{_KEY_SEPARATOR}")

"""Canonical text of values and the keyed hash of a row, both stable across runs and machines.

The hash covers the mapped columns only, under the destination's names, so that a new column of
the model that nobody sends changes nothing, and a renamed one is sent again. It is keyed
(HMAC-SHA256): a plain hash of a row with an e-mail in it could be guessed from a list of e-mails.
"""

from __future__ import annotations

import datetime as dt
import decimal
import hmac
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HASH_VERSION = "1"
_HASH_LENGTH = 32  # hexadecimal characters, 128 bits
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


def text_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with every value as its canonical text, or None."""
    return pd.DataFrame(
        {
            name: pd.Series([to_text(value) for value in column], index=frame.index, dtype=object)
            for name, column in frame.items()
        },
        index=frame.index,
        columns=frame.columns,
    )


def sync_keys(frame: pd.DataFrame, key: Sequence[str]) -> pd.Series[Any]:
    """Return the key of each row as one text, None where any part of it is null or empty.

    Parts are joined by ``|``; a bar or a backslash within a part is escaped, so that no two
    different keys read the same.
    """
    rows = zip(*(frame[name] for name in key), strict=True)
    return pd.Series([joined_key(row) for row in rows], index=frame.index, dtype=object)


def joined_key(values: Iterable[object]) -> str | None:
    """Return the parts of one key as one text, None where a part is null or empty."""
    parts = [to_text(value) for value in values]
    return _KEY_SEPARATOR.join(_escaped(part) for part in parts if part) if all(parts) else None


def split_key(sync_key: str) -> list[str]:
    """Return the parts of a key that ``joined_key`` made."""
    parts = [""]
    is_escaped = False
    for character in sync_key:
        if not is_escaped and character == _KEY_SEPARATOR:
            parts.append("")
        elif is_escaped or character != "\\":
            parts[-1] += character
        is_escaped = not is_escaped and character == "\\"
    return parts


def row_hashes(frame: pd.DataFrame, hash_key: str) -> pd.Series[Any]:
    """Return the keyed hash of every row over all columns of ``frame``, in order of their names.

    Each value is written as ``name=length:text`` (``name=-`` when null), so that neither an empty
    text and a null nor ('ab', 'c') and ('a', 'bc') give one hash.
    """
    secret = hash_key.encode("utf-8")
    names = sorted(str(name) for name in frame.columns)
    texts = text_columns(frame[names])
    hashes = [_hash_of(names, row, secret) for row in zip(*(texts[n] for n in names), strict=True)]
    return pd.Series(hashes, index=frame.index, dtype=object)


def _hash_of(names: Sequence[str], row: Sequence[str | None], secret: bytes) -> str:
    written = [HASH_VERSION]
    for name, value in zip(names, row, strict=True):
        written.append(f"{name}=-" if value is None else f"{name}={len(value)}:{value}")
    digest = hmac.digest(secret, "\n".join(written).encode("utf-8", "surrogatepass"), "sha256")
    return digest.hex()[:_HASH_LENGTH]


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace(_KEY_SEPARATOR, f"\\{_KEY_SEPARATOR}")

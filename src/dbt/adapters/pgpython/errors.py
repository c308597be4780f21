"""What goes wrong in a Python model, said with the model's own file and line."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

import adbc_driver_manager
from dbt_common.exceptions import DbtDatabaseError, DbtRuntimeError

if TYPE_CHECKING:
    from collections.abc import Iterator


class NulByteError(ValueError):
    """A text that Postgres cannot store.

    Args:
        column: that holds it.
        row: counted from 1, in the order of the result.
    """

    def __init__(self, column: str, row: int) -> None:
        super().__init__(
            f'column "{column}", row {row}: the text holds a NUL byte (U+0000), which Postgres'
            " cannot store; nothing was written. Remove it: text.replace('\\0', '')"
        )


@contextmanager
def relation_error(relation: str) -> Iterator[None]:
    """Name the relation whose reading failed."""
    try:
        yield
    except adbc_driver_manager.Error as error:
        message = f"cannot read {relation}: {server_message(error)}"
        raise DbtDatabaseError(message) from error


def server_message(error: BaseException) -> str:
    """The server's own words, without the driver's framing."""
    text = str(error)
    for mark in ("ERROR:", "FATAL:"):
        if mark in text:
            text = text[text.index(mark) + len(mark) :]
    return text.strip()


def model_error(error: BaseException, path: str) -> DbtRuntimeError:
    """The error of a model's code, from the model's first line on.

    Args:
        error: as raised.
        path: the model's file.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [number for number, frame in enumerate(frames) if frame.filename == path]
    shown = frames[own[0] :] if own else []
    place = f", line {frames[own[-1]].lineno}" if own else ""
    text = "".join(traceback.format_list(shown))
    said = "".join(traceback.format_exception_only(error)).strip()
    return DbtRuntimeError(f"Python model failed in {path}{place}: {said}\n{text}".rstrip())

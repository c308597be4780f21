"""What goes wrong in a Python model, said with the model's own file and line."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from pathlib import Path
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
    """The server's own words, without the driver's framing and without the query."""
    text = str(error)
    for mark in ("ERROR:", "FATAL:"):
        if mark in text:
            text = text[text.index(mark) + len(mark) :]
    for mark in ("\nLINE ", "\nQuery was:", "\n. SQLSTATE"):
        text = text.partition(mark)[0]
    return text.strip()


def model_error(error: BaseException, path: str) -> DbtRuntimeError:
    """The error of a model's code, with the lines of the model that led to it.

    Args:
        error: as raised.
        path: the model's file.
    """
    # dbt puts code of its own below the model's: lines that the file does not have.
    own_lines = len(Path(path).read_text(encoding="utf-8").splitlines())
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        number
        for number, frame in enumerate(frames)
        if frame.filename == path and (frame.lineno or 0) <= own_lines
    ]
    shown = [
        frame
        for number, frame in enumerate(frames)
        if own and number >= own[0] and not _is_ours(frame, path, own_lines)
    ]
    place = f", line {frames[own[-1]].lineno}" if own else ""
    said = "".join(traceback.format_exception_only(error)).strip()
    if isinstance(error, (DbtDatabaseError, NulByteError)):
        said = getattr(error, "msg", str(error))
    elif isinstance(error, adbc_driver_manager.Error):
        said = server_message(error)
    text = "".join(traceback.format_list(shown))
    return DbtRuntimeError(f"Python model failed in {path}{place}: {said}\n{text}".rstrip())


def _is_ours(frame: traceback.FrameSummary, path: str, own_lines: int) -> bool:
    if frame.filename == path:
        return (frame.lineno or 0) > own_lines
    return Path(__file__).parent in Path(frame.filename).parents or "contextlib" in frame.filename

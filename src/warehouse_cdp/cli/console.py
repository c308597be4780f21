"""How the command line speaks: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ProgressCallback = "Callable[[str, int, int], None]"
_QUIET_SECONDS = 5.0
# Signs that move the cursor or colour the screen, out of the name of a column or a file.
_CONTROLS = dict.fromkeys({*range(32), *range(127, 160)} - {9, 10}, "\N{REPLACEMENT CHARACTER}")


def say(text: str = "") -> None:
    """Write one line of the result; what would steer the terminal is shown as a sign."""
    sys.stdout.write(text.translate(_CONTROLS) + "\n")


def say_json(value: Any) -> None:  # noqa: ANN401 - anything JSON can say
    """Write the result for a program."""
    say(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def note(text: str) -> None:
    """Write one line that is no result: progress, a hint, an error."""
    sys.stderr.write(text.translate(_CONTROLS) + "\n")
    sys.stderr.flush()


@contextmanager
def progress(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show how far something is: a bar on a terminal, a line every five seconds elsewhere.

    Yields a function to call with what is being done, steps done and steps in all.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(title)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(title, total=None)

        def show(what: str, done: int, total: int) -> None:
            bars.update(task, description=f"{title}: {what}", completed=done, total=total)

        yield show


def _lines(title: str) -> Callable[[str, int, int], None]:
    last = time.monotonic()

    def show(what: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _QUIET_SECONDS:
            last = time.monotonic()
            note(f"{title}: {what} {done}/{total}")

    return show


def thousands(number: int) -> str:
    """Return a count as people read it."""
    return f"{number:,}"


def columns(rows: list[tuple[str, ...]], indent: int = 2) -> list[str]:
    """Return rows as lines with aligned columns; a text that is a number is set to the right."""
    if not rows:
        return []
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        (
            " " * indent
            + "  ".join(
                cell.rjust(width) if _is_number(cell) else cell.ljust(width)
                for cell, width in zip(row, widths, strict=True)
            )
        ).rstrip()
        for row in rows
    ]


def _is_number(cell: str) -> bool:
    return cell.rstrip("%s ").replace(",", "").replace(".", "").isdigit()

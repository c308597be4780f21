"""What the test processes of one session share: a folder, and what is made in it once."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_VARIABLE = "CDP_TESTS_SHARED_FOLDER"


def open_folder() -> None:
    """Make the folder. The process that starts the others calls it; they inherit its name."""
    os.environ[_VARIABLE] = tempfile.mkdtemp(prefix="cdp-tests-")


def remove_folder() -> None:
    shutil.rmtree(os.environ.pop(_VARIABLE), ignore_errors=True)


def folder() -> Path:
    return Path(os.environ[_VARIABLE])


def made(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name, made by the first who asks; only to be looked at and copied."""
    # Made in place, not moved there: dbt remembers the path of a seed that it has parsed.
    place, finished = folder() / name, folder() / f"{name}.finished"
    with _locked(folder() / f"{name}.lock"):
        if not finished.exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            make(place)
            finished.touch()
    return place


def put(file: Path, place: Path) -> None:
    """Copy a file so that nobody ever sees half of it."""
    descriptor, copy = tempfile.mkstemp(dir=place.parent)
    os.close(descriptor)
    shutil.copy(file, copy)
    Path(copy).replace(place)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes; it ends with its holder, however that ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

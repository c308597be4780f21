"""Replacing a file so that a reader, or a crash at any moment, finds the old one or the new one."""

from __future__ import annotations

import contextlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def part_path(path: Path) -> Path:
    """The unfinished file beside ``path``: a fixed name, so that the next run clears it away."""
    return path.with_name(f".{path.name}.part")


@contextmanager
def replaced_file(path: Path, mode: int = PRIVATE_FILE) -> Iterator[Path]:
    """Yield a path to write to; what was written becomes ``path`` when the block ends well.

    The file gets ``mode``, by default readable by its owner only, and is on disk before it takes
    the old one's name. If the block raises, the old file stays as it was and nothing is left
    beside it.

    Raises:
        OSError: the folder or the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    part = part_path(path)
    part.unlink(missing_ok=True)
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
        yield part
        part.chmod(mode)  # a writer may have made the file anew
        _flush(part)
        part.replace(path)
        _flush(path.parent)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Replacing a file: the old one or the new one, whatever happens in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from warehouse_cdp.destinations.atomic import part_path, replaced_file
from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_an_error_while_writing_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("old")

    def write(part: Path) -> None:
        part.write_text("half a ")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"), replaced_file(path) as part:
        write(part)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["f.csv"]


def test_a_killed_writer_leaves_the_old_file_and_the_next_run_clears_up(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("old")
    script = f"""
        import os, signal, pathlib
        from warehouse_cdp.destinations.atomic import replaced_file
        with replaced_file(pathlib.Path({str(path)!r})) as part:
            part.write_text("half a file")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    assert part_path(path).exists()
    with replaced_file(path) as part:
        part.write_text("new")
    assert path.read_text() == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["f.csv"]

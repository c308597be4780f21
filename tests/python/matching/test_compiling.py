from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from warehouse_cdp.matching.compiling import compiled
from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import numpy as np
from warehouse_cdp.matching.groups import _number, numbered
print(numbered(np.array([7, 3, 7]))[0].tolist())
print("loaded" if _number._made[""][0].cache_hits else "compiled")
"""


@compiled("i4[] f8[] i8 f8[w]", returns=True)
def _add(places: object, numbers: object, count: int, sums: object) -> int:
    for number in range(count):
        sums[places[number]] += numbers[number]  # type: ignore[index]
    return count


def test_arrays_are_taken_as_declared() -> None:
    sums = np.zeros(3)
    wide, apart = np.array([2, 0, 2]), np.arange(6.0)[::2]
    apart.flags.writeable = False
    assert _add(wide, apart, 3, sums) == 3
    assert sums.tolist() == [2.0, 0.0, 4.0]


@pytest.mark.parametrize("kind", ["read-only", "narrower", "apart"])
def test_only_an_array_as_declared_is_written_into(kind: str) -> None:
    room = np.zeros(6, dtype=np.float32 if kind == "narrower" else np.float64)
    room = room[::2] if kind == "apart" else room
    room.flags.writeable = kind != "read-only"
    with pytest.raises(TypeError, match="_add cannot write into"):
        _add(np.zeros(1, dtype=np.int32), np.ones(1), 1, room)
    assert not room.any()


def test_values_of_another_kind_are_refused() -> None:
    with pytest.raises(TypeError, match="Cannot cast"):
        _add(np.zeros(1), np.ones(1), 1, np.zeros(1))


def installed(folder: Path) -> Path:
    """What kernels need of the package, in a folder into which not even root can write a cache."""
    for name in ("__init__.py", *(f"matching/{n}.py" for n in ("__init__", "compiling", "groups"))):
        target = folder / "warehouse_cdp" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((ROOT / "src/warehouse_cdp" / name).read_text())
    (folder / "warehouse_cdp/matching/__pycache__").write_text("a file where a folder is wanted")
    return folder


def run(package: Path, cache: Path) -> list[str]:
    """What the script prints in a new process, with nowhere to write but ``cache``."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(package),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(cache),
        "XDG_CACHE_HOME": str(cache),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_a_read_only_install_compiles_once_into_the_cache_of_the_user(tmp_path: Path) -> None:
    package, cache = installed(tmp_path / "package"), tmp_path / "cache"
    cache.mkdir()
    assert run(package, cache) == ["[0, 1, 0]", "compiled"]
    written = sorted(path for path in cache.rglob("*") if path.is_file())
    assert [re.sub(r"-.*\.", ".", path.name) for path in written] == [
        "groups._number.nbc",
        "groups._number.nbi",
    ]
    when = [path.stat().st_mtime_ns for path in written]
    assert run(package, cache) == ["[0, 1, 0]", "loaded"]
    assert [path.stat().st_mtime_ns for path in written] == when


def test_kernels_run_in_memory_where_no_cache_can_be_written(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.write_text("a file where a folder is wanted")
    assert run(installed(tmp_path / "package"), nowhere) == ["[0, 1, 0]", "compiled"]

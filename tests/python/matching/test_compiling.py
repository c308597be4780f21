from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
from types import FunctionType
from typing import TYPE_CHECKING

import numpy as np
import pytest

import warehouse_cdp.linkage.comparing
import warehouse_cdp.matching.pipeline  # noqa: F401 - they declare all kernels
from warehouse_cdp.matching.compiling import Kernel, compiled
from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

COMPILED, LOADED = ["[0, 1, 0]", "compiled True"], ["[0, 1, 0]", "loaded False"]
SCRIPT = """
import sys
import numpy as np
from warehouse_cdp.matching.groups import _number, numbered
print(numbered(np.array([7, 3, 7]))[0].tolist())
print("compiled" if _number.was_compiled else "loaded", "numba" in sys.modules)
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
    matching = ("__init__", "compiling", "by_numba", "groups")
    for name in ("__init__", "machine_code", *(f"matching/{name}" for name in matching)):
        target = folder / "warehouse_cdp" / f"{name}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((ROOT / "src/warehouse_cdp" / f"{name}.py").read_text())
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
    assert run(package, cache) == COMPILED
    (kept,) = [path for path in cache.rglob("*") if path.is_file()]
    assert (kept.parent, kept.name.rpartition("-")[0]) == (
        cache / "warehouse_cdp",
        "groups._number",
    )
    whole, when = kept.read_bytes(), kept.stat().st_mtime_ns
    # Without numba, which would take half a second to load.
    assert run(package, cache) == LOADED
    assert kept.stat().st_mtime_ns == when

    kept.write_bytes(whole[:-100])
    assert run(package, cache) == COMPILED
    assert run(package, cache) == LOADED


def test_kernels_run_in_memory_where_no_cache_can_be_written(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.write_text("a file where a folder is wanted")
    assert run(installed(tmp_path / "package"), nowhere) == COMPILED


def test_every_kernel_can_be_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that calls functions of numba could not, and each run would compile it."""
    sources = [path.read_text() for path in (ROOT / "src").rglob("*.py")]
    declared = sum(
        len(re.findall(r"^@compiled\(", source, flags=re.MULTILINE)) for source in sources
    )
    kernels = [kernel for kernel in gc.get_objects() if isinstance(kernel, Kernel)]
    ours = [kernel for kernel in kernels if kernel.function.__module__.startswith("warehouse_cdp.")]
    assert len(ours) == declared
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    for kernel in ours:
        kernel.compiled_for("u1")
    assert len(list(tmp_path.iterdir())) == declared


def test_what_a_kernel_is_made_of_tells_its_machine_code() -> None:
    def loop(numbers: object, count: int) -> int:
        return count if numbers else STEP  # type: ignore[name-defined]  # noqa: F821

    def source(step: object) -> str:
        function = FunctionType(loop.__code__, {"STEP": step})
        return Kernel(function, "i8[] i8", returns=True).source()

    assert source(1) == source(1)
    assert len({source(step) for step in (1, 2, 1.0, np.uint64(1))}) == 4

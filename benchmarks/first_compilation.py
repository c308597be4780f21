"""What compiling costs when the matcher first runs after an installation.

python benchmarks/first_compilation.py

Two processes match the same made-up people, one after the other, with a cache of their own: the
first compiles, the second loads what the first has stored. In both the same matching done again
is taken off. Processor seconds, as walls depend on what else runs; one thread.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from people import people

RECORDS = 20_000
SOURCE = Path(__file__).resolve().parents[1] / "src"


def measured() -> dict[str, object]:
    """Processor seconds of a first matching beyond those of a second, and of each function."""
    from warehouse_cdp.matching.compiling import Kernel  # noqa: PLC0415 - in the measured process
    from warehouse_cdp.matching.pipeline import MatchOptions, resolve  # noqa: PLC0415

    records = people(RECORDS).drop_columns(["truth"]).to_pandas()
    compile_one = Kernel.compiled_for
    functions: list[tuple[float, str]] = []

    def timed(self: Kernel, symbols: str) -> object:
        begun = time.thread_time()
        try:
            return compile_one(self, symbols)
        finally:
            functions.append((time.thread_time() - begun, self.function.__name__))

    setattr(Kernel, "compiled_for", timed)  # noqa: B010 - mypy refuses an assignment
    seconds = []
    for _ in range(2):
        begun = time.process_time()
        resolve(records, MatchOptions(threads=1))
        seconds.append(time.process_time() - begun)
    return {"seconds": seconds[0] - seconds[1], "functions": sorted(functions, reverse=True)}


def main() -> int:
    """Print what the first process pays, function by function, and what the second does."""
    if sys.argv[1:] == ["measure"]:
        print(json.dumps(measured()))
        return 0
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"NUMBA_CACHE_DIR": cache, "PYTHONPATH": str(SOURCE)}
        runs = []
        for _ in range(2):
            done = subprocess.run(  # noqa: S603 - this script
                [sys.executable, __file__, "measure"],
                env=environment, check=True, capture_output=True, text=True,
            )  # fmt: skip
            runs.append(json.loads(done.stdout.splitlines()[-1]))
    first, later = runs
    print(
        f"compiling: {first['seconds']:.2f} s; loading what was compiled: {later['seconds']:.2f} s"
    )
    for seconds, name in first["functions"]:
        print(f"  {seconds:5.2f}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

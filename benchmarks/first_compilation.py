"""What compiling costs when the matcher first runs after an installation.

python benchmarks/first_compilation.py

Two processes match the same made-up people, one after the other, with a cache of their own: the
first compiles, the second loads what the first has stored. In both the same matching done again
is taken off. So for names and places in Latin letters, in Cyrillic and in Chinese, as texts with
more than 256 different signs have kernels of their own. Last, all kernels there are are compiled,
also those that only some data, a million records or the build need: no first run costs more, but
by Chinese. Processor seconds, as walls depend on what else runs; one thread.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from people import people

if TYPE_CHECKING:
    import pandas as pd

RECORDS: Final = 20_000
SOURCE: Final = Path(__file__).resolve().parents[1] / "src"
LATIN, CYRILLIC, CHINESE, ALL = "Latin", "Cyrillic", "Chinese", "all kernels"
WRITTEN: Final = ("given_name", "family_name", "city", "address_line")


def written(text: str, script: str) -> str:
    """The text in another script: letter by letter, or two letters a sign of three thousand."""
    if script == CHINESE:
        pairs = [text[start : start + 2] for start in range(0, len(text), 2)]
        return "".join(chr(0x4E00 + zlib.crc32(pair.encode()) % 3000) for pair in pairs)
    return "".join(chr(0x430 + ord(c) - ord("a")) if c.isalpha() else c for c in text)


def records_in(script: str) -> pd.DataFrame:
    """Made-up people, their names and places written in the script."""
    records: pd.DataFrame = people(RECORDS).drop_columns(["truth"]).to_pandas()
    if script != LATIN:
        for name in WRITTEN:
            known = records[name].notna()
            texts = records.loc[known, name]
            records.loc[known, name] = [written(text, script) for text in texts]
    return records


def measured(script: str) -> dict[str, object]:
    """Processor seconds of a first matching beyond those of a second, and of each kernel."""
    from warehouse_cdp.matching.compiling import Kernel  # noqa: PLC0415 - in the measured process
    from warehouse_cdp.matching.pipeline import MatchOptions, resolve  # noqa: PLC0415

    compile_one = Kernel.compiled_for
    kernels: list[tuple[float, str]] = []

    def timed(self: Kernel, symbols: str) -> object:
        begun = time.thread_time()
        try:
            return compile_one(self, symbols)
        finally:
            kernels.append((time.thread_time() - begun, f"{self.function.__name__} {symbols}"))

    setattr(Kernel, "compiled_for", timed)  # noqa: B010 - mypy refuses an assignment
    if script == ALL:
        import warehouse_cdp.linkage.comparing  # noqa: F401, PLC0415 - has the build's

        begun = time.process_time()
        for kernel in [kernel for kernel in gc.get_objects() if isinstance(kernel, Kernel)]:
            kernel.prepare()
        return {"seconds": time.process_time() - begun, "kernels": sorted(kernels, reverse=True)}
    records = records_in(script)
    seconds = []
    for _ in range(2):
        begun = time.process_time()
        resolve(records, MatchOptions(threads=1))
        seconds.append(time.process_time() - begun)
    return {"seconds": seconds[0] - seconds[1], "kernels": sorted(kernels, reverse=True)}


def main() -> int:
    """Print what the first process pays, kernel by kernel, and what the second does."""
    if sys.argv[1:2] == ["measure"]:
        print(json.dumps(measured(sys.argv[2])))
        return 0
    for script in (LATIN, CYRILLIC, CHINESE, ALL):
        with tempfile.TemporaryDirectory() as cache:
            environment = os.environ | {"NUMBA_CACHE_DIR": cache, "PYTHONPATH": str(SOURCE)}
            runs = []
            for _ in range(2):
                done = subprocess.run(  # noqa: S603 - this script
                    [sys.executable, __file__, "measure", script],
                    env=environment, check=True, capture_output=True, text=True,
                )  # fmt: skip
                runs.append(json.loads(done.stdout.splitlines()[-1]))
        first, later = runs
        print(
            f"{script}: compiling {first['seconds']:.2f} s, loading what was compiled "
            f"{later['seconds']:.2f} s"
        )
        if script in {LATIN, ALL}:
            for seconds, name in first["kernels"]:
                print(f"  {seconds:5.2f}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

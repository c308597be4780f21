"""What every contestant's process does alike: read the file, match, write clusters, report itself.

Standard library only, as each runs in an environment of its own. The clock starts before the file
is read and stops when the clusters are written; imports are told apart. The peak is the resident
set of the whole process up to then.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

BEGUN = time.perf_counter()


def compete(match: Callable[[str, str], Callable[[], dict[str, Any]]]) -> None:
    """Run ``match(input, output)`` on the command line's two files and print one line of JSON.

    ``match`` returns a function that tells what else there is to tell (pairs, versions); it is
    called after the clock has stopped.
    """
    started, processor = time.perf_counter(), _processor_seconds()
    tell = match(sys.argv[1], sys.argv[2])
    seconds = time.perf_counter() - started
    processor = _processor_seconds() - processor
    peak = _peak_bytes()
    measured = {
        "seconds": seconds,
        "cpu_seconds": processor,
        "import_seconds": started - BEGUN,
        "peak_bytes": peak,
    }
    print(json.dumps(measured | tell()))


def _peak_bytes() -> int:
    """The largest resident set so far (Linux); getrusage's would be at least the parent's."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    message = "/proc/self/status has no line VmHWM: memory is measured on Linux only"
    raise OSError(message)


def _processor_seconds() -> float:
    """Of all threads, and of children that have ended: on a shared machine steadier than wall."""
    return sum(os.times()[:4])

"""``cdp resolve`` as a user starts it, imports and all: ``run_cdp.py IN OUT``."""

from __future__ import annotations

import resource
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from contestant import compete

if TYPE_CHECKING:
    from collections.abc import Callable


def match(source: str, target: str) -> Callable[[], dict[str, Any]]:
    """Run the command; its process is a child of this one."""
    command = [
        sys.executable,
        "-m",
        "warehouse_cdp",
        "resolve",
        source,
        "--output",
        target,
        "--json",
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return lambda: {"pairs": None, "peak_bytes": peak, "version": "cdp resolve"}


if __name__ == "__main__":
    compete(match)

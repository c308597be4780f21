"""Freed memory is used again, so that the system need not prepare the same pages anew."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ROUNDS = """
import resource, sys
import numpy as np
import pyarrow as pa
from warehouse_cdp.resolve.memory import keep_freed_memory

if sys.argv[1] == "kept":
    keep_freed_memory()
    assert pa.default_memory_pool().backend_name == "system"
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(5_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _pages(how: str) -> int:
    # Huge pages are prepared at once: with small ones there is something to count.
    environment = os.environ | {"NUMPY_MADVISE_HUGEPAGE": "0"}
    command = [sys.executable, "-c", ROUNDS, how]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return int(done.stdout)


@pytest.mark.skipif(os.confstr("CS_GNU_LIBC_VERSION") is None, reason="memory is not glibc's")
def test_arrays_that_follow_each_other_share_their_pages() -> None:
    assert _pages("kept") < _pages("given back") / 5

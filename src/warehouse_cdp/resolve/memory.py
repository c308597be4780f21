"""Memory of a process that makes and drops many large arrays."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

import pyarrow as pa

# Numbers of malloc.h: from which size on memory is a mapping of its own, how much free memory at
# the end is kept, and how many threads have a store of their own.
_MMAP_THRESHOLD, _TRIM_THRESHOLD, _ARENA_MAX = -3, -1, -8
_KEPT: Final = ((_MMAP_THRESHOLD, 1 << 30), (_TRIM_THRESHOLD, (1 << 31) - 1), (_ARENA_MAX, 1))


def keep_freed_memory() -> None:
    """Have memory that is freed used again, not given back and asked for anew.

    The system fills each page with zeros before a process gets it. For arrays of some megabytes
    that live for milliseconds this takes longer than what is done with them. It is a setting of the
    whole process, so a command's to make and not a library's. Arrow takes its memory from the
    same store; where that is not glibc's (no ``mallopt``), nothing else changes.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    if sys.platform == "linux":
        change = getattr(ctypes.CDLL(None), "mallopt", None)
        if change is not None:
            for parameter, value in _KEPT:
                change(parameter, value)

"""Runs commands of dbt and cdp, each in a fork of a process that has imported what they need.

Importing dbt and pandas takes longer than most commands of the tests. A fork is a process like any
other, with its own folder, environment, DuckDB and end; only its imports are done already.
A request is a line of JSON on standard input; the answer is a line with the exit code, negative
for a signal. ``commands.py`` is the other side.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import sys
import time
from typing import Any

# What the commands import, some of it late. Nothing here opens a database or starts a Python
# thread, which a fork would not take along.
PRELOADED = (
    "dbt.cli.main", "dbt.adapters.duckdb.environments.local", "dbt.adapters.pgpython",
    "dbt.task.build", "dbt.task.list", "dbt.task.freshness", "babel.dates",
    "daff", "sqlparse", "pandas", "pyarrow.dataset", "jellyfish",
    "rapidfuzz.process", "scipy.sparse.csgraph",
    "warehouse_cdp.cli", "warehouse_cdp.linkage", "warehouse_cdp.warehouse.duckdb_plugin",
)  # fmt: skip


def main() -> int:
    """Serve until standard input ends; in a fork, the exit code of its command."""
    for name in PRELOADED:
        importlib.import_module(name)
    # The garbage collector of a fork need not look at (and so copy) what is there already.
    gc.freeze()
    # What standard output is now; a fork's is a file.
    answers = os.fdopen(os.dup(1), "w")
    while line := sys.stdin.readline():
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            return perform(request)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)
    return 0


def perform(request: dict[str, Any]) -> int:
    """Become the command: what a fresh ``python -c`` or ``python -m`` finds, and its exit code."""
    for descriptor, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["stdout"], os.O_WRONLY),
        (2, request["stderr"], os.O_WRONLY),
    ):
        os.dup2(os.open(path, flags), descriptor)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = ["", *paths, *(path for path in sys.path[1:] if path not in paths)]
    # Libraries take what was frozen for leaked, and say so when everything has been said.
    atexit.register(os.dup2, os.open(os.devnull, os.O_WRONLY), 2)
    sys.argv = [request["program"], *request["arguments"]]
    module, function = {
        "dbt": ("dbt.cli.main", "cli"),
        "cdp": ("warehouse_cdp.cli", "main"),
    }[request["program"]]
    # Exits like the program itself: what is raised ends this process, with a traceback or a code.
    getattr(importlib.import_module(module), function)()
    return 0


if __name__ == "__main__":
    sys.exit(main())

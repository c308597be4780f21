"""Runs dbt and cdp for the tests, through one server a test process (``command_server.py``)."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """What a command did: exit code and everything it said."""

    code: int
    output: str


def perform(
    program: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> Outcome:
    """Run ``dbt`` or ``cdp`` in a folder, in a process of its own with this environment."""
    with tempfile.TemporaryDirectory(prefix="cdp-said-") as said:
        paths = {name: Path(said) / name for name in ("stdout", "stderr")}
        for path in paths.values():
            path.touch()
        request = {
            "program": program,
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": dict(environment),
            **{name: str(path) for name, path in paths.items()},
        }
        code = _ask(json.dumps(request))
        output = "".join(path.read_text(errors="replace") for path in paths.values())
        return Outcome(code, output)


def _ask(request: str) -> int:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(request + "\n")
    server.stdin.flush()
    answer = server.stdout.readline()
    assert answer, f"the command server ended with code {server.wait()}"
    return int(answer)


@cache
def _server() -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONHASHSEED": "0",
        # So that the libraries imported start no threads of their own before the forks.
        "OPENBLAS_NUM_THREADS": "1",
    }
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("command_server.py"))],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(_end, server)
    return server


def _end(server: subprocess.Popen[str]) -> None:
    """A server reads until its input ends."""
    server.communicate()

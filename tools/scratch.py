"""Tools run dbt beside the user's: with a profile, a target folder and a warehouse of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def scratch_environment() -> Iterator[dict[str, str]]:
    """Yield an environment in which dbt reads and writes in a temporary folder only.

    It needs no profile of the user's, and locks no warehouse of the user's.
    """
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "profiles.yml.example", Path(folder) / "profiles.yml")
        yield {
            **os.environ,
            "DBT_PROFILES_DIR": folder,
            "DBT_TARGET_PATH": f"{folder}/target",
            "DBT_LOG_PATH": f"{folder}/logs",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "CDP_WAREHOUSE_PATH": f"{folder}/scratch.duckdb",
            "CDP_STATE_PATH": f"{folder}/scratch_state.duckdb",
        }


def run_python(*arguments: str, environment: Mapping[str, str]) -> int:
    """Run this Python on the checkout and return its exit code."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)  # noqa: S603 - ours
    return done.returncode

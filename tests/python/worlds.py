"""Copies of the project to build in, with small companies in them, and how to run dbt there."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
# Public data with known truth; a checkout is useful without, and tests that need it skip.
SHARED_DATA = ROOT.parent / "shared/data"
DBT = "from dbt.cli.main import cli; cli()"
# What dbt parsed for the same command in an earlier copy of the project: most of a small build is
# parsing. One folder a worker, so that nothing is written by two.
PARSED = Path(tempfile.mkdtemp(prefix="cdp-parsed-"))
atexit.register(shutil.rmtree, PARSED, ignore_errors=True)
PROJECT_PARTS = (
    "dbt_project.yml",
    "profiles.yml.example",
    "models",
    "python_models",
    "macros",
    "seeds",
    "tests/dbt",
    "analyses",
)


@dataclass(frozen=True)
class Outcome:
    """What a command did: exit code and everything it said."""

    code: int
    output: str


@dataclass(frozen=True)
class Project:
    """A copy of the dbt project in a folder of its own, with its own warehouse and state."""

    folder: Path

    @property
    def warehouse(self) -> Path:
        return self.folder / "cdp.duckdb"

    @property
    def state(self) -> Path:
        return self.folder / "cdp_state.duckdb"

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_PROFILES_DIR": str(self.folder),
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONHASHSEED": "0",
            "NO_COLOR": "1",
        }

    def run(self, *command: str, environment: Mapping[str, str] | None = None) -> Outcome:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment(), **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(done.returncode, done.stdout + done.stderr)

    def dbt(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Outcome:
        # dbt compares checksums of all files and variables before it trusts an earlier parse.
        parsed = self.folder / "target/partial_parse.msgpack"
        kept = PARSED / hashlib.sha256("|".join(arguments).encode()).hexdigest()
        if kept.exists() and not parsed.exists():
            parsed.parent.mkdir(exist_ok=True)
            shutil.copy(kept, parsed)
        command = (sys.executable, "-c", DBT, "--no-use-colors", *arguments)
        outcome = self.run(*command, environment=environment)
        if outcome.code == 0 and parsed.exists() and not kept.exists():
            shutil.copy(parsed, kept)
        return outcome

    def cdp(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Outcome:
        command = (sys.executable, "-m", "warehouse_cdp", *arguments)
        return self.run(*command, environment=environment)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            if self.state.exists():
                connection.execute(f"attach '{self.state}' as cdp_state (read_only)")
            return connection.execute(sql).fetchall()

    def execute(self, sql: str, parameters: list[Any] | None = None) -> None:
        """A statement that changes the warehouse."""
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(sql, parameters)


def copy_project(folder: Path) -> Project:
    """A fresh copy without anything that an earlier run left behind."""
    for part in PROJECT_PARTS:
        origin, copy = ROOT / part, folder / part
        if origin.is_dir():
            shutil.copytree(origin, copy)
        elif origin.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(origin, copy)
    shutil.copy(ROOT / "profiles.yml.example", folder / "profiles.yml")
    return Project(folder)


def sample_clock(folder: Path) -> str:
    """The day a sample ends, as the variable ``as_of`` takes it."""
    as_of: str = json.loads((folder / "sample.json").read_text())["as_of"]
    return as_of.replace("T", " ").rstrip("Z")


def small_world(folder: Path, people: int = 150, seed: int = 7) -> Project:
    """A project whose raw tables hold a small company, loaded but not built."""
    project = copy_project(folder)
    made = project.cdp(
        "sample", "--people", str(people), "--seed", str(seed), "--wave", "1", "--out", "sample"
    )
    assert made.code == 0, made.output
    loaded = project.cdp("load-sample", "--from", "sample")
    assert loaded.code == 0, loaded.output
    return project


def build(project: Project, *arguments: str) -> Outcome:
    """Seeds and models with the clock of the sample; scenario tests need no data tests."""
    clock = json.dumps({"as_of": sample_clock(project.folder / "sample")})
    outcome = project.dbt(
        "build", "--resource-type", "seed", "--resource-type", "model", "--vars", clock, *arguments
    )
    assert outcome.code == 0, outcome.output
    return outcome

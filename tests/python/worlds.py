"""Copies of the project to build in, with small companies in them, and how to run dbt there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import duckdb
import yaml

import shared
from commands import ROOT, Outcome, perform
from warehouse_cdp.warehouse.profile import Target, load_any_target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

__all__ = ["ROOT", "Outcome"]
# Public data with known truth; a checkout is useful without, and tests that need it skip.
SHARED_DATA = ROOT.parent / "shared/data"
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
            "DBT_LOG_LEVEL_FILE": "info",  # the debug log of a build costs seconds
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
        # dbt parses everything again when this differs, and else only files that changed: what any
        # worker has parsed is put in place, unless an earlier command here left its own.
        key = self.parse_key(arguments)
        parsed, parsed_for = (
            self.folder / "target/partial_parse.msgpack",
            self.folder / "parsed_for",
        )
        kept = shared.folder() / f"parsed-{key}"
        if kept.exists() and not (parsed_for.exists() and parsed_for.read_text() == key):
            parsed.parent.mkdir(exist_ok=True)
            shutil.copy(kept, parsed)
        # Writing the manifest takes longer than a small selection; it is there from the build.
        manifest = {"DBT_WRITE_JSON": "false"} if "--select" in arguments else {}
        everything = {**self.environment(), **manifest, **(environment or {})}
        outcome = perform("dbt", ("--no-use-colors", *arguments), self.folder, everything)
        if parsed.exists():
            parsed_for.write_text(key)
            if not kept.exists():
                shared.put(parsed, kept)
        return outcome

    def parse_key(self, arguments: Sequence[str]) -> str:
        """What dbt's parse depends on as a whole: variables, target and the project file."""
        given = [
            value for name, value in pairwise(arguments) if name in ("--vars", "--target", "-t")
        ]
        project_file = (self.folder / "dbt_project.yml").read_text()
        return hashlib.sha256("|".join([*given, project_file]).encode()).hexdigest()

    def cdp(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Outcome:
        everything = {**self.environment(), **(environment or {})}
        return perform("cdp", arguments, self.folder, everything)

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


def copy_start(folder: Path) -> Project:
    """A copy whose only model is the first: for what is checked and done before any other."""
    project = copy_project(folder)
    declared = yaml.safe_load((ROOT / "models/intermediate/_intermediate__models.yml").read_text())
    first = [model for model in declared["models"] if model["name"] == "int_build_context"]
    for part in ("models", "python_models", "tests/dbt", "analyses"):
        shutil.rmtree(project.folder / part)
    models = project.folder / "models/intermediate"
    models.mkdir(parents=True)
    for name in ("_cdp_state__sources.yml", "intermediate/int_build_context.sql"):
        shutil.copy(ROOT / "models" / name, models.parent / name)
    (models / "_intermediate__models.yml").write_text(yaml.safe_dump({"models": first}))
    return project


def duckdb_target(folder: Path, name: str | None = None) -> Target:
    """A target of a project's profile, which is on DuckDB."""
    target = load_any_target(folder, name)
    assert isinstance(target, Target)
    return target


def sample_clock(folder: Path) -> str:
    """The day a sample ends, as the variable ``as_of`` takes it."""
    as_of: str = json.loads((folder / "sample.json").read_text())["as_of"]
    return as_of.replace("T", " ").rstrip("Z")


def small_world(folder: Path, people: int = 150, seed: int = 7, wave: int = 1) -> Project:
    """A project whose raw tables hold a small company, loaded but not built."""

    def make(project: Project) -> None:
        load_wave(project, people, seed, wave)

    return ready(folder, f"loaded-{people}-{seed}-{wave}", make)


def built_world(folder: Path, people: int = 150, seed: int = 7) -> Project:
    """The same after its first full build."""

    def make(project: Project) -> None:
        load_wave(project, people, seed, 1)
        build(project)

    return ready(folder, f"built-{people}-{seed}", make)


def ready(folder: Path, name: str, make: Callable[[Project], None]) -> Project:
    """A copy of a world that is made once a session, by the first worker that asks for its name."""
    world = Project(shared.made(name, lambda place: make(copy_project(place))))
    return copied(world, folder)


def copied(project: Project, folder: Path) -> Project:
    """The project with everything in it, elsewhere."""
    shutil.copytree(project.folder, folder, dirs_exist_ok=True)
    return Project(folder)


def load_wave(project: Project, people: int, seed: int, wave: int) -> None:
    """Replace the raw tables by the extract of a wave."""
    shutil.rmtree(project.folder / "sample", ignore_errors=True)
    size = ("--people", str(people), "--seed", str(seed), "--wave", str(wave))
    made = project.cdp("sample", *size, "--out", "sample")
    assert made.code == 0, made.output
    loaded = project.cdp("load-sample", "--from", "sample")
    assert loaded.code == 0, loaded.output


def build(project: Project, *arguments: str) -> Outcome:
    """Seeds and models with the clock of the sample; scenario tests need no data tests."""
    clock = json.dumps({"as_of": sample_clock(project.folder / "sample")})
    outcome = project.dbt(
        "build", "--resource-type", "seed", "--resource-type", "model", "--vars", clock, *arguments
    )
    assert outcome.code == 0, outcome.output
    return outcome

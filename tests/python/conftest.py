"""Fixtures that tests of several folders share.

The only conftest of the tests: helpers that tests import stand in modules with names of their own.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

import shared
from worlds import ROOT, Project, build, copy_project, load_wave, ready

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UNCOMMITTED_SEED = 90125
pytest_plugins = ["macro_fixtures", "adapter_fixtures"]
# Files that build much, the longest first: begun last, one of them would keep a worker busy while
# the other has nothing left to do.
LONG_FILES = (
    "test_readme.py", "test_state.py", "test_waves.py", "test_conformance.py", "test_registers.py",
    "test_fewer_sources.py", "test_state_crashes.py", "test_after_an_erasure.py",
    "test_hourly_runs.py", "test_override_commands.py", "test_cadence.py", "test_golden_fields.py",
    "test_canaries.py", "test_wrong_inputs.py", "test_same_answer.py", "test_add_a_source.py",
    "test_erasure.py", "test_macros.py", "test_variables.py",
)  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Workers share the folder of the process that started them."""
    if not hasattr(config, "workerinput"):
        shared.open_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shared.remove_folder()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the order within a file stays."""
    ranks = {name: rank for rank, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(ranks)))


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    """The parsed project. Parse and deprecation warnings are errors here."""

    def make(folder: Path) -> None:
        project = copy_project(folder)
        strict = '{"error": ["Deprecations", "NoNodesForSelectionCriteria"]}'
        outcome = project.dbt("--warn-error-options", strict, "parse", "--no-partial-parse")
        assert outcome.code == 0, outcome.output
        assert "WARNING" not in outcome.output, outcome.output

    path = shared.made("parsed", make) / "target/manifest.json"
    parsed: dict[str, Any] = json.loads(path.read_text())
    return parsed


@pytest.fixture(scope="session")
def committed_sample(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The committed sample, built once; tests only look at it."""

    def make(project: Project) -> None:
        shutil.copytree(ROOT / "seeds/sample", project.folder / "sample")
        loaded = project.cdp("load-sample", "--from", "sample")
        assert loaded.code == 0, loaded.output
        build(project)

    return ready(tmp_path_factory.mktemp("committed"), "committed", make)


@pytest.fixture(scope="session")
def uncommitted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A company as large, which nothing was ever tuned to; built as far as it is evaluated."""

    def make(project: Project) -> None:
        load_wave(project, 2000, UNCOMMITTED_SEED, 1)
        build(project, "--select", "+customers", "+orders", "+customer_events")

    return ready(tmp_path_factory.mktemp("uncommitted"), "uncommitted", make)


@pytest.fixture(scope="session")
def shuffle_raw() -> Callable[[Project], None]:
    """Rewrites every raw table in another row order."""

    def shuffle(project: Project) -> None:
        with duckdb.connect(str(project.warehouse)) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where schema_name like 'raw_%'"
            ).fetchall()
            for schema, table in tables:
                name = f'"{schema}"."{table}"'
                connection.execute(
                    f"create or replace table {name} as select * from {name} as t "
                    "order by md5(t::text || 'shuffled')"
                )

    return shuffle

"""A server, and projects of a few models that are built on it."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
import yaml

from commands import Outcome, perform
from postgres import Postgres, postgres_server
from worlds import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

PROJECT = {
    "name": "tiny",
    "version": "1.0",
    "profile": "tiny",
    "flags": {"send_anonymous_usage_stats": False},
    "models": {"tiny": {"+persist_docs": {"relation": True, "columns": True}}},
}


@dataclass(frozen=True)
class Tiny:
    """A project in a folder, built into a schema of its own."""

    folder: Path
    server: Postgres
    schema: str

    def write(self, **models: str) -> None:
        """Write models: a text that imports or defines something is Python, any other SQL."""
        for name, text in models.items():
            code = dedent(text)
            suffix = "py" if "def model(" in code else "sql"
            (self.folder / "models" / f"{name}.{suffix}").write_text(code)

    def describe(self, described: dict[str, Any]) -> None:
        """Write the YAML of the models."""
        (self.folder / "models/models.yml").write_text(yaml.safe_dump(described))

    def profile(self, **changes: str | int) -> None:
        output = {**self.server.dbt_output(), "schema": self.schema, "threads": 4, **changes}
        profile = {"tiny": {"target": "postgres", "outputs": {"postgres": output}}}
        (self.folder / "profiles.yml").write_text(yaml.safe_dump(profile))

    def dbt(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Outcome:
        everything = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "DBT_PROFILES_DIR": str(self.folder),
            "DBT_LOG_LEVEL_FILE": "none",
            "DBT_WRITE_JSON": "false",
            **(environment or {}),
        }
        return perform("dbt", ("--no-use-colors", *arguments), self.folder, everything)

    def build(self, *arguments: str) -> Outcome:
        outcome = self.dbt("run", *arguments)
        assert outcome.code == 0, outcome.output
        return outcome

    def fail(self, *arguments: str) -> str:
        outcome = self.dbt("run", *arguments)
        assert outcome.code == 1, outcome.output
        return outcome.output

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query returns; unqualified names are those of the project's schema."""
        return run(self.server.uri, self.schema, sql)

    def execute(self, sql: str) -> None:
        run(self.server.uri, self.schema, sql)


def run(uri: str, schema: str, sql: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(uri)) as connection, connection.cursor() as cursor:
        cursor.execute(f'set search_path to "{schema}"')
        cursor.execute(sql)
        found = cursor.fetchall() if cursor.description else []
        connection.commit()
        return found


@pytest.fixture(scope="session")
def adapter_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with postgres_server(tmp_path_factory.mktemp("adapter") / "pg") as started:
        yield started


@pytest.fixture
def tiny(tmp_path: Path, adapter_server: Postgres, request: pytest.FixtureRequest) -> Tiny:
    """An empty project."""
    return make_tiny(tmp_path, adapter_server, request.node.name)


@pytest.fixture(scope="module")
def module_tiny(
    tmp_path_factory: pytest.TempPathFactory, adapter_server: Postgres
) -> Callable[[str], Tiny]:
    """Projects that the tests of a module share."""
    return lambda name: make_tiny(tmp_path_factory.mktemp(name), adapter_server, name)


def make_tiny(folder: Path, server: Postgres, name: str) -> Tiny:
    project = Tiny(folder, server, name[:50].replace("[", "_").replace("]", ""))
    (folder / "models").mkdir()
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(PROJECT))
    project.profile()
    return project

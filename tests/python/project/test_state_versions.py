"""A state of an older version is widened on start, row for row; a newer one is left alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse_cdp.warehouse.state_schema import (
    MIGRATIONS_FILE,
    MODEL_TABLES,
    known_migrations,
    tables_at,
)
from worlds import ROOT, Outcome, Project, copy_start

if TYPE_CHECKING:
    from pathlib import Path

VERSION_1 = (ROOT / "tests/python/project/state_version_1.sql").read_text()
KNOWN = len(known_migrations(ROOT))
END = "\n    ]) -}}"
NEXT = "[('identity_overrides', 'approved_by text'), ('notes', 'note text, noted_at timestamp')],"
BROKEN = "[('identity_overrides', 'half text'), ('sync_runs', 'whole no_such_type')],"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without sources: what is tested here happens before the first model."""
    return copy_start(tmp_path_factory.mktemp("versions"))


def start(project: Project) -> Outcome:
    nothing = json.dumps({"sources": {}})
    return project.dbt("run", "--select", "int_build_context", "--vars", nothing)


def ask(project: Project, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(project.state), read_only=True) as connection:
        connection.execute("use dev")
        return connection.execute(sql).fetchall()


def version(project: Project) -> object:
    return ask(project, "select max(version_number) from schema_versions")[0][0]


def columns(project: Project, table: str) -> list[object]:
    return [name for (name,) in ask(project, f"select column_name from (describe {table})")]


def add_migration(path: Path, entry: str) -> None:
    text = path.read_text()
    assert text.count(END) == 1
    path.write_text(text.replace(END, f"\n        {entry}{END}"))


def test_states_of_every_version_come_to_the_newest_and_newer_ones_are_refused(
    project: Project,
) -> None:
    with duckdb.connect(str(project.state)) as connection:
        connection.execute(VERSION_1)
    done = start(project)
    assert done.code == 0, done.output
    assert version(project) == KNOWN
    for name, expected in tables_at(known_migrations(ROOT), KNOWN).items():
        assert columns(project, name) == list(expected)
    said = project.cdp("state", "verify")
    assert said.code == 0, said.output

    migrations = project.folder / MIGRATIONS_FILE
    add_migration(migrations, NEXT)
    done = start(project)
    assert done.code == 0, done.output
    assert version(project) == KNOWN + 1
    assert columns(project, "notes") == ["note", "noted_at"]
    kept = "select override_id, identifier_value, approved_by from identity_overrides"
    assert ask(project, kept) == [("kept", "+440000", None)]
    assert ask(project, "select identifier_hash from suppressed_identifiers") == [("hash",)]
    assert ask(project, "select run_id from sync_runs") == [("run",)]
    assert project.cdp("state", "verify").code == 0

    add_migration(migrations, BROKEN)
    failed = start(project)
    assert failed.code != 0
    assert "no_such_type" in failed.output
    assert version(project) == KNOWN + 1
    assert "half" not in columns(project, "identity_overrides")

    migrations.write_text((ROOT / MIGRATIONS_FILE).read_text())
    refused = start(project)
    assert refused.code != 0
    assert "the state was written by a newer version of this project" in refused.output
    assert f"schema version {KNOWN + 1}, this checkout knows {KNOWN}" in refused.output
    assert version(project) == KNOWN + 1
    verified = project.cdp("state", "verify")
    assert (verified.code, f"version {KNOWN + 1}, this checkout knows" in verified.output) == (
        3,
        True,
    )


def test_the_tables_of_version_1_are_those_that_are_checked() -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute(VERSION_1)
        found = dict(
            connection.execute(
                "select table_name, list(column_name order by column_index) "
                "from duckdb_columns() where schema_name = 'dev' group by 1"
            ).fetchall()
        )
    first = tables_at(known_migrations(ROOT), 1)
    assert set(first) < set(found) <= {*first, *MODEL_TABLES}
    assert {name: tuple(found[name]) for name in first} == first
    # Models only ever gain columns (on_schema_change: append_new_columns), and others come.
    old = {name: set(found[name]) for name in MODEL_TABLES if name in found}
    assert {"identity_assignments", "identity_match_model", "segment_memberships"} == set(old)
    assert all(columns <= set(MODEL_TABLES[name]) for name, columns in old.items())

"""Staging and the input layer give the same rows on PostgreSQL, so that no dialect leaks in."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
import yaml

from postgres import postgres_server
from worlds import ROOT, Project, sample_clock, small_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres import Postgres

SELECTION = (
    "--select",
    "staging",
    "intermediate",
    "resource_type:seed",
    "--exclude",
    "test_type:unit",
    # Tests across layers need the layers after these, which Postgres does not have yet.
    "--indirect-selection",
    "cautious",
)
KEY = "key-of-the-tests"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with postgres_server(tmp_path_factory.mktemp("pg")) as started:
        yield started


def load_raw(project: Project, server: Postgres) -> None:
    with psycopg2.connect(server.uri) as connection:
        cursor = connection.cursor()
        for path in sorted((project.folder / "sample/raw").rglob("*.csv")):
            name = f'raw_{path.parent.name}."{path.stem}"'
            with path.open(encoding="utf-8") as lines:
                columns = ", ".join(f'"{one}" text' for one in lines.readline().strip().split(","))
                lines.seek(0)
                cursor.execute(f"create schema if not exists raw_{path.parent.name}")
                cursor.execute(f"create table {name} ({columns})")
                cursor.copy_expert(f"copy {name} from stdin with (format csv, header)", lines)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, server: Postgres) -> Project:
    """The small company, its input layer built on both engines with one key."""
    project = small_world(tmp_path_factory.mktemp("both"), people=200)
    load_raw(project, server)
    profile = yaml.safe_load((ROOT / "profiles.yml.example").read_text())
    profile["warehouse_cdp"]["outputs"]["postgres"] = server.dbt_output()
    (project.folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    clock = f'{{"as_of": "{sample_clock(project.folder / "sample")}"}}'
    for target, environment in (
        ("dev", {"CDP_HASH_KEY": KEY}),
        ("postgres", {"PGOPTIONS": f"-c cdp.hash_key={KEY}"}),
    ):
        shutil.rmtree(project.folder / "target", ignore_errors=True)
        outcome = project.dbt(
            "build", *SELECTION, "--target", target, "--vars", clock,
            environment=environment,
        )  # fmt: skip
        assert outcome.code == 0, outcome.output
    return project


def rows_on_duckdb(project: Project, table: str) -> list[tuple[Any, ...]]:
    return project.query(f"select * from dev_intermediate.{table}")


def rows_on_postgres(server: Postgres, table: str) -> list[tuple[Any, ...]]:
    with psycopg2.connect(server.uri) as connection:
        cursor = connection.cursor()
        cursor.execute(f"select * from dev_intermediate.{table}")
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


TABLES = sorted(
    path.stem
    for path in (ROOT / "models/intermediate").glob("int_*.sql")
    if path.stem != "int_build_context"
)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_of_the_input_layer_is_the_same_on_both_engines(
    both: Project, server: Postgres, table: str
) -> None:
    left = sorted(map(repr, rows_on_duckdb(both, table)))
    right = sorted(map(repr, rows_on_postgres(server, table)))
    assert len(left) == len(right)
    # Counts only: rows of a sample look like people, and no test output shows any.
    assert sum(one != other for one, other in zip(left, right, strict=True)) == 0


def test_the_compared_tables_are_not_empty(both: Project) -> None:
    empty = [name for name in TABLES if not rows_on_duckdb(both, name)]
    # Nobody is suppressed before an erasure, and no sample source lists identifiers of its own.
    assert empty == ["int_suppressed_orders", "int_suppressed_records"]

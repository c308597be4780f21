"""A small company built wave after wave, with a copy of its files after each build."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import duckdb

import shared
from worlds import Outcome, Project, build, built_world, copy_project, load_wave, sample_clock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

PEOPLE = 150
SEED = 7


@dataclass(frozen=True)
class Waves:
    """The company as it was after each build; tests only look at these.

    ``hourly`` is wave 1 with the raw data of wave 2 and an hourly run.
    """

    first: Project
    hourly: Project
    second: Project
    third: Project

    def after(self, wave: int) -> Project:
        """The company after the full build of a wave, 1 to 3."""
        return (self.first, self.second, self.third)[wave - 1]


def grown() -> Waves:
    """The waves, built once a session by the first worker that asks for them."""
    folder = shared.made("waves", grow)
    return Waves(*(Project(folder / name) for name in ("first", "hourly", "second", "live")))


def grow(folder: Path) -> None:
    """Build waves 1 to 3 in ``folder``, with an hourly run between the first two."""
    project = built_world(folder / "live", PEOPLE, SEED)
    keep(project, folder / "first")
    load_wave(project, PEOPLE, SEED, 2)
    outcome = build_hourly(project)
    assert outcome.code == 0, outcome.output
    keep(project, folder / "hourly")
    build(project)
    keep(project, folder / "second")
    load_wave(project, PEOPLE, SEED, 3)
    build(project)


def build_hourly(project: Project) -> Outcome:
    """What an orchestrator runs between the nightly builds."""
    clock = json.dumps({"as_of": sample_clock(project.folder / "sample")})
    return project.dbt("build", "--select", "tag:hourly", "--vars", clock)


def build_at(
    project: Project,
    clock: str,
    *selection: str,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Build the models at a clock; a segment may empty, which is what time does to it."""
    variables = json.dumps({"as_of": clock, "allow_segment_shrink": True})
    outcome = project.dbt("run", "--vars", variables, *selection, environment=environment)
    assert outcome.code == 0, outcome.output


def segments_that_move(project: Project) -> dict[str, bool]:
    """Of each segment whether its YAML says that the clock alone moves people in and out."""
    manifest = json.loads((project.folder / "target/manifest.json").read_text())
    found = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["name"].startswith("seg_"):
            moves = node["config"]["meta"].get("moves_with_clock")
            assert isinstance(moves, bool), (
                f"{node['name']}: config: meta: moves_with_clock must say true or false"
            )
            found[node["name"]] = moves
    return found


def keep(project: Project, folder: Path) -> None:
    """Copy the warehouse, the state and the sample as they are now."""
    folder.mkdir()
    kept = Project(folder)
    shutil.copy(project.warehouse, kept.warehouse)
    shutil.copy(project.state, kept.state)
    shutil.copytree(project.folder / "sample", folder / "sample")


def branch(kept: Project, folder: Path) -> Project:
    """A project that can be built, with the files of a kept one."""
    project = copy_project(folder)
    shutil.copy(kept.warehouse, project.warehouse)
    shutil.copy(kept.state, project.state)
    shutil.copytree(kept.folder / "sample", folder / "sample")
    return project


def frame(project: Project, sql: str) -> pd.DataFrame:
    """The rows of a query over warehouse and state."""
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        connection.execute(f"attach '{project.state}' as cdp_state (read_only)")
        return connection.execute(sql).df()


def texts(project: Project, sql: str) -> list[str]:
    """The only column of a query, nulls left out."""
    return [row[0] for row in project.query(sql) if row[0] is not None]


def customers_of(project: Project) -> dict[str, str]:
    """Which customer each person record belongs to."""
    return dict(project.query("select record_id, customer_id from dev_identity.identity_map"))


def clock_of(project: Project, days: int = 0) -> str:
    """The clock of a kept company, moved by some days, as dbt takes it."""
    moment = datetime.fromisoformat(sample_clock(project.folder / "sample"))
    return (moment + timedelta(days=days)).isoformat(sep=" ")


def scenario(project: Project, name: str) -> list[dict[str, list[str]]]:
    """The cast of a staged scenario: for each person the staged keys, by source."""
    cast = []
    with (project.folder / "sample/truth/scenarios.csv").open() as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["person_id"])
    for row in rows:
        if row["scenario"] == name:
            keys: dict[str, list[str]] = {}
            for word in row["record_ids"].split():
                keys.setdefault(word.split(":")[0], []).append(word)
            cast.append(keys)
    assert cast, f"no scenario {name} in this wave"
    return cast


def differences(
    left: Project, right: Project, names_the_build: Mapping[str, frozenset[str]]
) -> dict[str, tuple[int, int]]:
    """Tables of warehouse and state with rows that only one of two companies has, and how many.

    ``names_the_build`` says by table (or ``*``) which columns are left out, because they name the
    build that wrote a row.
    """
    found = {}
    with duckdb.connect() as connection:
        for alias, project in (("left", left), ("right", right)):
            connection.execute(f"attach '{project.warehouse}' as {alias}_cdp (read_only)")
            connection.execute(f"attach '{project.state}' as {alias}_cdp_state (read_only)")
        columns = _columns(connection, "left")
        assert columns == _columns(connection, "right")
        for table, names in columns.items():
            ignored = names_the_build.get("*", frozenset())
            ignored |= names_the_build.get(table.rpartition(".")[2], frozenset())
            kept = ", ".join(f'"{name}"' for name in names if name not in ignored)
            only = [
                connection.execute(
                    f"select count(*) from (select {kept} from {one}_{table} "
                    f"except all select {kept} from {other}_{table})"
                ).fetchall()[0][0]
                for one, other in (("left", "right"), ("right", "left"))
            ]
            if any(only):
                found[table] = (only[0], only[1])
    return found


def _columns(connection: duckdb.DuckDBPyConnection, alias: str) -> dict[str, list[str]]:
    """Columns of every table (``database.schema.table``) of one of two companies, in order."""
    columns: dict[str, list[str]] = {}
    rows = connection.execute(
        "select database_name, schema_name, table_name, column_name from duckdb_columns() "
        "semi join duckdb_tables() using (database_name, schema_name, table_name) "
        "where database_name in ($1 || '_cdp', $1 || '_cdp_state') order by all",
        [alias],
    ).fetchall()
    for database, schema, table, column in rows:
        name = f"{database.removeprefix(alias + '_')}.{schema}.{table}"
        columns.setdefault(name, []).append(column)
    return columns

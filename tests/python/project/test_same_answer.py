"""Postgres gives the same answer as DuckDB: every table, every row, every id, wave after wave."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import sqlalchemy
import yaml

import shared
from postgres import C_LOCALE, ICU_LOCALE, icu_installation, installed_server
from postgres import postgres_server as own_server
from same_rows import differences
from wave_worlds import grown
from worlds import Project, copy_project, sample_clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgres import Postgres
    from wave_worlds import Waves

DEMO_KEY = "demo-key-not-secret"


@pytest.fixture(scope="module")
def waves() -> Waves:
    return grown()


@dataclass(frozen=True)
class OnPostgres:
    """A project whose target is a database of a server."""

    project: Project
    server: Postgres

    def load(self, kept: Project) -> None:
        """Load the raw tables of a kept company, as its user would."""
        shutil.rmtree(self.project.folder / "sample", ignore_errors=True)
        shutil.copytree(kept.folder / "sample", self.project.folder / "sample")
        loaded = self.project.cdp("load-sample", "--from", "sample", "--target", "postgres")
        assert loaded.code == 0, loaded.output

    def build(self, *selection: str) -> None:
        clock = json.dumps({"as_of": sample_clock(self.project.folder / "sample")})
        outcome = self.project.dbt("build", *selection, "--vars", clock, "--target", "postgres")
        assert outcome.code == 0, outcome.output


def on_postgres(folder: Path, server: Postgres) -> OnPostgres:
    server = server.reached_through(shared.folder() / "pg")
    project = copy_project(folder)
    profile = yaml.safe_load((folder / "profiles.yml").read_text())
    output = server.dbt_output() | {"hash_key": DEMO_KEY}
    profile["warehouse_cdp"]["outputs"]["postgres"] = output
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    return OnPostgres(project, server)


NIGHTLY = ("--resource-type", "seed", "--resource-type", "model")


@pytest.fixture(scope="module", params=["c", "en_us"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OnPostgres]:
    """A database of the newest server, and one that orders text as English does, of another."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "c":
        with own_server(folder / "pg") as server, server.another_database(C_LOCALE) as ours:
            yield on_postgres(folder / "project", ours)
        return
    programs = icu_installation()
    if programs is None:
        pytest.skip("no PostgreSQL with ICU is installed; pgserver's is built without")
    with installed_server(programs) as server, server.another_database(ICU_LOCALE) as ours:
        yield on_postgres(folder / "project", ours)


def test_every_row_and_id_is_the_same_wave_after_wave(database: OnPostgres, waves: Waves) -> None:
    server = database.server
    database.load(waves.first)
    database.build(*NIGHTLY)
    assert differences(waves.first, server) == {}
    database.load(waves.hourly)
    database.build("--select", "tag:hourly")
    assert differences(waves.hourly, server) == {}
    database.build(*NIGHTLY)
    assert differences(waves.second, server) == {}
    database.load(waves.third)
    database.build(*NIGHTLY)
    assert differences(waves.third, server) == {}


def test_a_client_reflects_every_mart_with_its_comments(database: OnPostgres) -> None:
    engine = sqlalchemy.create_engine(database.server.uri)
    try:
        inspector = sqlalchemy.inspect(engine)
        names = inspector.get_table_names("dev_marts") + inspector.get_view_names("dev_marts")
        assert {"customers", "customer_360", "orders", "customer_events"} <= set(names)
        silent = []
        for name in names:
            table = sqlalchemy.Table(name, sqlalchemy.MetaData(), schema="dev_marts")
            inspector.reflect_table(table, None)
            said = inspector.get_table_comment(name, "dev_marts")["text"]
            silent += [name] if not said else []
            silent += [f"{name}.{column.name}" for column in table.columns if not column.comment]
        assert silent == []
        indexes = inspector.get_indexes("customers", "dev_marts")
        assert ["email"] in [index["column_names"] for index in indexes]
    finally:
        engine.dispose()


def test_the_command_line_says_the_same_of_both(database: OnPostgres, waves: Waves) -> None:
    for verb in ("summary", "evaluate"):
        arguments = (verb, "--sample-dir", "sample", "--json")
        ours = waves.third.cdp(*arguments)
        theirs = database.project.cdp(*arguments, "--target", "postgres")
        assert (ours.code, theirs.code) == (0, 0), theirs.output
        assert json.loads(theirs.output) == json.loads(ours.output)
    customers = "select count(*) as customers from dev_marts.customers"
    asked = database.project.cdp("query", customers, "--json", "--target", "postgres")
    assert json.loads(asked.output) == [
        {"customers": waves.third.query(customers)[0][0]},
    ]


def test_what_cannot_be_asked_is_told_in_a_line(database: OnPostgres) -> None:
    for arguments, code, said in (
        (("query", "select nothing from dev_marts.customers"), 2, 'column "nothing" does not'),
        (("query", "drop table dev_marts.orders"), 2, "the query cannot be run (ReadOnlySql"),
        (("explain", "cus_1"), 2, "works on duckdb targets only"),
        (("identity", "override", "list"), 2, "not available on postgres yet"),
        (("state", "verify"), 2, "pg_dump --format=custom --schema=dev_cdp_state"),
        (("load-sample", "--from", "nowhere"), 3, "holds no sample"),
    ):
        outcome = database.project.cdp(*arguments, "--target", "postgres")
        assert (outcome.code, said in outcome.output) == (code, True), outcome.output
        assert "Traceback" not in outcome.output

"""Postgres gives the same answer as DuckDB: every table, every row, every id, wave after wave."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy

import shared
from postgres import C_LOCALE, english_server, orders_as_english, postgres_server
from same_rows import differences
from wave_worlds import grown
from worlds import ROOT, Outcome, Project, copy_project, sample_clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from postgres import Postgres
    from wave_worlds import Waves

GUIDE = (ROOT / "docs/guides/postgres.md").read_text(encoding="utf-8")
NIGHTLY = ("build", "--resource-type", "seed", "--resource-type", "model")
HOURLY = ("build", "--select", "tag:hourly")
EVERYTHING = bool(os.environ.get("CDP_SAME_ANSWER"))


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, flags=re.DOTALL)


@pytest.fixture(scope="module")
def waves() -> Waves:
    return grown()


@dataclass(frozen=True)
class OnPostgres:
    """A project whose target is a database that the guide's role builds in."""

    project: Project
    server: Postgres

    def cdp(self, *arguments: str) -> Outcome:
        words = (*arguments, "--target", "postgres")
        return self.project.cdp(*words, environment=self.server.environment())

    def load(self, kept: Project) -> None:
        """Load the raw tables of a kept company, as its user would."""
        sample = self.project.folder / "seeds/sample"
        shutil.rmtree(sample, ignore_errors=True)
        shutil.copytree(kept.folder / "sample", sample)
        loaded = self.cdp("load-sample")
        assert loaded.code == 0, loaded.output

    def dbt(self, *arguments: str) -> None:
        clock = json.dumps({"as_of": sample_clock(self.project.folder / "seeds/sample")})
        words = (*arguments, "--vars", clock, "--target", "postgres")
        outcome = self.project.dbt(*words, environment=self.server.environment())
        assert outcome.code == 0, outcome.output


def on_postgres(folder: Path, server: Postgres, locale: str) -> OnPostgres:
    """What the guide begins with, in a database with this locale."""
    # Reached by one name and as one role, both servers are one to dbt, which then parses once.
    server = server.reached_through(shared.folder() / "pg")
    if server.is_named:
        return OnPostgres(copy_project(folder), server)
    for statement in blocks("sql")[0].strip().rstrip(";").split(";"):
        server.administer(statement + (locale if "database" in statement else ""))
    ours = replace(server, user="cdp_builder", database="cdp")
    return OnPostgres(copy_project(folder), ours)


STAGES = {"first": NIGHTLY, "hourly": HOURLY, "second": NIGHTLY, "third": NIGHTLY}
"""What is built to get to each stage; the raw tables of the second are those of the hour before."""


def compared(there: OnPostgres, waves: Waves, stages: Sequence[str]) -> dict[str, dict[str, str]]:
    """Build stage after stage; what differs after each from the same company on DuckDB."""
    found = {}
    for stage in stages:
        kept: Project = getattr(waves, stage)
        if stage != "second":
            there.load(kept)
        there.dbt(*STAGES[stage])
        found[stage] = differences(kept, there.server)
    return found


def test_every_row_and_id_is_the_same_where_text_orders_by_bytes(
    tmp_path: Path, waves: Waves
) -> None:
    """On the wheel's server; one wave, unless CDP_SAME_ANSWER asks for all (`make same-answer`).

    Before the others: their server then takes this one's place, which to dbt is the same.
    """
    stages = [stage for stage in STAGES if EVERYTHING or stage == "first"]
    with postgres_server(tmp_path / "pg") as server:
        there = on_postgres(tmp_path / "project", server, f" {C_LOCALE}")
        assert not orders_as_english(there.server)
        assert compared(there, waves, stages) == {stage: {} for stage in stages}


@pytest.fixture(scope="module")
def grown_there(
    tmp_path_factory: pytest.TempPathFactory, waves: Waves
) -> Iterator[tuple[OnPostgres, dict[str, dict[str, str]]]]:
    """All waves in a database that orders text as English does, and what differs after each."""
    folder = tmp_path_factory.mktemp("english")
    with english_server(folder / "pg") as (server, locale):
        there = on_postgres(folder / "project", server, f" {locale}")
        assert orders_as_english(there.server)
        yield there, compared(there, waves, list(STAGES))


@pytest.fixture(scope="module")
def database(grown_there: tuple[OnPostgres, dict[str, dict[str, str]]]) -> OnPostgres:
    """The database after the third wave."""
    return grown_there[0]


@pytest.mark.parametrize("stage", STAGES)
def test_every_row_and_id_is_the_same_where_text_orders_as_english(
    grown_there: tuple[OnPostgres, dict[str, dict[str, str]]], stage: str
) -> None:
    assert grown_there[1][stage] == {}


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
        theirs = database.cdp(verb, "--json")
        assert (ours.code, theirs.code) == (0, 0), theirs.output
        assert json.loads(theirs.output) == json.loads(ours.output)
    customers = "select count(*) as customers from dev_marts.customers"
    asked = database.cdp("query", customers, "--json")
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
        outcome = database.cdp(*arguments)
        assert (outcome.code, said in outcome.output) == (code, True), outcome.output
        assert "Traceback" not in outcome.output


def test_the_commands_of_the_guide_do_what_it_says(database: OnPostgres) -> None:
    """But for the build, which the waves are made of."""
    ran = []
    for line in "".join(blocks("console")).strip().splitlines():
        program, *arguments = shlex.split(line)
        if program == "cdp":
            outcome = database.project.cdp(*arguments, environment=database.server.environment())
            assert outcome.code == 0, outcome.output
        else:
            assert arguments[:3] == ["build", "--target", "postgres"]
        ran.append((program, arguments[0]))
    expected = [("cdp", "load-sample"), ("dbt", "build"), ("cdp", "summary"), ("cdp", "query")]
    assert ran == expected
    state = "insert into dev_cdp_state.identity_overrides"
    (override,) = (sql for sql in blocks("sql") if sql.startswith(state))
    database.server.administer(override)


def test_the_snippets_for_orchestrators_are_python_and_name_the_target() -> None:
    snippets = blocks("python")
    assert len(snippets) == 2
    for snippet in snippets:
        ast.parse(snippet)
        assert '"postgres"' in snippet

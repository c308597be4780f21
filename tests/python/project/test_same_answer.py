"""Postgres gives the same answer as DuckDB: every table, every row, every id, wave after wave."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlalchemy

import shared
from postgres import C_LOCALE, english_server, orders_as_english, postgres_server
from same_rows import differences
from server_syncs import ServerSyncs, check_syncs
from wave_worlds import branch, grown
from worlds import ROOT, Outcome, Project, copy_project, sample_clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    engine = sqlalchemy.create_engine(database.server.uri.replace(":", "+psycopg2:", 1))
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


def biggest_customers(project: Project) -> list[str]:
    """Customers by the number of their records, the most first."""
    rows = project.query(
        "select customer_id from dev_identity.identity_map group by 1 order by count(*) desc, 1"
    )
    return [customer_id for (customer_id,) in rows]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, waves: Waves) -> Project:
    """The same company on DuckDB, to do the same to."""
    project = branch(waves.third, tmp_path_factory.mktemp("here"))
    arguments = json.dumps({"as_of": sample_clock(project.folder / "sample")})
    parsed = project.dbt("parse", "--vars", arguments)
    assert parsed.code == 0, parsed.output
    return project


def said_of_both(here: Project, there: OnPostgres, *arguments: str) -> tuple[Any, Any]:
    """What a command says of either, as JSON; both must succeed."""
    told = [run(*arguments, "--json") for run in (here.cdp, there.cdp)]
    assert [one.code for one in told] == [0, 0], told[0].output + told[1].output
    return json_in(told[0].output), json_in(told[1].output)


def json_in(output: str) -> Any:  # noqa: ANN401 - whatever the command says
    """The JSON that a command printed; progress, on the other stream, may stand around it."""
    start = re.search(r"^[\[{]", output, flags=re.MULTILINE)
    assert start is not None, output
    return json.JSONDecoder().raw_decode(output, start.start())[0]


def test_a_customer_is_explained_alike(here: Project, database: OnPostgres) -> None:
    named = biggest_customers(here)[0]
    ours, theirs = said_of_both(here, database, "explain", named, "--show-values")
    assert len(ours["links"]) > 1
    for said in (ours, theirs):
        for change in said["changes"]:
            del change["run_id"]
    assert theirs == ours
    unknown = database.cdp("explain", named[:8] + "?")
    assert (unknown.code, named[:8] in unknown.output) == (3, True), unknown.output


def test_decisions_are_recorded_and_withdrawn_in_the_state(database: OnPostgres) -> None:
    state = "select withdrawn_at is not null, reason from dev_cdp_state.identity_overrides"
    one, other = (
        record
        for (record,) in database.server.rows(
            "select min(record_id) from dev_identity.identity_map group by customer_id "
            "order by 1 limit 2"
        )
    )
    made = database.cdp("identity", "override", "cannot-link", one, other, "--reason", "it's so")
    assert made.code == 0, made.output
    assert database.server.rows(state) == [(False, "it's so")]
    listed = database.cdp("identity", "override", "list", "--json")
    (known,) = json.loads(listed.output)
    assert (known["left_record_id"], known["status"]) == (one, "holds")
    wrong = database.cdp("identity", "override", "must-link", one, other)
    assert wrong.code == 4, wrong.output
    gone = database.cdp("identity", "override", "withdraw", known["override_id"])
    assert gone.code == 0, gone.output
    assert database.server.rows(state) == [(True, "it's so")]


def test_a_run_is_rolled_back(here: Project, database: OnPostgres) -> None:
    newest = "select run_id from dev_identity.identity_runs order by run_number desc limit 1"
    ((ours,),), ((theirs,),) = here.query(newest), database.server.rows(newest)
    count = "select count(*) from dev_cdp_state.identity_assignments"
    ((before,),) = database.server.rows(count)
    planned = here.cdp("identity", "rollback", ours, "--dry-run", "--json")
    done = database.cdp("identity", "rollback", theirs, "--json")
    assert done.code == 0, done.output
    number = json.loads(done.output)["record_count"]
    assert number == json.loads(planned.output)["record_count"] > 0
    assert database.server.rows(count) == [(before + number,)]


def prints_in(backup: Path) -> list[tuple[Any, ...]]:
    """Of each table in a backup its rows' number and checksum, as its manifest has them."""
    with duckdb.connect(str(backup), read_only=True) as connection:
        return connection.execute("from cdp_backup.tables order by all").fetchall()


def test_the_state_goes_into_a_file_and_back(
    tmp_path: Path, here: Project, database: OnPostgres
) -> None:
    rows = "select count(*) from dev_cdp_state.identity_overrides"
    file = tmp_path / "state.duckdb"
    backup = database.cdp("state", "backup", "--out", str(file))
    assert backup.code == 0, backup.output
    # Either engine reads the file; its state then is the other's.
    assert here.cdp("state", "verify", str(file)).code == 0
    ((before,),) = database.server.rows(rows)
    database.server.administer(
        "insert into dev_cdp_state.identity_overrides (override_id, instruction, reason) "
        "values ('ovr_late', 'must_link', E' \"\",\\r\\n\\\\N')"
    )
    refused = database.cdp("state", "restore", str(file))
    assert (refused.code, "1 overrides" in refused.output) == (4, True), refused.output
    assert database.server.rows(rows) == [(before + 1,)]
    restored = database.cdp("state", "restore", str(file), "--force", "--json")
    assert restored.code == 0, restored.output
    assert database.server.rows(rows) == [(before,)]
    again = tmp_path / "again.duckdb"
    assert database.cdp("state", "backup", "--out", str(again)).code == 0
    assert prints_in(again) == prints_in(file)
    kept = Path(json.loads(restored.output)["kept"])
    assert prints_in(kept) != prints_in(file)
    # Any text that a backup holds comes back as it was, line ends and quotes too.
    assert database.cdp("state", "restore", str(kept), "--force").code == 0
    assert database.cdp("state", "backup", "--out", str(again)).code == 0
    assert prints_in(again) == prints_in(kept)
    assert here.cdp("state", "verify", str(kept)).code == 0
    verified = database.cdp("state", "verify", "--json")
    assert json.loads(verified.output)["is_sound"] is True


def test_what_is_known_of_a_person_is_handed_out_alike(
    tmp_path: Path, here: Project, database: OnPostgres
) -> None:
    named = biggest_customers(here)[1]
    folders = tmp_path / "here", tmp_path / "there"
    export = ("privacy", "export", "--customer-id", named, "--out")
    for done in (here.cdp(*export, str(folders[0])), database.cdp(*export, str(folders[1]))):
        assert done.code == 0, done.output
    ours, theirs = (
        {path.name: path.read_text() for path in folder.glob("*.csv")} for folder in folders
    )
    assert len(ours) > 10
    # Names only: the files hold the values of a person.
    assert [name for name in ours if theirs.get(name) != ours[name]] == []
    assert set(theirs) == set(ours)
    asked = "select count(*) from dev_cdp_state.privacy_request_runs"
    assert database.server.rows(asked) == [(1,)]


def test_a_person_is_erased_alike_and_wholly_or_not_at_all(
    here: Project, database: OnPostgres
) -> None:
    named = biggest_customers(here)[0]
    server = database.server
    left = f"select count(*) from dev_identity.identity_map where customer_id = '{named}'"
    runs = "dev_cdp_state.privacy_request_runs"
    ((before,),) = server.rows(left)
    server.administer(
        f"alter table {runs} add constraint refused check (request_type <> 'erasure')"
    )
    failed = database.cdp("privacy", "erase", "--customer-id", named, "--yes")
    server.administer(f"alter table {runs} drop constraint refused")
    assert (failed.code, "nothing was changed" in failed.output) == (3, True), failed.output
    assert server.rows(left) == [(before,)]
    ours, theirs = said_of_both(here, database, "privacy", "erase", "--customer-id", named, "--yes")
    # The tests before decided things there that they did not decide here.
    decided = ("identity_overrides", "identity_assignments", "privacy_request_results")
    assert [one for one in theirs["tables"] if not one["table"].endswith(decided)] == [
        one for one in ours["tables"] if not one["table"].endswith(decided)
    ]
    assert theirs["tombstone_count"] == ours["tombstone_count"] > 0
    assert server.rows(left) == [(0,)]
    found = differences(here, server)
    assert {name: said for name, said in found.items() if not name.endswith(decided)} == {}
    sound = database.cdp("state", "verify")
    assert sound.code == 0, sound.output


def test_what_is_due_is_sent_from_a_built_server(database: OnPostgres) -> None:
    project, server = database.project, database.server
    clock = json.dumps({"as_of": sample_clock(project.folder / "seeds/sample")})

    def dbt(*arguments: str) -> Outcome:
        words = (*arguments, "--vars", clock, "--target", "postgres")
        return project.dbt(*words, environment=server.environment())

    check_syncs(ServerSyncs(project.folder, server, database.cdp, dbt))


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


def test_the_snippets_for_orchestrators_are_python_and_name_the_target() -> None:
    snippets = blocks("python")
    assert len(snippets) == 2
    for snippet in snippets:
        ast.parse(snippet)
        assert '"postgres"' in snippet

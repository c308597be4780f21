"""The other verbs: good runs, wrong inputs, and a summary that survives missing tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from tiny_project import TinyProject, tiny_project
from warehouse_cdp import cli
from warehouse_cdp.cli import app
from warehouse_cdp.cli.demo import DEMO_FOLDER, demo_environment
from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

VERBS = (
    "sample",
    "load-sample",
    "sync",
    "demo",
    "evaluate",
    "summary",
    "query",
    "resolve",
    "explain",
)
SAMPLE = ROOT / "seeds/sample"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyProject:
    for name in ("DBT_PROFILES_DIR", "DBT_TARGET", "CDP_WAREHOUSE_PATH", "CDP_STATE_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("DBT_TARGET_PATH", raising=False)
    return tiny_project(tmp_path)


@pytest.mark.parametrize("verb", VERBS)
def test_help_shows_an_example(verb: str) -> None:
    done = CliRunner().invoke(app, [verb, "--help"])
    assert done.exit_code == 0
    assert f"Example:\n    cdp {verb}" in done.stdout


def test_help_tells_the_exit_codes_and_every_verb() -> None:
    said = CliRunner().invoke(app, ["--help"]).stdout
    assert "5  the warehouse is in use" in said
    assert all(f"  {verb} " in said for verb in VERBS)


def test_an_unexpected_error_is_told_without_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RuntimeError("canary@x.test")  # noqa: EM101

    monkeypatch.setattr("warehouse_cdp.cli.frame.app", fail)
    monkeypatch.delenv("CDP_DEBUG", raising=False)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert "unexpected RuntimeError" in said
    assert "canary" not in said


def sample(folder: Path, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["sample", "--out", str(folder / "sample"), *options])
    return done.exit_code, done.output


def test_a_sample_is_written_loaded_and_the_next_step_named(project: TinyProject) -> None:
    code, said = sample(project.folder, "--people", "40", "--format", "parquet")
    assert code == 0, said
    assert "cdp load-sample --from" in said
    loaded = project.cdp("load-sample", "--from", str(project.folder / "sample"))
    assert loaded.code == 0, loaded.err
    assert "raw_crm.contacts" in loaded.out
    assert "as_of: 2026-06-30T06:00:00" in loaded.out
    with duckdb.connect(str(project.folder / "cdp.duckdb"), read_only=True) as connection:
        (rows,) = connection.execute("select count(*) from raw_crm.contacts").fetchall()
    assert rows[0] > 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--people", "0"), "at least 1"),
        (("--wave", "9"), "valid are 1 to 3"),
        (("--format", "xlsx"), "valid are csv and parquet"),
        (("--people", "many"), "valid integer"),
    ],
)
def test_a_wrong_sample_is_answered_with_what_is_valid(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    code, output = sample(tmp_path, *options)
    assert code == 2
    assert said in " ".join(output.split())


def test_a_wrong_load_is_told(project: TinyProject) -> None:
    nowhere = project.cdp("load-sample", "--from", str(project.folder / "nowhere"))
    assert (nowhere.code, "holds no sample" in nowhere.err) == (3, True)
    target = project.cdp("load-sample", "--from", str(SAMPLE), "--target", "x")
    assert (target.code, "valid are dev, postgres, prod" in target.err) == (2, True)
    (project.folder / "cdp.duckdb").write_text("no database")
    broken = project.cdp("load-sample", "--from", str(SAMPLE))
    assert broken.code != 0
    assert "Traceback" not in broken.everything


def test_a_summary_says_what_is_missing_and_shows_the_rest(project: TinyProject) -> None:
    project.warehouse(
        "create schema dev_intermediate",
        "create table dev_intermediate.int_persons_unioned as select 'crm' as source",
        "create table dev_activation.activation_holdbacks as select 'sync_x' as sync_name, "
        "'no_consent' as holdback_reason, 7 as row_count, false as is_allowed",
    )
    said = project.cdp("summary")
    assert said.code == 0, said.err
    assert "crm  1" in said.out
    assert "not there yet (CatalogException): run `dbt build --target dev`" in said.out
    assert "sync_x: 0 rows, last run not run yet, 7 held back" in said.out
    assert "cdp query --target dev" in said.out
    as_json = json.loads(project.cdp("summary", "--json").out)
    assert as_json["records_by_source"] == [["crm", 1]]
    assert as_json["evaluation"] is None
    assert sorted(as_json["missing"]) == ["customers", "identity", "issues", "segments"]


def test_a_wrong_summary_is_told(project: TinyProject) -> None:
    assert project.cdp("summary", "--target", "x").code == 2
    assert "run `cdp demo` first" in project.cdp("summary", "--demo").err
    (project.folder / "cdp.duckdb").unlink()
    gone = project.cdp("summary")
    assert (gone.code, "cdp load-sample" in gone.err) == (3, True)


def test_a_perfect_build_measures_perfect(project: TinyProject) -> None:
    sample(project.folder, "--people", "40")
    folder = project.folder / "sample"
    project.warehouse(
        "create schema dev_identity",
        "create schema if not exists dev_marts",
        "create table dev_identity.identity_map as select source || ':' || source_pk as record_id, "
        f"person_id as customer_id from read_csv('{folder}/truth/person_records.csv') "
        "where person_id is not null and source not in ('email', 'devices')",
        "create table dev_marts.orders as select source || ':' || interaction_id as order_id, "
        "person_id as customer_id, 10 as total_amount_reporting, true as is_counted "
        f"from read_csv('{folder}/truth/interactions.csv') where is_knowable",
        "create table dev_marts.customer_events as select order_id as interaction_id, "
        "customer_id, 'event' as interaction_type from dev_marts.orders",
        "create table dev_marts.customers as select person_id as customer_id, given_name, "
        "family_name, upper(current_email) as email, current_address_line_1 as address_line_1, "
        "current_city as city, null as postal_code "
        f"from read_csv('{folder}/truth/persons.csv', all_varchar = true)",
    )
    said = project.cdp("evaluate", "--sample-dir", str(folder))
    assert said.code == 0, said.err
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert lines[0].startswith("pairwise precision 1.0000")
    assert "revenue on a wrong person 0.00%" in lines
    measured = json.loads(project.cdp("evaluate", "--sample-dir", str(folder), "--json").out)
    assert measured["linking"]["precision"] == 1.0
    assert measured["linking"]["recall"] < 1.0
    assert measured["events"]["right"] > 0.99
    assert measured["golden"]["email"]["right"] == measured["golden"]["name"]["right"] == 1.0
    assert measured["golden"]["address"]["right"] == 0.0
    assert "current e-mail right 100.00% of" in " ".join(lines)


def test_a_wrong_evaluation_is_told(project: TinyProject) -> None:
    nowhere = project.cdp("evaluate", "--sample-dir", str(project.folder))
    assert (nowhere.code, "has no truth/person_records" in nowhere.err) == (3, True)
    unbuilt = project.cdp("evaluate", "--sample-dir", str(SAMPLE))
    assert (unbuilt.code, "run `dbt build --target dev`" in unbuilt.err) == (3, True)
    assert project.cdp("evaluate", "--target", "x").code == 2


def test_a_query_shows_rows_and_can_change_nothing(project: TinyProject) -> None:
    sql = "select count(*) as contacts from dev_activation.act_email__contacts"
    assert project.cdp("query", sql).out.split() == ["contacts", "5"]
    assert json.loads(project.cdp("query", sql, "--json").out) == [{"contacts": 5}]
    for wrong in ("drop table dev_activation.act_email__contacts", "select nothing", "selekt"):
        refused = project.cdp("query", wrong)
        assert (refused.code, "cannot be run" in refused.err) == (2, True)
    assert project.cdp("query", "select cast('canary' as integer)").err.count("canary") == 0
    assert project.cdp("query", sql).code == 0


def test_a_demo_without_a_sample_says_how_to_get_one(project: TinyProject) -> None:
    said = project.cdp("demo")
    assert (said.code, "cdp sample --out" in said.err) == (3, True)
    assert not (project.folder / DEMO_FOLDER).exists()


def test_the_demo_points_elsewhere_only_while_it_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os  # noqa: PLC0415

    monkeypatch.setenv("CDP_WAREHOUSE_PATH", "mine.duckdb")
    (tmp_path / DEMO_FOLDER).mkdir()
    with demo_environment(tmp_path, wanted=True):
        assert os.environ["CDP_WAREHOUSE_PATH"] == str(tmp_path / "demo/demo.duckdb")
    assert os.environ["CDP_WAREHOUSE_PATH"] == "mine.duckdb"
    assert "DBT_LOG_PATH" not in os.environ


def test_grants_are_asked_of_servers_only_and_of_roles_that_are_named(
    project: TinyProject,
) -> None:
    for verb in ("check", "apply"):
        said = project.cdp("grants", verb)
        assert (said.code, "roles and grants are of Postgres only" in said.err) == (2, True)
        help_text = CliRunner().invoke(app, ["grants", verb, "--help"]).stdout
        assert f"Example:\n    cdp grants {verb}" in help_text
    profile = project.folder / "profiles.yml"
    server = {"type": "pgpython", "host": "/nowhere", "user": "x", "dbname": "x", "schema": "dev"}
    written = yaml.safe_load(profile.read_text())
    written["warehouse_cdp"]["outputs"]["server"] = server
    profile.write_text(yaml.safe_dump(written))
    said = project.cdp("grants", "check", "--target", "server")
    assert (said.code, "no role is configured: name at least one" in said.err) == (2, True)
    said = project.cdp("grants", "check", "--target", "server", "--vars", "role_analyst")
    assert (said.code, "--vars is no mapping in YAML" in said.err) == (2, True)

"""``cdp explain`` on a warehouse: what it says, draws and refuses, and that it shows no values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pytest

from explain_worlds import CANARY, ExplainedProject, explained_project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ExplainedProject:
    return explained_project(tmp_path_factory.mktemp("explained"))


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DBT_PROFILES_DIR", "DBT_TARGET", "CDP_WAREHOUSE_PATH", "CDP_STATE_PATH"):
        monkeypatch.delenv(name, raising=False)


def test_a_customer_with_its_history(project: ExplainedProject) -> None:
    code, said, _ = project.cdp("explain", "cus_ann")
    assert code == 0
    assert "customer cus_ann: 4 records from 4 sources" in said
    assert "2026-03-01  created; 2 records new; now 2 records (run run-1)" in said
    assert "2026-06-30  grew; 2 records from cus_old; now 4 records (run run-2)" in said
    assert "crm:0035 and shop_uk:7002 (customer cus_son)" in said


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("cus_old", "cus_old is retired; it means customer cus_ann now"),
        ("loyalty:42", "loyalty:42 is a record of customer cus_ann"),
    ],
)
def test_a_customer_by_other_names(project: ExplainedProject, name: str, head: str) -> None:
    code, said, _ = project.cdp("explain", name)
    assert (code, said.splitlines()[0]) == (0, head)
    assert json.loads(project.cdp("explain", name, "--json")[1])["customer_id"] == "cus_ann"


def test_the_path_is_the_one_that_sql_gives(project: ExplainedProject) -> None:
    for one, other in (("crm:0035", "pos:receipt/12"), ("pos:receipt/12", "shop_uk:7001")):
        told = json.loads(project.cdp("explain", one, other, "--json")[1])
        in_sql = project.query(
            "select left_record_id, right_record_id, rule, match_weight, is_weakest "
            f"from dev_identity.identity_paths where from_record_id = '{one}' "
            f"and to_record_id = '{other}' order by step_number"
        )
        names = ("from_record_id", "to_record_id", "rule", "match_weight", "is_weakest")
        assert [tuple(step[name] for name in names) for step in told["path"]] == in_sql
        assert len(in_sql) >= 2


def test_two_customers(project: ExplainedProject) -> None:
    code, said, _ = project.cdp("explain", "crm:0035", "shop_uk:7002")
    assert code == 0
    assert said.startswith("crm:0035 and shop_uk:7002 are two customers")
    told = json.loads(project.cdp("explain", "crm:0035", "shop_uk:7002", "--json")[1])
    assert told["is_one_customer"] is False
    assert told["path"] is None
    assert told["direct"]["cut_by"] == "two_birth_dates"


def test_values_are_shown_only_on_request(project: ExplainedProject, tmp_path: Path) -> None:
    page = tmp_path / "why.html"
    for names in (("cus_ann",), ("crm:0035", "pos:receipt/12")):
        quiet = project.cdp("explain", *names, "--draw", str(page))
        as_json = project.cdp("explain", *names, "--json")
        for text in (*quiet[1:], *as_json[1:], page.read_text()):
            assert CANARY not in text
    code, said, _ = project.cdp("explain", "crm:0035", "loyalty:42", "--show-values")
    assert code == 0
    assert f"given {CANARY} | given {CANARY}" in said
    told = json.loads(
        project.cdp("explain", "crm:0035", "loyalty:42", "--show-values", "--json")[1]
    )
    assert told["values"]["crm:0035"]["email"] == [f"x@{CANARY}.test", f"second@{CANARY}.test"]
    assert told["values"]["crm:0035"]["address"] == [f"street {CANARY} 7"]
    assert f"blocked@{CANARY}" not in json.dumps(told)
    assert "personal data" in " ".join(project.cdp("explain", "--help")[1].split())


def test_a_drawing_goes_where_its_ending_says(project: ExplainedProject, tmp_path: Path) -> None:
    for name, start in (("why.html", "<!DOCTYPE html>"), ("why.SVG", "<svg ")):
        code, said, noted = project.cdp("explain", "cus_ann", "--draw", str(tmp_path / name))
        assert code == 0, noted
        assert "What holds it together" in said
        assert "drawn: " in noted
        assert (tmp_path / name).read_text().startswith(start)
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["why.SVG", "why.html"]


def test_a_drawing_that_cannot_be_written_is_told(
    project: ExplainedProject, tmp_path: Path
) -> None:
    code, _, noted = project.cdp("explain", "cus_ann", "--draw", "why.jpeg")
    assert (code, ".html or .svg" in noted) == (2, True)
    (tmp_path / "file").write_text("")
    code, _, noted = project.cdp("explain", "cus_ann", "--draw", str(tmp_path / "file/why.html"))
    assert (code, "cannot write" in noted) == (6, True)


@pytest.mark.parametrize(
    ("names", "code", "told"),
    [
        (("crm:003x",), 3, "nearest are crm:0035"),
        (("crm:0035", "pos:receipt/99"), 3, "as number 2; nearest are pos:receipt/12"),
        (("nobody@canary.test",), 3, "records are named `<source>:<key>`"),
        (("",), 3, "records are named `<source>:<key>`"),
        (("cus_gone",), 3, "customer id that is gone"),
        (("crm:gone",), 3, "record that is gone"),
        (("crm:0035", "cus_ann"), 2, "two names must both be records"),
    ],
)
def test_wrong_names_are_told_and_not_repeated(
    project: ExplainedProject, names: tuple[str, ...], code: int, told: str
) -> None:
    found, said, noted = project.cdp("explain", *names)
    assert (found, said) == (code, "")
    assert told in noted
    assert "nobody@" not in noted


def test_a_warehouse_without_identities_is_told(tmp_path: Path) -> None:
    bare = explained_project(tmp_path)
    with duckdb.connect(str(bare.warehouse)) as connection:
        connection.execute("drop schema dev_identity cascade")
    code, _, noted = bare.cdp("explain", "cus_ann")
    assert (code, "run `dbt build --target dev`" in noted) == (3, True)
    bare.warehouse.unlink()
    assert bare.cdp("explain", "cus_ann")[0] == 3
    assert bare.cdp("explain", "cus_ann", "--target", "x")[0] == 2

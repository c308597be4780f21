"""``cdp privacy export``: everything about one person, and nothing about another."""

from __future__ import annotations

import csv
import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from erasure_world import BERTRAM, EMAIL, SHARED_PHONE, company
from worlds import ROOT, copied

if TYPE_CHECKING:
    from pathlib import Path

    from worlds import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The company of the erasure tests."""
    return company(tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="module")
def answer(project: Project) -> Path:
    """Her own request for access names her; the answer is written once."""
    arguments = ("--request", "ZQREQUEST1", "--out", "answer", "--by", "the desk")
    outcome = project.cdp("privacy", "export", *arguments)
    assert outcome.code == 0, outcome.output
    assert EMAIL not in outcome.output
    return project.folder / "answer"


@pytest.fixture(scope="module")
def document(answer: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads((answer / "export.json").read_text())
    return parsed


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_it_tells_sources_purposes_and_recipients(document: dict[str, Any]) -> None:
    records = {
        (row["source"], row["record_type"]): row["record_count"] for row in document["sources"]
    }
    assert records == {
        ("crm", "profile"): 1,
        ("loyalty", "profile"): 1,
        ("shop_uk", "interaction"): 1,
        ("shop_uk", "profile"): 1,
        ("support", "profile"): 1,
    }
    granted = [row for row in document["purposes"] if row["status"] == "granted"]
    assert {(row["purpose"], row["contact_point"], row["legal_basis"]) for row in granted} >= {
        ("marketing", EMAIL, "consent")
    }
    assert [row["recipient"] for row in document["recipients"]] == ["Contacts of the e-mail tool"]
    assert "email" in document["recipients"][0]["columns"]
    assert document["recipients"][0]["first_sent_at"] is not None


def test_it_holds_what_each_mart_and_source_knows(
    document: dict[str, Any], project: Project
) -> None:
    customer = document["customer_id"]
    held = {name: len(table["rows"]) for name, table in document["tables"].items()}
    for mart in ("customers", "customer_identifiers", "orders", "order_items", "customer_events"):
        count = f"select count(*) from dev_marts.{mart} where customer_id = '{customer}'"
        assert held[mart] == project.query(count)[0][0] > 0, mart
    for table in ("int_persons_unioned", "int_tickets_unioned", "int_consents_unioned", "consents"):
        assert held[table] > 0, table
    assert document["tables"]["customers"]["kinds_of_personal_data"]
    assert "identity_links" not in held


def test_csv_says_what_json_says(answer: Path, document: dict[str, Any]) -> None:
    for name, table in document["tables"].items():
        rows = rows_of(answer / f"{name}.csv")
        assert len(rows) == len(table["rows"]), name
        assert list(rows[0]) == list(table["rows"][0]), name
    assert {path.stem for path in answer.glob("*.csv")} == {
        *document["tables"], "sources", "purposes", "recipients",
    }  # fmt: skip


def test_nothing_of_another_person_is_in_it(answer: Path) -> None:
    everything = "".join(path.read_text() for path in answer.iterdir())
    for value in (BERTRAM, "Bertram", "5 Elsewhere Road", "bertram-"):
        assert value not in everything
    # The telephone is hers too, but what was agreed to for it may be somebody else's word.
    assert SHARED_PHONE in (answer / "export.json").read_text()
    assert SHARED_PHONE not in (answer / "consents.csv").read_text()


def test_files_are_for_their_owner_only_and_nothing_is_written_over(
    answer: Path, project: Project
) -> None:
    assert answer.stat().st_mode & 0o077 == 0
    assert [path.name for path in answer.iterdir() if path.stat().st_mode & 0o077] == []
    again = project.cdp("privacy", "export", "--email", EMAIL, "--out", "answer")
    assert again.code == 2
    assert "exists already" in again.output
    nobody = project.cdp("privacy", "export", "--email", "no@zznobody.org", "--out", "other")
    assert nobody.code == 3
    assert not (project.folder / "other").exists()
    assert not list(project.folder.glob(".*.part"))


@pytest.mark.usefixtures("answer")
def test_who_asked_is_recorded_without_naming_whom(project: Project) -> None:
    runs = project.query(
        "select request_id, request_type, requested_by, subject_hash like 'erased:%' "
        "from cdp_state.dev.privacy_request_runs"
    )
    assert runs == [("ZQREQUEST1", "access", "the desk", True)]


GUIDE = (ROOT / "docs/guides/privacy.md").read_text()
COMMANDS = [
    line
    for block in re.findall(r"```console\n(.*?)```", GUIDE, flags=re.DOTALL)
    for line in block.strip().splitlines()
]
BUILD = "dbt build"  # test_after_an_erasure.py runs it after an erasure, with every data test


def test_the_commands_of_the_guide_run(project: Project, tmp_path: Path) -> None:
    """What is handed out first: nobody can be told about who was erased."""
    copy = copied(project, tmp_path)
    shutil.rmtree(copy.folder / "answer", ignore_errors=True)
    found = copy.query(
        "select customer_id from dev_marts.customer_identifiers "
        f"where identifier_value = '{BERTRAM}'"
    )
    assert BUILD in COMMANDS
    ordered = sorted(COMMANDS, key=lambda command: "privacy export" not in command)
    for command in ordered:
        if command == BUILD:
            continue
        words = command.replace("CUSTOMER", str(found[0][0])).split()
        assert words.pop(0) == "cdp", command
        outcome = copy.cdp(*words)
        assert outcome.code == 0, f"{command}: {outcome.output}"
    query = re.findall(r"```sql\n(.*?)```", GUIDE, flags=re.DOTALL)[0].strip().rstrip(";")
    assert copy.cdp("query", query).output.count("removed") > 10

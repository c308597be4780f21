"""``cdp privacy erase``: what goes, what stays, and what it refuses."""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest
from typer.testing import CliRunner

from erasure_world import (
    BERTRAM,
    CANARIES,
    CARD,
    EMAIL,
    OWN_PHONE,
    REQUEST,
    SHARED_PHONE,
    VISITOR,
    canaries_in_bytes,
    canaries_in_rows,
    company,
    customer_of,
    erase_her,
)
from warehouse_cdp.cli import app
from warehouse_cdp.privacy import tombstone
from worlds import Project, copied

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse_cdp.warehouse import erasure

KEY = "demo-key-not-secret"
KILLED = 9
# Runs the command line and dies, as by `kill -9`, when the second file is about to be put in place.
DIES_BETWEEN_THE_FILES = """
import os, sys
from warehouse_cdp.warehouse import erasure
put, done = erasure.take_place, []
def put_one(part, path):
    if done:
        os._exit(9)
    done.append(path)
    put(part, path)
erasure.take_place = put_one
from warehouse_cdp.cli import main
sys.argv = ["cdp", *sys.argv[1:]]
main()
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The company as it was, with her; tests only look at it."""
    return company(tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def zenobia(before: Project) -> str:
    return customer_of(before, EMAIL)


@pytest.fixture(scope="module")
def erased(
    before: Project, zenobia: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Project, erasure.ErasureReport]:
    """A copy in which she was just erased."""
    project = copied(before, tmp_path_factory.mktemp("erased"))
    report = erase_her(project)
    assert report.customer_id == zenobia
    return project, report


def test_before_she_is_one_customer_in_every_kind_of_table(before: Project, zenobia: str) -> None:
    """Otherwise what follows would find nothing because nothing was there."""
    sources = before.query(
        "select list(distinct source order by source), count(*) from dev_identity.identity_map "
        f"where customer_id = '{zenobia}'"
    )
    assert sources == [(["crm", "loyalty", "shop_uk", "support"], 5)]
    assert customer_of(before, BERTRAM) != zenobia
    for path, expected in ((before.warehouse, CANARIES), (before.state, ("zq-canary",))):
        assert set(expected) <= set(canaries_in_bytes(path))
    orders = before.query(
        f"select count(*), count(*) filter (where is_counted) from dev_marts.orders "
        f"where customer_id = '{zenobia}'"
    )
    assert orders == [(4, 3)]
    sent = before.query(
        f"select count(*) from cdp_state.dev.sync_state where customer_id = '{zenobia}'"
    )
    assert sent[0][0] > 0


def test_a_dry_run_counts_per_table_and_changes_nothing(before: Project, zenobia: str) -> None:
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files(before)]
    outcome = before.cdp("privacy", "erase", "--request", f"consent:{REQUEST}", "--dry-run")
    assert outcome.code == 2, outcome.output  # her request was one for access
    outcome = before.cdp("privacy", "erase", "--customer-id", zenobia, "--dry-run")
    assert outcome.code == 0, outcome.output
    assert "would erase one person" in outcome.output
    assert rows_said(outcome.output)["cdp.raw_crm.contacts removed"] == "1"
    assert rows_said(outcome.output)["cdp.dev_marts.customers removed"] == "1"
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in files(before)] == digests
    assert no_canary(outcome.output)


def files(project: Project) -> list[Path]:
    return [project.warehouse, project.state]


def rows_said(output: str) -> dict[str, str]:
    """Rows by table and action, as the screen shows them."""
    lines = [line.split() for line in output.splitlines() if line.startswith("  cdp")]
    return {f"{line[0]} {'_'.join(line[1:-1])}": line[-1] for line in lines}


def no_canary(text: str) -> bool:
    return not any(value.lower() in text.lower() for value in CANARIES)


def test_the_bytes_are_gone_from_both_files(
    erased: tuple[Project, erasure.ErasureReport],
) -> None:
    project, _ = erased
    left = {path.name: canaries_in_bytes(path) for path in files(project)}
    assert left == {"cdp.duckdb": [], "cdp_state.duckdb": []}
    # The fresh file is as readable as the old one was: others' values are found in it.
    assert BERTRAM.encode() in project.warehouse.read_bytes()
    assert not list(project.folder.glob(".*.part*"))


def test_no_column_of_any_table_holds_her(
    erased: tuple[Project, erasure.ErasureReport], before: Project
) -> None:
    assert len(canaries_in_rows(before)) > 50
    assert canaries_in_rows(erased[0]) == []


def test_her_customer_id_is_left_only_where_destinations_need_it(
    erased: tuple[Project, erasure.ErasureReport], zenobia: str
) -> None:
    project, _ = erased
    held = []
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{project.warehouse}' as cdp (read_only)")
        connection.execute(f"attach '{project.state}' as cdp_state (read_only)")
        names = connection.execute(
            "select database_name, schema_name, table_name from duckdb_tables()"
        ).fetchall()
        for database, schema, table in names:
            hits = connection.execute(
                f'select count(*) from "{database}"."{schema}"."{table}" as one '
                "where contains(one::text, $1)",
                [zenobia],
            ).fetchone()
            held += [table] if hits and hits[0] else []
    assert held == ["sync_state"]


def test_what_it_says_is_what_it_did_and_is_kept_as_proof(
    erased: tuple[Project, erasure.ErasureReport], before: Project
) -> None:
    project, report = erased
    said = {(one.table_name, one.action): one.row_count for one in report.effects}
    for (table, action), count in said.items():
        if action == "removed":
            name = table.replace("cdp.", "", 1)
            rows = [one.query(f"select count(*) from {name}")[0][0] for one in (before, project)]
            assert rows[0] - rows[1] == count, table
    assert said[("cdp.raw_support.tickets", "masked")] == 1  # Bertram's, which named her address
    assert said[("cdp.raw_pos.receipts", "removed")] == 2
    kept = project.query(
        "select table_name, action, row_count from cdp_state.dev.privacy_request_results"
    )
    assert {(table, action): count for table, action, count in kept} == said
    runs = project.query(
        "select request_id, request_type, requested_by, subject_hash like 'erased:%' "
        "from cdp_state.dev.privacy_request_runs"
    )
    assert runs == [(report.request_id, "erasure", "the tester", True)]


def test_tombstones_are_keyed_hashes_of_what_is_hers_alone(
    erased: tuple[Project, erasure.ErasureReport],
) -> None:
    project, report = erased
    found = project.query(
        "select identifier_type, identifier_hash from cdp_state.dev.suppressed_identifiers"
    )
    hers = {
        ("email", EMAIL), ("phone", OWN_PHONE), ("loyalty_card", CARD), ("visitor", VISITOR),
        ("record", "crm:zq-canary-contact"), ("record", "shop_uk:zq-canary-shop"),
        ("record", "shop_uk:order/zq-canary-guest"), ("record", f"loyalty:{CARD}"),
        ("record", "support:zq-canary-requester"),
    }  # fmt: skip
    assert set(found) == {(kind, tombstone(kind, value, KEY)) for kind, value in hers}
    assert report.shared_count == 1  # the household's telephone
    shared = tombstone("phone", SHARED_PHONE, KEY)
    assert shared not in {hashed for _, hashed in found}


def test_state_holds_hashes_in_her_place_and_her_departure(
    erased: tuple[Project, erasure.ErasureReport],
) -> None:
    project, _ = erased
    log = project.query(
        "select change_type, count(*), count(distinct record_id), count(distinct assignment_id) "
        "from cdp_state.dev.identity_assignments where record_id like 'erased:%' "
        "group by change_type order by change_type"
    )
    assert log == [("created", 5, 5, 5), ("removed", 5, 5, 5)]


def test_a_kill_between_the_two_files_is_mended_by_the_same_command(
    before: Project, zenobia: str, tmp_path: Path
) -> None:
    project = copied(before, tmp_path)
    arguments = ("privacy", "erase", "--email", EMAIL, "--yes", "--by", "the tester")
    killed = project.run(sys.executable, "-c", DIES_BETWEEN_THE_FILES, *arguments)
    assert killed.code == KILLED, killed.output
    assert project.query("select count(*) from cdp_state.dev.suppressed_identifiers") == [(9,)]
    assert customer_of(project, EMAIL) == zenobia  # the warehouse is as it was
    again = project.cdp(*arguments)
    assert again.code == 0, again.output
    assert no_canary(again.output)
    assert canaries_in_rows(project) == []
    log = project.query(
        "select count(*) from cdp_state.dev.identity_assignments "
        "where record_id like 'erased:%' and change_type = 'removed'"
    )
    assert log == [(5,)]
    assert project.query("select count(*) from cdp_state.dev.suppressed_identifiers") == [(9,)]
    assert not list(project.folder.glob(".*.part*"))
    gone = project.cdp(*arguments)
    assert gone.code == 3
    assert "tombstone is in place" in gone.output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "exactly one of"),
        (("--email", "a@b.org", "--phone", "+447700900971"), 2, "2 were given"),
        (("--email", "not-an-address"), 2, "expected name@domain"),
        (("--phone", "07700 900971"), 2, "with its country"),
        (("--identifier", "shoe_size=44"), 2, "unknown kind"),
        (("--email", "nobody@zznobody.org"), 3, "nobody has this email"),
        (("--phone", SHARED_PHONE), 3, "leads to 2 customers: cus_"),
        (("--request", "no-such-request"), 3, "no privacy request"),
        (("--email", EMAIL), 2, "--dry-run, then add --yes"),
    ],
)
def test_wrong_inputs_are_refused_with_the_way_out(
    before: Project, arguments: tuple[str, ...], code: int, said: str
) -> None:
    place = ("--project-dir", str(before.folder))
    environment = {"DBT_PROFILES_DIR": str(before.folder)}
    outcome = CliRunner().invoke(app, ["privacy", "erase", *arguments, *place], env=environment)
    assert (outcome.exit_code, said in outcome.output) == (code, True), outcome.output
    assert no_canary(outcome.output)


def test_raw_rows_that_no_build_has_seen_are_not_left_behind(
    before: Project, tmp_path: Path
) -> None:
    project = copied(before, tmp_path)
    project.execute(
        "insert into raw_crm.contacts by name "
        "select * replace ('unseen' as id) from raw_crm.contacts limit 1"
    )
    arguments = ("privacy", "erase", "--email", EMAIL)
    foretold = project.cdp(*arguments, "--dry-run")
    assert foretold.code == 0, foretold.output
    assert "first run `dbt build`: 1 raw row(s) came after" in " ".join(foretold.output.split())
    refused = project.cdp(*arguments, "--yes", "--by", "the tester")
    assert refused.code == 3
    said = " ".join(refused.output.split())
    assert "1 raw row(s)" in said
    assert "Nothing was erased" in said
    assert project.query("select count(*) from cdp_state.dev.suppressed_identifiers") == [(0,)]
    assert not list(project.folder.glob(".*.part*"))


def test_a_file_in_use_is_waited_for_and_not_touched(before: Project) -> None:
    with duckdb.connect(str(before.state)):
        outcome = before.cdp("privacy", "erase", "--email", EMAIL, "--yes")
    assert outcome.code == 5, outcome.output
    assert "in use by another process" in outcome.output
    assert not list(before.folder.glob(".*.part*"))

"""``cdp sync`` from the outside: what it writes, says, refuses and never tells."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tiny_project import CANARY, SYNC, TinyProject, tiny_project

if TYPE_CHECKING:
    from pathlib import Path

OTHERS_LOCK = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("locked", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyProject:
    for name in ("DBT_PROFILES_DIR", "DBT_TARGET", "DBT_TARGET_PATH", "CDP_HASH_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CDP_WAREHOUSE_PATH", "CDP_STATE_PATH"):
        monkeypatch.delenv(name, raising=False)
    return tiny_project(tmp_path)


def test_rows_are_sent_once_and_changes_follow(project: TinyProject) -> None:
    first = project.cdp("sync")
    assert first.code == 0, first.err
    assert "5 added, 0 changed, 0 removed" in first.out
    assert "held back  1: no_consent 1" in first.out
    assert len(project.output.read_text().splitlines()) == 6
    written = project.output.stat().st_mtime_ns
    second = project.cdp("sync")
    assert f"{SYNC}: unchanged" in second.out
    assert project.output.stat().st_mtime_ns == written
    project.change_email("cus_1", "new@x.test")
    project.warehouse(
        "delete from dev_activation.act_email__contacts where customer_id = 'cus_2'",
        "update dev_activation.candidates_email__contacts set holdback_reason = 'withdrawn' "
        "where customer_id = 'cus_2'",
    )
    third = project.cdp("sync")
    assert "0 added, 1 changed, 1 removed (1 for want of consent or an erasure)" in third.out
    assert "cus_2" not in project.output.read_text()
    logged = project.state(
        "select sync_key, operation, reason, status from dev.sync_log "
        "order by logged_at desc, sync_key limit 2"
    )
    assert logged == [
        ("cus_1", "change", "data", "acknowledged"),
        ("cus_2", "remove", "withdrawn", "acknowledged"),
    ]
    assert project.state("select count(*), min(customer_id) from dev.sync_state") == [(4, "cus_0")]
    statuses = project.state("select status from dev.sync_runs order by started_at")
    assert statuses == [("succeeded",), ("unchanged",), ("succeeded",)]


def test_the_first_acknowledgement_is_remembered(project: TinyProject) -> None:
    project.cdp("sync")
    before = project.state("select first_acknowledged_at from dev.sync_state order by sync_key")
    for number in range(5):
        project.change_email(f"cus_{number}", f"{number}@x.test.uk")
    project.cdp("sync")
    after = project.state(
        "select first_acknowledged_at, first_acknowledged_at < last_acknowledged_at "
        "from dev.sync_state order by sync_key"
    )
    assert [row[0] for row in after] == [row[0] for row in before]
    assert all(row[1] for row in after)


def test_a_dry_run_writes_neither_file_nor_state(project: TinyProject) -> None:
    state = (project.folder / "cdp_state.duckdb").read_bytes()
    said = project.cdp("sync", "--dry-run")
    assert said.code == 0
    assert "5 added" in said.out
    assert (project.folder / "cdp_state.duckdb").read_bytes() == state
    assert not (project.folder / "out").exists()


def test_a_deleted_file_is_written_again(project: TinyProject) -> None:
    project.cdp("sync")
    content = project.output.read_bytes()
    project.output.unlink()
    assert "5 changed" in project.cdp("sync").out
    assert project.output.read_bytes() == content


def test_a_model_that_is_suddenly_empty_is_refused_and_may_be_allowed(
    project: TinyProject,
) -> None:
    project.cdp("sync")
    content = project.output.read_bytes()
    project.warehouse("delete from dev_activation.act_email__contacts")
    refused = project.cdp("sync")
    assert refused.code == 4
    assert "min_source_rows" in refused.err
    assert "--allow removals" in refused.err
    assert project.output.read_bytes() == content
    assert project.state("select count(*) from dev.sync_state") == [(5,)]
    allowed = project.cdp("sync", "--allow", "removals")
    assert allowed.code == 0
    assert "5 removed" in allowed.out
    assert project.output.read_text().splitlines() == ["id,email"]


def test_a_failed_build_is_refused_and_may_be_allowed(project: TinyProject) -> None:
    results = {"results": [{"unique_id": "model.p.act_email__contacts", "status": "error"}]}
    (project.folder / "target/run_results.json").write_text(json.dumps(results))
    refused = project.cdp("sync")
    assert refused.code == 4
    assert "act_email__contacts" in refused.err
    assert not project.output.exists()
    assert project.cdp("sync", "--allow", "failed-build").code == 0


def test_a_destination_that_cannot_be_written_says_so_and_changes_no_state(
    project: TinyProject,
) -> None:
    (project.folder / "out").write_text("a file where a folder should be")
    failed = project.cdp("sync")
    assert failed.code == 6
    assert "cannot write" in failed.err
    assert CANARY not in failed.everything
    assert project.state("select count(*) from dev.sync_state") == [(0,)]
    assert project.state("select status from dev.sync_runs") == [("failed",)]


@pytest.mark.parametrize("name", ["cdp.duckdb", "cdp_state.duckdb"])
def test_a_locked_file_is_named_and_asks_to_try_again(project: TinyProject, name: str) -> None:
    path = project.folder / name
    with subprocess.Popen(
        [sys.executable, "-c", OTHERS_LOCK, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        said = project.cdp("sync")
        other.communicate("\n")
    assert said.code == 5
    assert f"{path} is in use by another process" in said.err
    assert said.err.count("\n") == 1


def test_no_personal_data_is_told_by_good_or_failing_syncs(project: TinyProject) -> None:
    said = [project.cdp("sync", "--dry-run"), project.cdp("sync"), project.cdp("sync", "--json")]
    project.warehouse(
        "create or replace table dev_activation.act_email__contacts as "
        f"select 'cus_1' as customer_id, '{CANARY}@x.test' as mail"
    )
    broken = project.cdp("sync")
    project.warehouse(
        "drop table dev_activation.act_email__contacts",
        "create view dev_activation.act_email__contacts as "
        f"select 'cus_1' as customer_id, cast('{CANARY}' as integer) as email",
    )
    raising = project.cdp("sync")
    assert (broken.code, raising.code) == (3, 3)
    everything = "".join(each.everything for each in [*said, broken, raising])
    assert CANARY not in everything
    assert CANARY not in repr(project.state("from dev.sync_log"))
    assert CANARY not in repr(project.state("from dev.sync_state"))
    assert CANARY not in repr(project.state("from dev.sync_runs"))


def test_json_is_for_programs(project: TinyProject) -> None:
    (result,) = json.loads(project.cdp("sync", "--json").out)
    assert result["added"] == 5
    assert result["held_back"] == {"no_consent": 1}
    (listed,) = json.loads(project.cdp("sync", "--list", "--json").out)
    assert listed["name"] == SYNC


def test_list_names_what_is_declared(project: TinyProject) -> None:
    said = project.cdp("sync", "--list")
    assert said.code == 0
    assert SYNC in said.out
    assert "CRM team" in said.out


def test_wrong_input_is_named_with_what_would_be_valid(project: TinyProject) -> None:
    unknown = project.cdp("sync", "sync_sms")
    assert (unknown.code, f"valid are {SYNC}" in unknown.err) == (2, True)
    target = project.cdp("sync", "--target", "staging")
    assert (target.code, "valid are dev" in target.err) == (2, True)
    allow = project.cdp("sync", "--allow", "everything")
    assert (
        allow.code,
        "none of removals, changes, rejects, destination, failed-build" in allow.err,
    ) == (2, True)


def test_a_manifest_of_another_target_is_refused(project: TinyProject) -> None:
    said = project.cdp("sync", "--target", "prod")
    assert said.code == 2
    assert "dbt build --target prod" in said.err


def test_without_a_manifest_dbt_comes_first(project: TinyProject) -> None:
    (project.folder / "target/manifest.json").unlink()
    said = project.cdp("sync")
    assert (said.code, "run `dbt build` first" in said.err) == (2, True)


def test_a_damaged_manifest_is_no_traceback(project: TinyProject) -> None:
    (project.folder / "target/manifest.json").write_text('{"nodes": ')
    assert "is damaged: run `dbt build` again" in project.cdp("sync").err


def test_wrong_declarations_come_all_at_once(project: TinyProject) -> None:
    project.write_sync(mode="replace", guards={"max_remove_share": 7})
    said = project.cdp("sync")
    assert said.code == 2
    assert "2 problem(s)" in said.err


def test_a_state_that_was_never_made_sends_to_dbt(project: TinyProject) -> None:
    (project.folder / "cdp_state.duckdb").unlink()
    said = project.cdp("sync")
    assert said.code == 3
    assert "dbt build" in said.err
    assert not project.output.exists()
    assert project.cdp("sync", "--dry-run").code == 0


def test_status_retry_and_explain_say_how_a_row_stands(project: TinyProject) -> None:
    assert f"{SYNC}: never run" in project.cdp("sync", "status").out
    assert "was not sent yet" in project.cdp("sync", "explain", "cus_1").out
    project.cdp("sync")
    (status,) = json.loads(project.cdp("sync", "status", "--json").out)
    assert (status["last_status"], status["there_count"]) == ("succeeded", 5)
    assert "is there as it should be" in project.cdp("sync", "explain", "cus_1").out
    assert "held back: no_consent" in project.cdp("sync", "explain", "cus_9").out
    assert "was never sent" in project.cdp("sync", "explain", "cus_x", SYNC).out
    project.change_email("cus_1", "new@x.test")
    (answer,) = json.loads(project.cdp("sync", "explain", "cus_1", "--json").out)
    assert answer["because"] == "the next run sends a change"
    dry = project.cdp("sync", "--dry-run").out
    assert "change     1 for data" in dry
    assert "fields     email 1" in dry
    project.state_change(
        f"insert into dev.sync_outbox (sync_name, sync_key, status) values ('{SYNC}', 'k', "
        "'set_aside')"
    )
    assert "set aside  1" in project.cdp("sync", "status").out
    assert "1 row(s) will be sent again" in project.cdp("sync", "retry").out
    assert project.state("select count(*) from dev.sync_outbox") == [(0,)]


def test_a_failure_is_told_to_the_webhook_without_personal_data(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setenv("CDP_ALERT_URL", "https://hooks.x.test/secret")
    monkeypatch.setattr(
        "warehouse_cdp.warehouse.syncs.send_alert", lambda _url, text: told.append(text)
    )
    project.cdp("sync")
    assert told == []
    (project.folder / "out/dev").rename(project.folder / "away")
    (project.folder / "out/dev").write_text("in the way")
    assert project.cdp("sync").code == 6
    assert told[0].startswith(f"{SYNC} failed: cannot write")
    assert CANARY not in told[0]

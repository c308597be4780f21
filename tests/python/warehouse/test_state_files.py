"""`cdp state backup` and `restore`: nothing is lost unasked, and nothing is half written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest

from state_worlds import StateWorld, state_world
from warehouse_cdp.warehouse import state_files
from warehouse_cdp.warehouse.state_manifest import MANIFEST_SCHEMA, opened, prints_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEW_RUN = (
    "insert into identity_assignments (assignment_id, record_id, customer_id, change_type, "
    "run_id, run_number) values ('x', 'x', 'cus_x', 'created', 'run-8', 8)"
)
TOMBSTONE = (
    "insert into suppressed_identifiers (identifier_type, identifier_hash) values ('email', 'h')"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> StateWorld:
    return state_world(tmp_path_factory.mktemp("state"))


@pytest.fixture
def world(made: StateWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateWorld:
    return made.copy(tmp_path / "copy", monkeypatch)


@pytest.fixture
def backup(world: StateWorld) -> Path:
    done = world.cdp("state", "backup")
    assert done.code == 0, done.output
    (path,) = world.backups
    return path


@pytest.fixture
def writer(world: StateWorld) -> Iterator[None]:
    """Another process that has the state open to write."""
    code = f"import duckdb, sys; c = duckdb.connect({str(world.state)!r}); print(1, flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{code}; sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.communicate()


def contents(path: Path) -> list[object]:
    with opened(path, "looked_at") as connection:
        return list(prints_of(connection, "looked_at"))


def test_a_backup_is_a_private_file_with_the_same_rows(world: StateWorld, backup: Path) -> None:
    assert re.fullmatch(r"cdp_state-\d{8}T\d{6}Z\.duckdb", backup.name)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert contents(backup) == contents(world.state)
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]
    said = world.cdp("state", "verify", str(backup))
    assert said.code == 0, said.output
    assert "backup of 20" in said.output
    assert "rows are those that were backed up" in said.output


def test_a_checksum_depends_on_rows_and_not_on_their_order(world: StateWorld) -> None:
    before = contents(world.state)
    world.execute(
        "create table t as from sync_log order by sync_key desc, run_id desc",
        "drop table sync_log",
        "alter table t rename to sync_log",
    )
    assert contents(world.state) == before
    # Values that only move between two columns make other rows.
    world.execute("update sync_log set operation = 'addk', sync_key = '1' where row_hash = 'h1'")
    assert contents(world.state) != before


def test_only_the_newest_backups_of_this_state_are_kept(world: StateWorld) -> None:
    folder = world.folder / "state_backups"
    folder.mkdir()
    old = [folder / f"cdp_state-2026030{day}T000000Z.duckdb" for day in (1, 2, 3)]
    others = [folder / "cdp_prod_state-20260301T000000Z.duckdb", folder / "notes.txt"]
    for path in (*old, *others):
        path.write_text("x")
    said = world.cdp("state", "backup", "--keep", "2", "--json")
    assert said.code == 0, said.output
    assert json.loads(said.output)["deleted"] == [str(path) for path in old[:2]]
    assert [path for path in (*old, *others) if path.exists()] == [old[2], *others]
    assert len(world.backups) == 4


def test_two_backups_in_one_second_have_two_names(world: StateWorld) -> None:
    for _ in range(2):
        assert world.cdp("state", "backup", "--out", str(world.folder / "kept")).code == 0
    assert len(list((world.folder / "kept").iterdir())) == 2


def test_a_file_that_is_no_backup_is_not_overwritten(world: StateWorld) -> None:
    path = world.folder / "latest.duckdb"
    for _ in range(2):
        assert world.cdp("state", "backup", "--out", str(path)).code == 0
    path.write_text("something else")
    for wrong in (path, world.state):
        said = world.cdp("state", "backup", "--out", str(wrong))
        assert (said.code, "is no backup and is not overwritten" in said.output) == (2, True)
    assert path.read_text() == "something else"
    kept = world.cdp("state", "backup", "--out", str(path), "--keep", "3")
    assert (kept.code, "name a folder" in kept.output) == (2, True)
    none = world.cdp("state", "backup", "--keep", "0")
    assert (none.code, "at least 1" in none.output) == (2, True)


def test_a_backup_of_a_broken_state_never_pushes_out_a_good_one(
    world: StateWorld, backup: Path
) -> None:
    world.execute("delete from identity_assignments where run_number = 2")
    said = world.cdp("state", "backup", "--keep", "1")
    assert said.code == 3
    assert "each assignment follows from the one before" in said.output
    assert len(world.backups) == 2
    assert backup in world.backups


def test_without_a_state_the_next_step_is_named(world: StateWorld) -> None:
    world.state.unlink()
    said = world.cdp("state", "backup")
    assert (said.code, "run `dbt build --target dev` first" in said.output) == (3, True)


@pytest.mark.usefixtures("writer")
def test_a_state_that_is_being_written_is_left_alone(made: StateWorld, world: StateWorld) -> None:
    other = world.folder / "other.duckdb"
    other.write_bytes(made.state.read_bytes())
    for verb in (("backup",), ("verify",), ("restore", str(other), "--force")):
        said = world.cdp("state", *verb)
        assert (said.code, "in use by another process" in said.output) == (5, True), said.output
    assert world.backups == []
    assert not list(world.folder.glob("*before-restore*"))


def test_a_lost_state_comes_back(world: StateWorld, backup: Path) -> None:
    before = contents(world.state)
    world.state.unlink()
    said = world.cdp("state", "restore", str(backup))
    assert said.code == 0, said.output
    assert "dbt build --target dev" in said.output
    assert contents(world.state) == before
    assert world.state.stat().st_mode & 0o777 == 0o600
    assert not world.query(f"from duckdb_schemas() where schema_name = '{MANIFEST_SCHEMA}'")


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        (NEW_RUN, "1 identity runs"),
        ("update segment_memberships set left_at = '2026-03-09' where membership_id = 'm2'",
         "1 segment entries and leavings"),
        ("insert into identity_overrides (override_id) values ('o1'), ('o2')", "2 overrides"),
        ("update identity_overrides set withdrawn_at = '2026-03-09'", "1 overrides"),
        ("insert into sync_runs (run_id, sync_name) values ('s3', 'sync_x')", "1 sync runs"),
        (TOMBSTONE, "1 erased identifiers"),
    ],
)  # fmt: skip
def test_what_was_learnt_since_is_not_lost_unasked(
    world: StateWorld, backup: Path, change: str, lost: str
) -> None:
    world.execute(change)
    now = contents(world.state)
    refused = world.cdp("state", "restore", str(backup))
    assert refused.code == 4
    assert lost in refused.output
    assert "--force" in refused.output
    assert contents(world.state) == now
    assert not list(world.folder.glob("*before-restore*"))


def test_forced_the_state_goes_back_and_the_replaced_one_is_kept(
    world: StateWorld, backup: Path
) -> None:
    before = contents(world.state)
    world.execute(NEW_RUN)
    world.state.chmod(0o640)
    replaced = contents(world.state)
    said = world.cdp("state", "restore", str(backup), "--force", "--json")
    assert said.code == 0, said.output
    assert contents(world.state) == before
    assert world.state.stat().st_mode & 0o777 == 0o640
    (kept,) = world.folder.glob("cdp_state.before-restore-*.duckdb")
    assert json.loads(said.output)["kept"] == str(kept)
    assert contents(kept) == replaced


def test_a_backup_that_knows_all_is_restored_without_force(world: StateWorld, backup: Path) -> None:
    said = world.cdp("state", "restore", str(backup))
    assert said.code == 0, said.output
    # And a copy that knows more than the state: nothing is lost by taking it.
    world.execute(NEW_RUN)
    assert world.cdp("state", "backup", "--out", str(world.folder / "more.duckdb")).code == 0
    assert world.cdp("state", "restore", str(backup), "--force").code == 0
    assert world.cdp("state", "restore", str(world.folder / "more.duckdb")).code == 0
    assert world.query("select max(run_number) from identity_assignments") == [(8,)]


def test_an_erased_person_stays_erased(world: StateWorld, backup: Path) -> None:
    world.execute(
        TOMBSTONE, "insert into privacy_request_results (request_id, table_name) values ('p', 't')"
    )
    said = world.cdp("state", "restore", str(backup), "--force")
    assert said.code == 0, said.output
    assert "carried over 1 tombstones" in said.output
    assert world.query("select identifier_hash from suppressed_identifiers") == [("h",)]
    assert world.query("select request_id from privacy_request_results") == [("p",)]
    assert world.cdp("state", "verify").code == 0


def test_erasures_reach_a_backup_that_is_older_than_their_table(
    world: StateWorld, tmp_path: Path
) -> None:
    old = tmp_path / "old.duckdb"
    old.write_bytes(world.state.read_bytes())
    world.execute("create table if not exists privacy_request_runs (run_id text)")
    world.execute("insert into privacy_request_runs (run_id) values ('erasure-1')")
    world.execute("drop table if exists privacy_request_runs", file=old)
    world.execute("delete from schema_versions where version_number > 1", file=old)
    assert world.cdp("state", "restore", str(old), "--force").code == 0
    assert world.query("select run_id from privacy_request_runs") == [("erasure-1",)]


def test_a_backup_of_a_newer_version_is_refused(world: StateWorld, backup: Path) -> None:
    world.execute("insert into schema_versions values (99, '2027-01-01')", file=backup)
    before = world.state.read_bytes()
    said = world.cdp("state", "restore", str(backup), "--force")
    assert said.code == 4
    assert "version 99, this checkout knows 1 to" in said.output
    assert world.state.read_bytes() == before


def test_a_damaged_backup_is_refused_whatever_is_asked(world: StateWorld, backup: Path) -> None:
    world.execute("delete from segment_memberships", file=backup)
    before = world.state.read_bytes()
    said = world.cdp("state", "restore", str(backup), "--force")
    assert said.code == 3
    assert "other rows in segment_memberships" in said.output
    nowhere = world.cdp("state", "restore", str(world.folder / "nowhere.duckdb"))
    assert (nowhere.code, "does not exist" in nowhere.output) == (3, True)
    itself = world.cdp("state", "restore", str(world.state))
    assert (itself.code, "is the state itself" in itself.output) == (2, True)
    assert world.state.read_bytes() == before


def test_a_state_that_cannot_be_read_is_put_aside_only_when_forced(
    world: StateWorld, backup: Path
) -> None:
    before = contents(world.state)
    world.state.write_text("broken")
    refused = world.cdp("state", "restore", str(backup))
    assert (refused.code, "cannot be read" in refused.output) == (4, True)
    assert world.state.read_text() == "broken"
    assert world.cdp("state", "restore", str(backup), "--force").code == 0
    assert contents(world.state) == before
    (kept,) = world.folder.glob("cdp_state.before-restore-*.duckdb")
    assert kept.read_text() == "broken"


def test_what_a_killed_process_committed_is_backed_up_and_its_log_is_not_left_behind(
    world: StateWorld, backup: Path
) -> None:
    code = (
        "import duckdb, os, signal; "
        f"c = duckdb.connect({str(world.state)!r}); c.execute('use dev'); "
        f"c.execute({NEW_RUN!r}); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    log = world.folder / "cdp_state.duckdb.wal"
    assert log.exists()
    later = world.folder / "later.duckdb"
    assert world.cdp("state", "backup", "--out", str(later)).code == 0
    rows = world.query("select count(*) from identity_assignments where run_number = 8", later)
    assert rows == [(1,)]
    assert world.cdp("state", "restore", str(backup), "--force").code == 0
    assert not log.exists()
    assert world.query("select max(run_number) from identity_assignments") == [(7,)]
    (kept,) = world.folder.glob("cdp_state.before-restore-*.duckdb")
    assert world.query("select max(run_number) from identity_assignments", kept) == [(8,)]


def test_a_restore_that_fails_midway_leaves_everything_as_it_was(
    world: StateWorld, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        message = "disk full"
        raise duckdb.IOException(message)

    before, files = contents(world.state), sorted(world.folder.iterdir())
    monkeypatch.setattr(state_files, "carry_erasures", fail)
    said = world.cdp("state", "restore", str(backup))
    assert (said.code, "it is as it was" in said.output) == (6, True)
    assert contents(world.state) == before
    assert sorted(world.folder.iterdir()) == files
    monkeypatch.setattr(state_files, "write_manifest", fail)
    said = world.cdp("state", "backup")
    assert (said.code, "an older file is as it was" in said.output) == (6, True)
    assert world.backups == [backup]


@pytest.mark.parametrize("verb", ["backup", "restore", "verify"])
def test_help_shows_an_example(world: StateWorld, verb: str) -> None:
    said = world.cdp("state", verb, "--help")
    assert said.code == 0
    assert f"Example:\n    cdp state {verb}" in said.output

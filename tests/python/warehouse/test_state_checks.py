"""`cdp state verify` finds every kind of damage, and by its name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from state_worlds import CUSTOMER, StateWorld, state_world

if TYPE_CHECKING:
    from pathlib import Path

CHAIN = "each assignment follows from the one before"
VERSION = "schema version is known"
THERE = "tables and columns are there"
OVERLAP = "nobody is in a segment twice at a time"
ACKNOWLEDGED = "what destinations hold is what was acknowledged last"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> StateWorld:
    return state_world(tmp_path_factory.mktemp("state"))


@pytest.fixture
def world(made: StateWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateWorld:
    return made.copy(tmp_path / "copy", monkeypatch)


def failed(world: StateWorld, *file: str) -> set[str]:
    said = world.cdp("state", "verify", *file, "--json")
    checks = json.loads(said.output.partition("error:")[0])["checks"]
    names = {one["check"] for one in checks if one["status"] == "failed"}
    assert said.code == (3 if names else 0)
    return names


def test_a_sound_state_passes_every_check(world: StateWorld) -> None:
    kinds = {kind for (kind,) in world.query("select change_type from identity_assignments")}
    assert kinds == {"created", "joined", "merged", "split", "removed", "restored", "rolled_back"}
    said = world.cdp("state", "verify")
    assert said.code == 0, said.output
    assert "failed" not in said.output
    assert " ok  no customer id was minted twice" in said.output
    assert "not built yet: identity_match_model" in said.output


@pytest.mark.parametrize(
    ("damage", "checks"),
    [
        ("update schema_versions set version_number = 99", {VERSION}),
        ("delete from schema_versions", {VERSION}),
        ("drop table schema_versions", {VERSION}),
        ("drop table sync_state", {THERE}),
        ("alter table identity_overrides drop column valid_until", {THERE}),
        ("alter table identity_assignments drop column run_id", {THERE}),
        (
            "insert into identity_assignments from identity_assignments limit 1",
            {"keys of identity_assignments are unique and there", CHAIN},
        ),
        (
            "update identity_assignments set assignment_id = null where run_number = 2",
            {"keys of identity_assignments are unique and there"},
        ),
        (
            "insert into identity_overrides (override_id) values ('x'), ('x')",
            {"keys of identity_overrides are unique and there"},
        ),
        (
            "insert into sync_state from sync_state",
            {"keys of sync_state are unique and there"},
        ),
        ("delete from identity_assignments where run_number = 2", {CHAIN}),
        ("update identity_assignments set customer_id = 'x' where run_number = 4", {CHAIN}),
        (
            (
                "update identity_assignments set previous_customer_id = 'x' "
                "where change_type = 'restored'"
            ),
            {CHAIN},
        ),
        (
            "update identity_assignments set change_type = 'vanished' where run_number = 4",
            {"every assignment says what happened", CHAIN},
        ),
        (
            "update identity_assignments set run_id = 'run-1' where run_number = 2",
            {"run numbers rise with the runs"},
        ),
        (
            (
                "insert into identity_assignments (assignment_id, record_id, customer_id, "
                f"change_type, run_id, run_number) select 'x', 'x', {CUSTOMER}, 'created', "
                "'run-5', 5"
            ),
            {"no customer id was minted twice"},
        ),
        (
            (
                "update identity_assignments set previous_customer_id = customer_id "
                "where change_type = 'merged'"
            ),
            {"no retired id leads back to itself", CHAIN},
        ),
        ("update segment_memberships set left_at = null where membership_id = 'm1'", {OVERLAP}),
        (
            "update segment_memberships set left_at = '2026-03-04' where membership_id = 'm1'",
            {OVERLAP},
        ),
        (
            "update segment_memberships set left_at = '2026-02-01' where membership_id = 'm3'",
            {OVERLAP},
        ),
        (
            "update segment_memberships set customer_id_at_entry = 'x' where membership_id = 'm3'",
            {"members are customers that identity knows"},
        ),
        (
            "delete from sync_runs where run_id = 's1'",
            {"what was sent belongs to a run of a sync"},
        ),
        ("update sync_state set row_hash = 'h1'", {ACKNOWLEDGED}),
        ("delete from sync_state", {ACKNOWLEDGED}),
        (
            (
                "insert into sync_state (sync_name, sync_key, customer_id, row_hash, last_run_id) "
                f"values ('sync_x', 'k2', {CUSTOMER}, 'h2', 's1')"
            ),
            {ACKNOWLEDGED},
        ),
        (
            "update sync_state set customer_id = 'x'",
            {"who was sent is a customer that identity knows"},
        ),
        (
            "insert into suppressed_identifiers (identifier_type) values ('email')",
            {"tombstones of erased people are complete"},
        ),
    ],
)
def test_damage_is_found_by_name(world: StateWorld, damage: str, checks: set[str]) -> None:
    world.execute(damage)
    assert failed(world) == checks


def test_an_erased_person_is_no_damage(world: StateWorld) -> None:
    """As `cdp privacy erase` leaves it: hashes in place, but in what the next sync must remove."""
    world.execute(
        "update sync_log set sync_key = 'erased:1' where sync_key = 'k1'",
        f"update segment_memberships set customer_id_at_entry = 'erased:2' "
        f"where customer_id_at_entry = {CUSTOMER}",
        "create table erased as select customer_id from identity_assignments "
        f"where customer_id = {CUSTOMER} limit 1",
        "update identity_assignments set customer_id = 'erased:2' "
        "where customer_id in (select customer_id from erased)",
        "update identity_assignments set previous_customer_id = 'erased:2' "
        "where previous_customer_id in (select customer_id from erased)",
    )
    assert failed(world) == set()
    world.execute("update sync_state set row_hash = 'h1'")
    assert failed(world) == {ACKNOWLEDGED, "who was sent is a customer that identity knows"}


def test_a_model_number_is_one_model(world: StateWorld) -> None:
    world.execute(
        "create table identity_match_model (model_id text, comparison text, level text, "
        "reason text, m double, u double, weight double, pair_count bigint, "
        "model_number bigint, trained_at timestamp)",
        "insert into identity_match_model (model_id, comparison, level, model_number) "
        "values ('x', 'email', 'exact', 1), ('x', 'phone', 'exact', 1)",
    )
    assert failed(world) == set()
    world.execute("update identity_match_model set model_id = 'y' where comparison = 'phone'")
    assert failed(world) == {"each model number is one trained model"}


def test_a_changed_backup_does_not_match_its_manifest(world: StateWorld) -> None:
    assert world.cdp("state", "backup", "--out", str(world.folder / "b.duckdb")).code == 0
    backup = world.folder / "b.duckdb"
    assert failed(world, str(backup)) == set()
    world.execute(
        "update segment_memberships set segment_name = 'seg_other' where membership_id = 'm3'",
        file=backup,
    )
    assert failed(world, str(backup)) == {"rows are those that were backed up"}


def test_a_damaged_file_and_one_of_something_else_are_told(world: StateWorld) -> None:
    backup = world.folder / "b.duckdb"
    assert world.cdp("state", "backup", "--out", str(backup)).code == 0
    content = bytearray(backup.read_bytes())
    for place in range(12_288, len(content), 64):  # beyond the three headers, in every block
        content[place] ^= 0xFF
    backup.write_bytes(content)
    assert failed(world, str(backup)) == {"the file can be read"}
    backup.write_text("something else")
    assert failed(world, str(backup)) == {"the file can be read"}
    missing = world.cdp("state", "verify", str(world.folder / "nowhere.duckdb"))
    assert (missing.code, "does not exist" in missing.output) == (3, True)


def test_a_backup_of_another_target_is_told(world: StateWorld) -> None:
    world.execute("alter table sync_log rename to sync_log_of_dev")
    said = world.cdp("state", "verify", str(world.state), "--target", "prod")
    assert said.code == 3
    assert "no schema main; the file has dev" in said.output

"""`cdp identity override` on a small state: what is written, what is refused, and what is said."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from state_worlds import StateWorld, state_world
from warehouse_cdp.cli import app
from warehouse_cdp.cli.blast_radius import print_blast_radius
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import OVERRIDE_COLUMNS
from warehouse_cdp.warehouse.blast_radius import (
    BlastRadius,
    SegmentChange,
    SyncChange,
    segment_limits,
)
from warehouse_cdp.warehouse.connection import open_warehouse
from warehouse_cdp.warehouse.identity_moves import (
    IdentityMoves,
    Merged,
    Moved,
    Split,
    id_limits,
    identity_moves,
)
from warehouse_cdp.warehouse.overrides import Change, write_change
from warehouse_cdp.warehouse.scratch import scratch_copy
from worlds import duckdb_target

if TYPE_CHECKING:
    from pathlib import Path

TABLES = (
    "create schema dev_identity; create schema dev_intermediate",
    (
        "create table dev_identity.identity_map as "
        "select unnest(['a', 'b', 'c', 'd', 'e', 'f']) as record_id, 'cus_1' as customer_id"
    ),
    (
        "create table dev_intermediate.int_build_context as "
        "select timestamp '2026-03-01' as as_of, timestamp '2026-03-01' as started_at"
    ),
    (
        "create table dev_identity.identity_review_queue as select 'a' as left_record_id, "
        "'b' as right_record_id, 'linked_same_email' as stratum, 40 as stratum_pair_count, "
        "true as is_sampled"
    ),
)
MODEL = "create table identity_match_model as select 'm7' as model_id, 3 as model_number"
VERBS = ("must-link", "cannot-link", "block-value", "load", "withdraw", "list")
SECRET = "somebody@shop.example"  # noqa: S105 - an address that nothing may say


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> StateWorld:
    world = state_world(tmp_path_factory.mktemp("decided"))
    world.execute(MODEL)
    with duckdb.connect(str(world.folder / "cdp.duckdb")) as connection:
        for statement in TABLES:
            connection.execute(statement)
    return world


@pytest.fixture
def world(made: StateWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateWorld:
    return made.copy(tmp_path / "copy", monkeypatch)


def stored(world: StateWorld, columns: str = "*") -> list[tuple[Any, ...]]:
    return world.query(
        f"select {columns} from identity_overrides order by created_at nulls first, 1"
    )


def ask(world: StateWorld, *arguments: str, code: int = 0) -> str:
    done = world.cdp("identity", "override", *arguments)
    assert done.code == code, done.output
    return done.output


@pytest.mark.parametrize("verb", VERBS)
def test_help_shows_an_example(verb: str) -> None:
    said = CliRunner().invoke(app, ["identity", "override", verb, "--help"]).stdout
    assert f"Example:\n    cdp identity override {verb}" in said


def test_a_decision_is_recorded_once_listed_and_taken_back(world: StateWorld) -> None:
    said = json.loads(
        ask(world, "must-link", "b", "a", "--reason", "one card", "--by", "kim", "--json")
    )
    (new,) = said["recorded"]
    row = stored(
        world,
        "override_id, instruction, left_record_id, right_record_id, reason, created_by, "
        "valid_until, review_stratum, review_model_id",
    )[1]
    assert row == (
        new, "must_link", "a", "b", "one card", "kim", None, "linked_same_email", "m7",
    )  # fmt: skip
    assert f"{new} is so already" in ask(world, "must-link", "a", "b")
    assert len(stored(world)) == 2
    listed = json.loads(ask(world, "list", "--json"))
    assert [(one["override_id"], one["status"]) for one in listed] == [
        (new, "holds"),
        ("kept", "holds"),
    ]
    assert f"withdrew {new}" in ask(world, "withdraw", new, "--by", "lee")
    assert f"{new} is so already" in ask(world, "withdraw", new)
    assert stored(world, "withdrawn_by, withdrawn_at is null") == [(None, True), ("lee", False)]
    assert new not in ask(world, "list")
    assert "withdrawn" in ask(world, "list", "--all")
    # What was taken back is in nobody's way, and the opposite may be said.
    ask(world, "cannot-link", "a", "b", "--until", "2027-01-01")
    assert "until 2027-01-01" in ask(world, "list")


def test_only_drawn_pairs_count_in_the_precision(world: StateWorld) -> None:
    ask(world, "cannot-link", "a", "b")
    ask(world, "must-link", "c", "e")
    assert stored(world, "instruction, review_stratum")[1:] == [
        ("cannot_link", "linked_same_email"),
        ("must_link", None),
    ]
    said = world.cdp("identity", "precision", "--json")
    rows = {row["stratum"]: row for row in json.loads(said.output)}
    assert rows["all_linked"]["decided_pair_count"] == 1
    assert rows["all_linked"]["pair_count"] == 40
    assert rows["all_linked"]["match_share"] == 0
    assert rows["all_kept_apart"]["note"] == "there are no such pairs"
    assert "0.00%" in world.cdp("identity", "precision").output


def test_a_blocked_value_is_read_from_standard_input_and_never_said(world: StateWorld) -> None:
    block = ["identity", "override", "block-value", "email", "-", "--project-dir"]
    done = CliRunner().invoke(app, [*block, str(world.folder)], input=f"{SECRET}\n")
    assert done.exit_code == 0, done.output
    assert stored(world, "identifier_type, identifier_value")[1] == ("email", SECRET)
    told = done.output + ask(world, "list") + ask(world, "list", "--json")
    told += ask(world, "block-value", "email", SECRET.upper())
    told += ask(world, "block-value", "phone", SECRET, code=3)
    assert "a value of email" in told
    assert "is so already" in told
    assert "somebody" not in told.lower()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("must-link", "a", "x"), 3, "no record 'x' in identity_map; nearest: none begins like it"),
        (("must-link", "a", "a"), 3, "both records are a"),
        (("must-link", "d", "a"), 4, "kept says cannot_link of the same records: withdraw kept"),
        (("must-link", "a", "b", "--until", "soon"), 2, "--until: 'soon' is no date"),
        (("must-link", "a", "b", "--until", "2026-02-01"), 3, "name a later day"),
        (("block-value", "telex", "1"), 3, "unknown identifier type 'telex'; valid are email"),
        (("withdraw", "kep"), 3, "no override 'kep'; nearest: kept"),
        (("load", "nowhere.csv"), 3, "nowhere.csv cannot be read as CSV"),
        (("must-link", "a", "b", "--target", "x"), 2, "unknown target 'x'"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    world: StateWorld, arguments: tuple[str, ...], code: int, said: str
) -> None:
    before = world.state.read_bytes()
    assert said in ask(world, *arguments, code=code)
    assert said in ask(world, *arguments, "--dry-run", code=code)
    assert world.state.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("instruction,left,right_record_id\nmust_link,a,b\n", "unknown column left; valid columns"),
        ("left_record_id,right_record_id\na,b\n", "lacks `instruction`"),
        ("instruction,left_record_id,right_record_id\n", "holds no row"),
        ("instruction,left_record_id,right_record_id\nmust_link,a\n", "row 1 after the header"),
        ("instruction,left_record_id,right_record_id\nmust_link,a,b,c\n", "row 1 after the header"),
        ("instruction,valid_until\nmust_link,1.1.27\n", "'1.1.27' is no date"),
        (
            "instruction,left_record_id,right_record_id\nmust_link,a,b\nmust_link,a,x\n,c,d\n",
            "instruction 2: no record 'x'",
        ),
    ],
)
def test_a_file_is_recorded_whole_or_not_at_all(world: StateWorld, text: str, said: str) -> None:
    path = world.folder / "decisions.csv"
    path.write_text(text)
    before = world.state.read_bytes()
    done = world.cdp("identity", "override", "load", str(path))
    assert done.code in (2, 3)
    assert said in done.output
    assert world.state.read_bytes() == before


def test_a_file_of_every_instruction_is_recorded_at_once(world: StateWorld) -> None:
    path = world.folder / "decisions.csv"
    path.write_text(
        "\ufeffinstruction,left_record_id,right_record_id,identifier_type,identifier_value,reason\n"
        "must_link,a,b,,,one card\ncannot_link,c,e,,,\nblock_value,,,email,info@shop.example,\n"
        "must_link,b,a,,,the same again\n"
    )
    ask(world, "load", str(path), "--by", "desk")
    names = "instruction, left_record_id, identifier_value, reason, created_by"
    assert sorted(stored(world, names)[1:], key=repr) == [
        ("block_value", None, "info@shop.example", None, "desk"),
        ("cannot_link", "c", None, None, "desk"),
        ("must_link", "a", None, "one card", "desk"),
    ]


def test_a_write_that_fails_halfway_leaves_nothing(world: StateWorld) -> None:
    rows = [
        {"override_id": "good", "instruction": "must_link"},
        {"override_id": "bad", "instruction": "must_link", "valid_until": "no time"},
    ]
    added = pd.DataFrame(rows).reindex(columns=list(OVERRIDE_COLUMNS))
    change = Change(added, ("kept",), "kim", pd.Timestamp("2026-03-02"))
    with pytest.raises(InputDataError, match="nothing was"):
        write_change(duckdb_target(world.folder), change)
    assert stored(world, "override_id, withdrawn_by") == [("kept", None)]


def test_a_state_that_another_process_writes_is_left_alone(world: StateWorld) -> None:
    code = f"import duckdb, sys; c = duckdb.connect({str(world.state)!r}); print(1, flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{code}; sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert "is in use by another process" in ask(world, "must-link", "a", "b", code=5)
        process.communicate()


def test_an_older_state_and_a_server_out_of_reach_are_named(
    world: StateWorld,
) -> None:
    world.execute("alter table identity_overrides drop column withdrawn_at")
    assert "run `dbt build --target dev` first" in ask(world, "must-link", "a", "b", code=3)
    profile = yaml.safe_load((world.folder / "profiles.yml").read_text())
    profile["warehouse_cdp"]["outputs"]["pg"] = {
        "type": "pgpython", "host": str(world.folder), "user": "me", "dbname": "x", "schema": "y",
        "hash_key": "never-shown",
    }  # fmt: skip
    (world.folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    said = ask(world, "must-link", "a", "b", "--dry-run", "--target", "pg", code=2)
    assert "cannot be reached" in said
    assert "never-shown" not in said


def test_a_dry_run_of_a_half_built_warehouse_says_so_and_leaves_nothing(
    world: StateWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    said = ask(world, "must-link", "a", "b", "--dry-run", code=3)
    assert "is not built as far as it takes to compare" in said
    full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    said = ask(world, "must-link", "a", "b", "--dry-run", code=3)
    assert "set TMPDIR to a larger disk" in said
    assert list(temporary.iterdir()) == []
    assert stored(world, "override_id") == [("kept",)]
    # Nothing to change: nothing is built, however little room there is.
    assert "kept is so already" in ask(world, "cannot-link", "a", "d", "--dry-run")


def test_a_copy_holds_what_is_still_in_the_log_and_no_secret(world: StateWorld) -> None:
    with duckdb.connect(str(world.state)) as connection:
        connection.execute("pragma disable_checkpoint_on_shutdown")
        connection.execute("insert into dev.identity_overrides (override_id) values ('late')")
    assert world.state.with_name("cdp_state.duckdb.wal").exists()
    other = world.folder / "crm.duckdb"
    duckdb.connect(str(other)).close()
    profile = yaml.safe_load((world.folder / "profiles.yml").read_text())
    profile["warehouse_cdp"]["outputs"]["dev"]["attach"].append(
        {"path": "crm.duckdb", "alias": "c"}
    )
    (world.folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    with scratch_copy(duckdb_target(world.folder)) as scratch:
        with duckdb.connect(str(scratch.target.state), read_only=True) as connection:
            assert connection.execute("select count(*) from dev.identity_overrides").fetchall() == [
                (2,)
            ]
        written = yaml.safe_load((scratch.folder / "profiles.yml").read_text())
        output = written["warehouse_cdp"]["outputs"]["dev"]
        assert output["plugins"][0]["config"]["hash_key"].startswith("{{ env_var('CDP_HASH_KEY'")
        assert output["attach"] == [
            {"path": str(scratch.target.state), "alias": "cdp_state"},
            {"path": str(other), "alias": "c", "read_only": True},
        ]
        assert scratch.folder.stat().st_mode & 0o777 == 0o700
    assert not scratch.folder.exists()


def test_what_becomes_of_ids_is_told_apart(world: StateWorld) -> None:
    target = duckdb_target(world.folder)
    with duckdb.connect(str(world.folder / "cdp.duckdb")) as connection:
        connection.execute("create schema cdp_before")
        for schema, ids in (("cdp_before", "kkkllmnn"), ("dev_identity", "kkolllmn")):
            connection.execute(
                f"create or replace table {schema}.identity_map as select unnest(range(8)) as "
                f"record_id, unnest(string_split('{'.'.join(ids)}', '.')) as customer_id"
            )
    world.execute(
        "update identity_assignments set customer_id = 'o' where run_number = 2",
    )
    with open_warehouse(target) as connection:
        found = identity_moves(connection, target, "cdp_before")
    assert (found.created, found.retired) == (("o",), ())
    assert found.split == (Split("k", "o", 1, is_regained=True),)
    assert found.moved == (Moved("m", "l", 1), Moved("n", "m", 1))
    assert found.merged == ()
    assert (found.record_count, found.record_count_before) == (3, 8)


def test_a_dry_run_is_told_in_ids_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    moves = IdentityMoves(
        4, 6267, 2411, 2412, ("n1",), ("r1",), (Merged("r1", "k1", 1),),
        tuple(Split("k2", f"n{number}", 2, is_regained=number == 0) for number in range(11)),
        (Moved("k3", "k4", 1),),
    )  # fmt: skip
    print_blast_radius(
        BlastRadius(
            moves,
            {"email": 2},
            3,
            (SegmentChange("seg_high_value", 1, 0, 9),),
            (SyncChange("sync_email__contacts", 1, 2, 3, "too many"),),
            ("ids",),
            5,
            "2026-06-30 06:00:00",
        ),
        2,
        1,
    )
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        line.split()
        for line in (
            "dry run: would record 2 and withdraw 1; nothing was written",
            "built on a copy of the build of 2026-06-30 06:00:00",
            "with 5 more recorded or withdrawn since that build",
            "ids",
            "4 of 6,267 records change their customer; customers 2,411 -> 2,412",
            "1 begin, 1 end",
            "merged r1 into k1 1 records",
            "split k2 gives back n0 2 records",
            *(f"split k2 gives n{number} 2 records" for number in range(1, 9)),
            "… 3 more: --json lists all",
            "golden fields",
            "of 3 customers who stay",
            "email 2",
            "segments",
            "seg_high_value 1 enter 0 leave",
            "syncs",
            "sync_email__contacts 1 added 2 changed 3 removed",
            "refused unasked: ids",
            "refused unasked: sync_email__contacts: too many",
        )
    ]


def test_what_a_build_would_refuse_is_said(world: StateWorld) -> None:
    project = {"profile": "warehouse_cdp", "vars": {"segment_max_shrink_share": 0.5}}
    (world.folder / "dbt_project.yml").write_text(yaml.safe_dump(project))
    segments = (SegmentChange("seg_a", 0, 6, 10), SegmentChange("seg_b", 9, 5, 10))
    (said,) = segment_limits(duckdb_target(world.folder), segments)
    assert said.startswith("seg_a loses 6 of 10 members (segment_max_shrink_share is 50.0%)")
    moves = IdentityMoves(11, 100, 50, 49, (), (), (), (), ())
    limits = {"meta": {"limits": {"max_ids_changed_share": "0.1"}}}
    node = {"resource_type": "model", "name": "identity_assignments", "config": limits}
    (told,) = id_limits({"nodes": {"one": node}}, moves)
    assert "11 of 100 records change their customer (11.0%" in told
    node["config"] = {"meta": {"limits": {"max_ids_changed_share": "0.2"}}}
    assert list(id_limits({"nodes": {"one": node}}, moves)) == []

"""What a run sends, why, and what it remembers, for each thing that can become of a customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sync_worlds import HASH_KEY, MemoryDestination, Person, World, people
from warehouse_cdp.errors import (
    DestinationUnauthorisedError,
    DestinationUnavailableError,
)
from warehouse_cdp.privacy import tombstone

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse_cdp.activation.protocol import Mode, OnLeave


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, people(7))


def reasons(world: World) -> dict[str, tuple[str, str, str]]:
    """What the last run logged, by key."""
    rows = world.state(
        "select sync_key, operation, reason, status from sync_log "
        "where run_id = (select max(run_id) from sync_log) order by sync_key"
    )
    return {key: (operation, reason, status) for key, operation, reason, status in rows}


def test_each_row_is_sent_once_and_then_only_what_changed(world: World) -> None:
    first = world.sync()
    assert (first.status, first.plan.counts.added) == ("succeeded", 7)
    assert [len(batch.rows) for batch in world.destination.batches] == [3, 3, 1]
    assert world.there == world.wanted
    assert world.sync().status == "unchanged"
    assert len(world.destination.batches) == 3
    world.people["cus_1"].score = 99
    del world.people["cus_2"]
    third = world.sync()
    assert (third.plan.counts.changed, third.plan.counts.removed) == (1, 1)
    assert world.there == world.wanted
    assert reasons(world) == {
        "cus_1": ("change", "data", "acknowledged"),
        "cus_2": ("remove", "suppressed", "acknowledged"),
    }
    changed = world.state("select changed_columns from sync_log where reason = 'data' "
                          "and operation = 'change'")  # fmt: skip
    assert changed == [("score",)]


def test_the_run_counts_what_it_planned_tried_and_got_done(world: World) -> None:
    world.destination.rejects = {"cus_3"}
    assert world.sync().status == "partial"
    counted = world.state(
        "select planned_add_count, attempted_add_count, succeeded_add_count, failed_add_count, "
        "status, batch_count from sync_runs"
    )
    assert counted == [(7, 7, 6, 1, "partial", 3)]


@pytest.mark.parametrize(
    ("change", "reason", "is_privacy"),
    [
        ({"is_in_model": False}, "left", False),
        ({"holdback_reason": "test_account"}, "test_account", False),
        ({"holdback_reason": "withdrawn"}, "withdrawn", True),
        ({"holdback_reason": "open_erasure"}, "open_erasure", True),
        ({"is_granted": False}, "not_granted", True),
        ({"is_granted": False, "is_in_model": False}, "not_granted", True),
        ({"is_erased": True}, "suppressed", True),
    ],
)
def test_who_leaves_is_removed_for_the_reason_they_left(
    world: World,
    change: dict[str, Any],
    reason: str,
    is_privacy: bool,  # noqa: FBT001 - a parameter of the cases
) -> None:
    world.sync()
    world.people["cus_4"] = replace(world.people["cus_4"], **change)
    report = world.sync()
    assert reasons(world) == {"cus_4": ("remove", reason, "acknowledged")}
    assert report.plan.counts.removed_for_privacy == int(is_privacy)
    assert world.there == world.wanted
    assert world.state("select count(*) from sync_state where sync_key = 'cus_4'") == [(0,)]


def test_who_is_in_the_model_without_a_grant_was_never_sent(world: World) -> None:
    world.people["cus_1"].is_granted = False
    report = world.sync()
    assert dict(report.plan.held_back) == {"not_granted": 1}
    assert "cus_1" not in world.destination.rows


def test_a_row_whose_address_is_not_the_granted_one_is_not_sent(world: World) -> None:
    world.build()
    with __import__("duckdb").connect(str(world.target.warehouse)) as connection:
        connection.execute("update act set email = 'other@x.test' where customer_id = 'cus_0'")
    assert world.sync(build=False).plan.counts.added == 6
    assert "cus_0" not in world.destination.rows


def test_the_address_of_an_erased_person_never_leaves(world: World) -> None:
    hashed = tombstone("email", "p5@x.test", HASH_KEY)
    world.change_state(
        "insert into suppressed_identifiers (identifier_type, identifier_hash) "
        f"values ('email', '{hashed}')"
    )
    report = world.sync()
    assert report.tally.superseded == 1
    assert sorted(world.destination.rows) == sorted({*world.people} - {"cus_5"})


def test_a_row_without_a_key_or_with_one_that_stands_twice_is_not_sent(world: World) -> None:
    world.build()
    with __import__("duckdb").connect(str(world.target.warehouse)) as connection:
        connection.execute("insert into act values (null, 'p1@x.test', 1), ('', 'p1@x.test', 1)")
        connection.execute("insert into act values ('cus_6', 'p6@x.test', 7)")
        connection.execute("insert into candidates values ('', null, 'p1@x.test')")
    report = world.sync(build=False)
    assert (report.plan.counts.added, report.plan.counts.invalid) == (6, 3)
    assert "cus_6" not in world.destination.rows


def test_a_merge_is_no_new_customer_to_the_destination(world: World) -> None:
    world.sync()
    world.people["cus_new"] = Person("p3@x.test", 33)
    world.people["cus_3"].merged_into = "cus_new"
    report = world.sync()
    assert (report.plan.counts.added, report.plan.counts.changed) == (0, 1)
    assert report.plan.counts.removed == 0
    assert world.destination.rows["cus_3"]["score"] == 33
    assert "cus_new" not in world.destination.rows
    assert world.there == world.wanted
    kept = world.state("select destination_id from sync_state where sync_key = 'cus_new'")
    assert kept == [("d-cus_3",)]
    assert world.sync().status == "unchanged"
    world.people["cus_new"].is_granted = False
    world.sync()
    assert "cus_3" not in world.destination.rows


def test_of_two_customers_that_are_there_the_merged_one_goes(world: World) -> None:
    world.sync()
    world.people["cus_3"].merged_into = "cus_4"
    world.people["cus_4"].score = 44
    report = world.sync()
    assert (report.plan.counts.changed, report.plan.counts.removed) == (1, 1)
    assert reasons(world)["cus_3"] == ("remove", "merged", "acknowledged")
    assert world.there == world.wanted


def test_who_was_separated_is_said_to_be(world: World) -> None:
    world.sync()
    world.people["cus_apart"] = Person("apart@x.test", split_from="cus_2")
    world.sync()
    assert reasons(world) == {"cus_apart": ("add", "split", "acknowledged")}


def test_another_mapping_sends_again_and_removes_nobody(world: World) -> None:
    world.sync()
    world.config = replace(world.config, columns=world.config.columns[:2])
    report = world.sync()
    assert (report.plan.counts.changed, report.plan.counts.removed) == (7, 0)
    assert {reason for _, reason, _ in reasons(world).values()} == {"mapping"}
    world.config = replace(world.config, hash_rules_version="2")
    world.sync()
    assert {reason for _, reason, _ in reasons(world).values()} == {"hash_rules"}


@pytest.mark.parametrize(
    ("mode", "on_leave", "there"),
    [
        ("upsert", "keep", {"a": "new", "b": "left", "d": "new"}),
        ("upsert", "delete", {"a": "new", "d": "new"}),
        ("insert", "keep", {"a": "old", "b": "left", "d": "new"}),
        ("append", "keep", {"a": "old", "b": "left", "d": "new"}),
        ("update", "keep", {"a": "new", "b": "left", "d": "new"}),
        ("audience", "remove_from_list", {"a": "new", "d": "new"}),
        ("mirror", "clear_fields", {"a": "new", "b": None, "d": "new"}),
    ],
)
def test_each_mode_sends_what_it_says(
    tmp_path: Path, mode: Mode, on_leave: OnLeave, there: dict[str, str | None]
) -> None:
    world = World(tmp_path, {"a": Person("old"), "b": Person("left"), "c": Person("gone")})
    world.config = replace(world.config, mode=mode, on_leave=on_leave)
    world.sync()
    world.people["a"].email = "new"
    world.people["b"].is_in_model = False
    world.people["c"].is_granted = False  # in every mode
    world.people["d"] = Person("new")
    world.sync()
    found = {key: row["email_address"] for key, row in world.destination.rows.items()}
    assert found == there
    assert world.sync().status == "unchanged"


def test_a_rejected_row_rests_longer_each_time_and_is_set_aside_at_last(world: World) -> None:
    world.destination.rejects = {"cus_3"}
    tried = []
    for hours in (0, 0, 0.1, 0.2, 1, 1, 4, 16, 64, 64, 640):
        world.now += timedelta(hours=hours)
        report = world.sync()
        tried.append(report.plan.counts.added > 0)
    assert tried == [True, True, False, True, True, False, True, True, True, False, False]
    status = world.state("select status, attempt_count, error_code from sync_outbox")
    assert status == [("set_aside", 7, "422")]
    world.destination.rejects = set()
    assert world.sync().plan.counts.waiting == 1
    world.people["cus_3"].score = 1000  # another content is another row
    assert world.sync().status == "succeeded"
    assert world.state("from sync_outbox") == []


def test_a_removal_that_is_rejected_is_never_set_aside(world: World) -> None:
    world.sync()
    world.people["cus_3"].is_granted = False
    world.destination.rejects = {"cus_3"}
    for _ in range(9):
        world.now += timedelta(hours=100)
        world.sync()
    assert world.state("select status, attempt_count from sync_outbox") == [("rejected", 9)]


def test_a_batch_that_is_refused_is_halved_until_the_bad_row_is_alone(tmp_path: Path) -> None:
    world = World(tmp_path, people(64), config=replace(World.config, batch_rows=64))
    world.destination.poison = {"cus_17"}
    report = world.sync()
    assert sum(report.tally.succeeded.values()) == 63
    assert len(world.destination.batches) <= 2 * 6 + 1
    numbers = [batch.number for batch in world.destination.batches]
    assert len(set(numbers)) == len(numbers)
    refused = world.state("select sync_key, error_class, error_code from sync_outbox")
    assert refused == [("cus_17", "refused", "bad_request")]


def test_a_destination_that_refuses_everything_is_not_hammered(tmp_path: Path) -> None:
    world = World(tmp_path, people(200), config=replace(World.config, batch_rows=100))
    world.destination.poison = set(world.people)
    report = world.sync()
    assert (report.status, report.blocked_by) == ("blocked", "rejects")
    assert len(world.destination.batches) < 60
    assert world.state("select count(*) from sync_state") == [(0,)]


def test_rows_without_an_answer_are_in_doubt_and_sent_again_under_their_keys(
    world: World,
) -> None:
    world.destination.loses_answers = True
    assert world.sync().status == "partial"
    assert world.state("select count(*) from sync_state") == [(0,)]
    world.destination.loses_answers = False
    sent = [row.idempotency_key for batch in world.destination.batches for row in batch.rows]
    del world.destination.batches[:]
    assert world.sync().plan.counts.added == 7
    again = [row.idempotency_key for batch in world.destination.batches for row in batch.rows]
    assert again == sent
    assert world.there == world.wanted


def test_who_may_have_arrived_without_an_answer_is_taken_away_when_unwanted(world: World) -> None:
    """The row was applied, its answer lost, and then the person withdrew."""

    class Applies(MemoryDestination):
        def deliver(self, batch):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            super().deliver(batch)
            return {}

    world.destination = Applies()
    world.sync()
    assert "cus_2" in world.destination.rows
    world.people["cus_2"].is_granted = False
    world.destination = MemoryDestination(world.destination.rows)
    world.sync()
    removed = [
        row
        for batch in world.destination.batches
        for row in batch.rows
        if row.operation == "remove"
    ]
    assert [(row.key, row.remembered) for row in removed] == [("cus_2", {"hash": "h-cus_2"})]
    assert world.there == world.wanted


def test_a_change_that_went_back_while_its_answer_was_lost_is_sent_again(world: World) -> None:
    world.sync()
    world.people["cus_1"].score = 50
    world.destination.loses_answers = True
    world.sync()
    world.destination.loses_answers = False
    world.people["cus_1"].score = 1
    assert world.sync().plan.counts.changed == 1
    assert world.there == world.wanted
    assert world.sync().status == "unchanged"


def test_without_credentials_nothing_is_marked_and_nothing_more_is_sent(world: World) -> None:
    world.destination.fails = [DestinationUnauthorisedError("401")]
    world.destination.fails_after = 1
    report = world.sync()
    assert (report.status, len(world.destination.batches)) == ("partial", 2)
    assert isinstance(report.error, DestinationUnauthorisedError)
    assert world.state("select count(*) from sync_state") == [(3,)]
    assert world.state("from sync_outbox") == []
    assert world.sync().plan.counts.added == 4


def test_a_destination_that_is_down_leaves_the_rest_for_the_next_run(world: World) -> None:
    world.destination.fails = [DestinationUnavailableError("503")]
    report = world.sync()
    assert report.status == "failed"
    in_doubt = world.state("select count(*) from sync_outbox where status = 'in_doubt'")
    assert in_doubt == [(3,)]
    assert world.sync().status == "succeeded"
    assert world.there == world.wanted


def test_a_run_that_is_told_to_stop_stops_between_batches(world: World) -> None:
    report = world.sync(should_stop=lambda: len(world.destination.batches) >= 1)
    assert report.status == "interrupted"
    assert len(world.destination.rows) == 3
    assert world.sync().plan.counts.added == 4


def test_a_dry_run_says_what_would_change_and_writes_nothing(world: World) -> None:
    world.sync()
    world.people["cus_1"].score = 50
    world.people["cus_2"].email = "new@x.test"
    world.people["cus_3"].is_granted = False
    state = world.target.state.read_bytes()
    report = world.sync(is_dry_run=True)
    assert report.status == "planned"
    assert dict(report.changed_columns) == {"email_address": 1, "score": 1}
    assert [operation for operation, _ in report.sample] == ["change", "change", "remove"]
    assert [key for _, key in report.sample] == ["cus_1", "cus_2", "cus_3"]
    assert world.target.state.read_bytes() == state


def test_several_batches_are_under_way_at_once_and_no_answer_is_lost(tmp_path: Path) -> None:
    config = replace(World.config, batch_rows=5, concurrency=4)
    world = World(tmp_path, people(103), config=config)
    assert world.sync().status == "succeeded"
    assert world.there == world.wanted
    assert world.state("select count(*) from sync_state") == [(103,)]


def test_a_batch_holds_no_more_bytes_than_it_may(tmp_path: Path) -> None:
    world = World(
        tmp_path, people(20), config=replace(World.config, batch_rows=20, batch_bytes=600)
    )
    world.sync()
    assert 1 < len(world.destination.batches) < 20
    assert world.there == world.wanted

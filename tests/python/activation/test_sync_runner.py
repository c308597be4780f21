"""One run: guards, dry runs, rows that fail, a destination that fails."""

from __future__ import annotations

import pytest

from sync_worlds import (
    CONFIG,
    MemoryDestination,
    context,
    source_of,
    with_guards,
    world,
)
from warehouse_cdp.activation import run_sync
from warehouse_cdp.errors import DestinationError

TEN = {f"cus_{n}": f"{n}@x.test" for n in range(10)}


def test_a_dry_run_writes_nothing_and_counts_the_same() -> None:
    store, destination = world(TEN, {"cus_x": "no_consent"}), MemoryDestination()
    dry = run_sync(CONFIG, store, destination, context(is_dry_run=True))
    assert (store.state, store.runs, store.log, destination.deliveries) == ({}, [], [], 0)
    wet = run_sync(CONFIG, store, destination, context())
    assert dry.status == "planned"
    assert dry.plan.counts == wet.plan.counts
    assert dry.plan.held_back == wet.plan.held_back == (("no_consent", 1),)


def test_an_empty_model_removes_nobody() -> None:
    store, destination = world(TEN), MemoryDestination()
    run_sync(CONFIG, store, destination, context())
    store.source = source_of({})
    report = run_sync(with_guards(1.0), store, destination, context())
    assert report.status == "blocked"
    assert report.blocked_because is not None
    assert "min_source_rows" in report.blocked_because
    assert len(destination.rows) == len(store.state) == 10


@pytest.mark.parametrize(("left", "status"), [(2, "succeeded"), (3, "blocked")])
def test_more_removals_than_the_share_allows_are_blocked(left: int, status: str) -> None:
    store, destination = world(TEN), MemoryDestination()
    run_sync(CONFIG, store, destination, context())
    store.source = source_of({key: TEN[key] for key in list(TEN)[left:]})
    report = run_sync(with_guards(0.2), store, destination, context())
    assert report.status == status
    assert len(destination.rows) == (10 - left if status == "succeeded" else 10)


def test_the_user_may_allow_removals_for_one_run() -> None:
    store, destination = world(TEN), MemoryDestination()
    run_sync(CONFIG, store, destination, context())
    store.source = source_of({})
    report = run_sync(with_guards(0.1), store, destination, context(allow_removals=True))
    assert report.status == "succeeded"
    assert destination.rows == {}


def test_no_guard_stops_removals_for_want_of_consent() -> None:
    store, destination = world(TEN), MemoryDestination()
    run_sync(CONFIG, store, destination, context())
    everyone = dict.fromkeys(TEN, "withdrawn")
    store.source, store.candidates = source_of({}), world({}, everyone).candidates
    report = run_sync(with_guards(0.0, 1000), store, destination, context())
    assert report.status == "succeeded"
    assert destination.rows == {}
    assert store.state == {}


def test_a_blocked_run_still_removes_who_withdrew_and_nothing_else() -> None:
    store, destination = world(TEN), MemoryDestination()
    run_sync(CONFIG, store, destination, context())
    later = world({"cus_9": "new@x.test"}, {"cus_0": "withdrawn"})
    store.source, store.candidates = later.source, later.candidates
    report = run_sync(with_guards(0.2), store, destination, context())
    assert report.status == "blocked"
    assert sorted(destination.rows) == sorted(set(TEN) - {"cus_0"})
    assert destination.rows["cus_9"]["email_address"] == "9@x.test"
    assert store.runs[-1].error_code == "guard"


def test_a_rejected_row_is_sent_again_although_its_source_did_not_change() -> None:
    store = world({"cus_1": "a", "cus_2": "b"})
    destination = MemoryDestination(rejects=frozenset({"cus_2"}))
    report = run_sync(CONFIG, store, destination, context())
    assert (report.status, report.rejected_count) == ("partial", 1)
    assert list(store.state) == ["cus_1"]
    destination.rejects = frozenset()
    assert run_sync(CONFIG, store, destination, context()).plan.counts.added == 1
    assert sorted(store.state) == ["cus_1", "cus_2"]


def test_a_row_without_an_answer_does_not_count_as_delivered() -> None:
    store = world({"cus_1": "a"})
    destination = MemoryDestination(silent_about=frozenset({"cus_1"}))
    assert run_sync(CONFIG, store, destination, context()).status == "partial"
    assert store.state == {}
    assert store.log[0]["error_code"] == "no_answer"


def test_a_destination_that_is_down_changes_no_state_and_is_recorded() -> None:
    store, destination = world({"cus_1": "a"}), MemoryDestination(is_down=True)
    with pytest.raises(DestinationError):
        run_sync(CONFIG, store, destination, context())
    assert (store.state, store.log) == ({}, [])
    assert [run.status for run in store.runs] == ["failed"]


def test_a_destination_that_lost_everything_gets_everything_again() -> None:
    store, destination = world({"cus_1": "a", "cus_2": "b"}), MemoryDestination()
    run_sync(CONFIG, store, destination, context())
    destination.rows.clear()
    destination.is_lost = True
    report = run_sync(CONFIG, store, destination, context())
    assert report.plan.counts.changed == 2
    assert set(report.plan.changes["reason"]) == {"resend"}
    assert len(destination.rows) == 2


def test_the_log_holds_no_payload() -> None:
    store, destination = world({"cus_1": "canary@x.test"}), MemoryDestination()
    run_sync(CONFIG, store, destination, context())
    assert "canary" not in repr(store.log)

"""What a plan must hold, for any people, any state and any order of rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_worlds import (
    CONFIG,
    HASH_KEY,
    MemoryDestination,
    candidates_of,
    context,
    empty_state,
    source_of,
    standings_of,
    with_guards,
    world,
)
from warehouse_cdp.activation import PlanInput, SyncPlan, build_plan, run_sync
from warehouse_cdp.activation.plan import PRIVACY_REASONS

if TYPE_CHECKING:
    from warehouse_cdp.activation.config import Mode

EMAILS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
NOBODY = standings_of({})
PEOPLE = st.dictionaries(st.sampled_from([f"cus_{n}" for n in range(12)]), EMAILS, max_size=12)


def plan_of(people: dict[str, str], reasons: dict[str, str | None] | None = None) -> SyncPlan:
    allowed: dict[str, str | None] = dict.fromkeys(people)
    candidates = candidates_of({**allowed, **(reasons or {})})
    return build_plan(
        CONFIG, PlanInput(source_of(people), candidates, empty_state(), NOBODY), HASH_KEY
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(PEOPLE, min_size=1, max_size=4))
def test_after_any_history_of_runs_the_destination_is_the_source(
    history: list[dict[str, str]],
) -> None:
    destination = MemoryDestination()
    store = world({})
    for people in history:
        store.source, store.candidates = world(people).source, world(people).candidates
        run_sync(CONFIG, store, destination, context())
        assert destination.rows == {
            key: {"id": key, "email_address": email} for key, email in people.items()
        }
        assert set(store.state) == set(people)
        again = run_sync(CONFIG, store, destination, context())
        assert again.status == "unchanged"
        assert again.plan.counts.unchanged == len(people)


@settings(max_examples=60, deadline=None)
@given(PEOPLE, st.data())
def test_one_more_denial_never_adds_a_row(people: dict[str, str], data: st.DataObject) -> None:
    denied = data.draw(st.sets(st.sampled_from(sorted(people)))) if people else set()
    before, after = plan_of(people), plan_of(people, dict.fromkeys(denied, "withdrawn"))
    assert set(after.contents.index) == set(before.contents.index) - denied
    assert after.counts.held_back == len(denied)


@settings(max_examples=40, deadline=None)
@given(PEOPLE, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(people: dict[str, str], dice: object) -> None:
    rows = list(people.items())
    dice.shuffle(rows)  # type: ignore[attr-defined]
    shuffled = plan_of(dict(rows))
    straight = plan_of(dict(sorted(people.items())))
    pd.testing.assert_frame_equal(shuffled.changes, straight.changes)
    pd.testing.assert_frame_equal(shuffled.contents, straight.contents)


def test_missing_and_doubled_keys_are_counted_and_never_sent() -> None:
    source = source_of([("cus_1", "a"), ("cus_2", "b"), ("cus_2", "c"), (None, "d"), ("", "e")])
    candidates = candidates_of({"cus_1": None, "cus_2": None})
    plan = build_plan(CONFIG, PlanInput(source, candidates, empty_state(), NOBODY), HASH_KEY)
    assert list(plan.contents.index) == ["cus_1"]
    assert plan.counts.invalid == 4
    assert plan.counts.source == 5


def test_a_row_that_the_candidates_do_not_know_is_not_sent() -> None:
    candidates = candidates_of({"cus_1": None})
    source = source_of({"cus_1": "a", "cus_2": "b"})
    plan = build_plan(CONFIG, PlanInput(source, candidates, empty_state(), NOBODY), HASH_KEY)
    assert list(plan.contents.index) == ["cus_1"]
    assert plan.held_back == (("no_decision", 1),)


def test_a_key_that_is_both_allowed_and_held_back_is_held_back() -> None:
    twice = pd.concat([candidates_of({"cus_1": None}), candidates_of({"cus_1": "denied"})])
    plan = build_plan(
        CONFIG, PlanInput(source_of({"cus_1": "a"}), twice, empty_state(), NOBODY), HASH_KEY
    )
    assert plan.contents.empty


def test_a_withdrawal_removes_what_was_sent_and_says_why() -> None:
    store, destination = world({"cus_1": "a", "cus_2": "b"}), MemoryDestination()
    run_sync(CONFIG, store, destination, context())
    later = world({"cus_2": "b"}, {"cus_1": "withdrawn"})
    store.source, store.candidates = later.source, later.candidates
    report = run_sync(CONFIG, store, destination, context())
    assert report.plan.counts.removed_for_privacy == 1
    assert list(destination.rows) == ["cus_2"]
    assert store.log[-1]["operation"] == "remove"
    assert store.log[-1]["reason"] == "withdrawn"


def test_an_upsert_keeps_who_only_left_and_removes_who_withdrew() -> None:
    config = replace(CONFIG, mode="upsert")
    store, destination = world({"cus_1": "a", "cus_2": "b", "cus_3": "c"}), MemoryDestination()
    run_sync(config, store, destination, context())
    later = world({"cus_3": "c"}, {"cus_2": "open_erasure"})
    store.source, store.candidates = later.source, later.candidates
    report = run_sync(config, store, destination, context())
    assert sorted(destination.rows) == ["cus_1", "cus_3"]
    assert report.plan.counts.kept == 1
    assert report.plan.counts.removed == 1


@pytest.mark.parametrize("mode", ["mirror", "upsert"])
@pytest.mark.parametrize(
    ("standings", "reason"),
    [
        ({"cus_1": "open_erasure", "cus_2": None}, "open_erasure"),
        ({"cus_1": "withdrawn", "cus_2": None}, "withdrawn"),
        ({"cus_2": None}, "suppressed"),
    ],
)
def test_who_is_no_candidate_any_more_and_may_not_be_dealt_with_is_removed_past_every_guard(
    mode: Mode, standings: dict[str, str | None], reason: str
) -> None:
    config = replace(with_guards(0.0), mode=mode)
    store, destination = world({"cus_1": "a", "cus_2": "b", "cus_3": "c"}), MemoryDestination()
    run_sync(config, store, destination, context())
    later = world({"cus_3": "c"})
    store.source, store.candidates = later.source, later.candidates
    store.standings = {**standings, "cus_3": None}
    report = run_sync(config, store, destination, context())
    assert report.status == ("blocked" if mode == "mirror" else "succeeded")
    assert sorted(destination.rows) == ["cus_2", "cus_3"]
    assert [(entry["sync_key"], entry["reason"]) for entry in store.log[3:]] == [("cus_1", reason)]


def test_a_test_account_and_a_merged_id_leave_as_data_which_guards_may_stop() -> None:
    store, destination = world({"cus_1": "a", "cus_2": "b"}), MemoryDestination()
    run_sync(CONFIG, store, destination, context())
    store.source, store.candidates = source_of({}), candidates_of({})
    store.standings = {"cus_1": "test_account", "cus_2": None}
    report = run_sync(with_guards(0.0, rows=0), store, destination, context())
    assert report.status == "blocked"
    assert sorted(destination.rows) == ["cus_1", "cus_2"]


def test_a_warehouse_that_knows_no_customer_at_all_removes_nobody() -> None:
    store, destination = world({"cus_1": "a"}), MemoryDestination()
    run_sync(CONFIG, store, destination, context())
    store.source, store.candidates = source_of({}), candidates_of({})
    assert run_sync(with_guards(1.0), store, destination, context()).status == "blocked"
    assert list(destination.rows) == ["cus_1"]


def test_a_new_column_that_is_not_mapped_sends_nothing_again() -> None:
    store, destination = world({"cus_1": "a"}), MemoryDestination()
    run_sync(CONFIG, store, destination, context())
    store.source = store.source.assign(lifetime_value=12)
    assert run_sync(CONFIG, store, destination, context()).status == "unchanged"
    assert destination.deliveries == 1


def test_a_renamed_column_is_sent_again_and_nothing_is_removed() -> None:
    store, destination = world({"cus_1": "a"}), MemoryDestination()
    run_sync(CONFIG, store, destination, context())
    renamed = replace(CONFIG.columns[1], target="mail")
    config = replace(CONFIG, columns=(CONFIG.columns[0], renamed))
    counts = run_sync(config, store, destination, context()).plan.counts
    assert (counts.added, counts.changed, counts.removed) == (0, 1, 0)


def test_reasons_of_a_person_are_those_that_no_guard_may_stop() -> None:
    assert {"withdrawn", "denied", "no_consent", "open_erasure", "suppressed"} == PRIVACY_REASONS

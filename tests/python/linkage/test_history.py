"""Rule 7: refusals, rolling back, and what old ids mean."""

from __future__ import annotations

import pandas as pd
import pytest

from linkage_worlds import CLOCK, ages, grouping
from warehouse_cdp.errors import StateRefusedError
from warehouse_cdp.linkage import (
    ChangeLimits,
    aliases,
    assign,
    check_change,
    current_map,
    no_assignments,
    rollback,
)

RECORDS = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]


def run(log: pd.DataFrame, run_id: str, *groups: str) -> pd.DataFrame:
    changes = assign(grouping(*groups), ages(RECORDS), log, run_id, CLOCK)
    return pd.concat([log, changes], ignore_index=True) if len(log) else changes


def first() -> pd.DataFrame:
    return run(no_assignments(), "run-1", "a b c", "d e", "f g h i j")


def test_the_first_run_is_never_refused() -> None:
    check_change(first(), no_assignments(), ChangeLimits(0.0, 0.0), 0)


def test_a_run_that_loses_too_many_records_is_refused_with_the_way_out() -> None:
    log = first()
    changes = assign(grouping("a b c", "d e"), ages(RECORDS), log, "run-2", CLOCK)
    with pytest.raises(StateRefusedError, match="5 of 10 person records are gone") as refusal:
        check_change(changes, log, ChangeLimits(0.4, 1.0), 1)
    assert "identity_allow_large_change: true" in str(refusal.value)
    check_change(changes, log, ChangeLimits(0.5, 1.0), 1)
    check_change(changes, log, ChangeLimits(0.0, 0.0, allow_large_change=True), 1)


def test_a_run_that_changes_too_many_ids_is_refused() -> None:
    log = first()
    changes = assign(grouping("a b c d e", "f g h i j"), ages(RECORDS), log, "run-2", CLOCK)
    with pytest.raises(StateRefusedError, match="2 of 10 person records would change"):
        check_change(changes, log, ChangeLimits(1.0, 0.1), 1)


def test_a_run_that_read_an_older_state_is_refused() -> None:
    with pytest.raises(StateRefusedError, match="read run 0, the newest is 1"):
        check_change(no_assignments(), first(), ChangeLimits(), 0)


def test_limits_understand_the_texts_of_dbt() -> None:
    limits = ChangeLimits.from_mapping(
        {
            "max_records_lost_share": "0.2",
            "max_ids_changed_share": 0.3,
            "allow_large_change": "True",
        }
    )
    assert limits == ChangeLimits(0.2, 0.3, allow_large_change=True)


def test_rolling_back_a_run_restores_the_map_and_deletes_nothing() -> None:
    log = first()
    merged = run(log, "run-2", "a b c d e", "f g h i")
    undone = rollback(merged, "run-2", "undo", CLOCK)
    after = pd.concat([merged, undone], ignore_index=True)
    pd.testing.assert_frame_equal(current_map(after), current_map(log))
    assert aliases(after).empty
    assert set(undone["change_type"]) == {"rolled_back"}
    again = rollback(after, "undo", "redo", CLOCK)
    redone = pd.concat([after, again], ignore_index=True)
    pd.testing.assert_frame_equal(current_map(redone), current_map(merged))


def test_an_unknown_run_and_one_that_was_built_upon_are_not_rolled_back() -> None:
    log = run(run(first(), "run-2", "a b c d e", "f g h i j"), "run-3", "a b c", "d e", "f g h i j")
    with pytest.raises(StateRefusedError, match="no run 'nope'"):
        rollback(log, "nope", "undo", CLOCK)
    with pytest.raises(StateRefusedError, match="changed again by run-3"):
        rollback(log, "run-2", "undo", CLOCK)


def test_an_id_whose_records_are_all_gone_resolves_to_nothing() -> None:
    log = run(first(), "run-2", "a b c", "f g h i j")
    gone = aliases(log)
    assert len(gone) == 1
    assert gone["resolved_customer_id"].isna().all()

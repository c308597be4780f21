"""Salesforce: every row's own result counts, whatever the job as a whole says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conformance import Engine
from http_kits import SalesforceKit
from stub_salesforce import FIELD
from warehouse_cdp.destinations.salesforce import SalesforceType, outcomes_of
from warehouse_cdp.errors import DestinationUnauthorisedError, DestinationUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[SalesforceKit]:
    made = SalesforceKit(tmp_path)
    yield made
    made.close()
    assert made.stub.violations == []


def test_rows_not_worked_on_and_locked_ones_are_sent_again(kit: SalesforceKit) -> None:
    kit.stub.unprocessed = {"b"}
    kit.stub.errors = {
        "c": "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access:--",
        "d": "DUPLICATES_DETECTED:canary@x.test is there:--",
    }
    engine = Engine(kit, kit.open())
    outcomes = engine.write("a", "b", "c", "d")
    engine.destination.close()
    assert {key: (one.status, one.error_code) for key, one in outcomes.items()} == {
        "a": ("acknowledged", None),
        "b": ("retry", "unprocessed"),
        "c": ("retry", "UNABLE_TO_LOCK_ROW"),
        "d": ("rejected", "DUPLICATES_DETECTED"),
    }


def test_results_of_no_row_of_ours_count_for_nothing() -> None:
    results = {
        "successfulResults": [{"sf__Id": "003", FIELD: "zz"}, {}],
        "failedResults": [{"sf__Error": "no code here, but canary@x.test", FIELD: "b"}],
    }
    found = outcomes_of({"a": "a", "b": "b"}, FIELD, results)
    assert set(found) == {"b"}
    assert found["b"].error_code == "rejected"


def test_null_clears_and_a_line_break_stays(kit: SalesforceKit) -> None:
    engine = Engine(kit, kit.open())
    engine.write("a")
    kit.poison = lambda key: {  # type: ignore[method-assign]
        FIELD: key, "Email": None, "FirstName": 'Ada,\n"A" \u2028',
    }  # fmt: skip
    engine.write("a", poisoned=["a"])
    engine.destination.close()
    assert kit.held() == {"a": {"FirstName": 'Ada,\n"A" \u2028'}}


def test_a_text_that_is_none_is_one_row_refused(kit: SalesforceKit) -> None:
    engine = Engine(kit, kit.open())
    kit.poison = lambda key: {**kit.values(key, 1), "FirstName": "\udc80"}  # type: ignore[method-assign]
    outcomes = engine.write("a", "b", poisoned=["b"])
    engine.destination.close()
    assert (outcomes["a"].status, outcomes["b"].error_code) == ("acknowledged", "not_text")


def test_a_long_job_is_waited_for_and_its_pages_are_read(kit: SalesforceKit) -> None:
    kit.stub.looks_until_done = 6
    kit.stub.page = 2
    engine = Engine(kit, kit.open())
    outcomes = engine.write("a", "b", "c", "d", "e")
    assert {one.status for one in outcomes.values()} == {"acknowledged"}
    assert kit.time.slept == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    kit.stub.looks_until_done = 10_000
    with pytest.raises(DestinationUnavailableError, match="within an hour"):
        engine.write("f")
    engine.destination.close()


def test_a_session_that_ended_is_begun_anew(kit: SalesforceKit) -> None:
    engine = Engine(kit, kit.open())
    engine.write("a")
    kit.stub.tokens += 1  # the token in hand is not the last any more
    assert engine.write("b")["b"].status == "acknowledged"
    engine.destination.close()
    assert kit.stub.tokens == 3


@pytest.mark.parametrize("state", ["Failed", "Aborted"])
def test_a_job_that_failed_before_any_row_stops_the_run(kit: SalesforceKit, state: str) -> None:
    kit.stub.final_state = state
    engine = Engine(kit, kit.open())
    with pytest.raises(DestinationUnauthorisedError, match=state):
        engine.write("a", "b")
    engine.destination.close()
    assert len(kit.stub.jobs) == 1


def test_a_wrong_object_or_app_is_told_without_secrets(kit: SalesforceKit) -> None:
    engine = Engine(kit, kit.open(object="Kontact"))
    with pytest.raises(DestinationUnauthorisedError, match="INVALIDENTITY"):
        engine.write("a")
    engine.destination.close()
    opening = replace(kit.opening(), secrets={"client_id": "x", "client_secret": "canary"})
    destination = SalesforceType(kit.wire).open(opening)
    with pytest.raises(DestinationUnauthorisedError, match="invalid_client") as caught:
        destination.identity()
    destination.close()
    assert "canary" not in str(caught.value)
    assert SalesforceType().problems(
        {"instance_url": "x", "object": "a b", "api_version": "64"}, "upsert"
    )


def test_cleared_fields_leave_the_record(kit: SalesforceKit) -> None:
    engine = Engine(kit, kit.open())
    engine.write("a")
    engine.remove("a", on_leave="clear_fields")
    assert kit.held() == {"a": {}}
    assert engine.destination.identity() == "salesforce:00Dxx0000001gPL:Contact"
    engine.destination.close()

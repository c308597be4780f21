"""HubSpot: whatever a 207 says, no row counts as taken that it does not name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from conformance import KEY, Engine
from http_kits import HubSpotKit
from stub_hubspot import TOKEN, HubSpotStub
from stub_server import Exchange
from vendor_contracts import needs_contracts
from warehouse_cdp.activation.protocol import Row
from warehouse_cdp.destinations.hubspot import outcomes_of
from warehouse_cdp.errors import ConfigurationError, DestinationUnauthorisedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = tuple(Row(f"k{n}", "add", "data", f"trace-{n}", {KEY: f"k{n}"}) for n in range(4))


def result(n: int, *, has_trace: bool = True) -> dict[str, Any]:
    said: dict[str, Any] = {"id": str(100 + n), "properties": {KEY: f"k{n}"}}
    return {**said, "objectWriteTraceId": f"trace-{n}"} if has_trace else said


def error(*context: str, category: str = "VALIDATION_ERROR") -> dict[str, Any]:
    return {
        "category": category,
        "message": "canary",
        "context": {"objectWriteTraceId": list(context)},
    }


def statuses(said: dict[str, Any]) -> list[str]:
    return [one.status for one in outcomes_of(ROWS, KEY, said).values()]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"results": [result(n) for n in range(4)]}, ["acknowledged"] * 4),
        ({"results": [result(n, has_trace=False) for n in range(4)]}, ["acknowledged"] * 4),
        ({"results": [result(0)], "errors": [error("trace-1")]},
         ["acknowledged", "rejected", "retry", "retry"]),
        ({"results": [result(0)], "errors": [error("trace-9")]},
         ["acknowledged", "retry", "retry", "retry"]),
        ({"results": [result(0)], "errors": [error("trace-0")]}, ["retry"] * 4),
        ({"results": [result(7), {}, "x", None]}, ["retry"] * 4),
        ({"errors": [error("trace-2", category="RATE_LIMIT")]}, ["retry"] * 4),
        ({"errors": [{"id": "trace-3", "category": "canary@x.test"}]},
         ["retry", "retry", "retry", "rejected"]),
        ({}, ["retry"] * 4),
    ],
)  # fmt: skip
def test_a_row_counts_as_the_answer_says_and_no_more(
    said: dict[str, Any], expected: list[str]
) -> None:
    assert statuses(said) == expected
    assert "canary" not in repr(outcomes_of(ROWS, KEY, said))


@hypothesis_settings(max_examples=80)
@given(
    st.lists(st.integers(0, 6), max_size=6),
    st.lists(st.integers(0, 6), max_size=4),
    st.booleans(),
)
def test_no_answer_makes_a_row_taken_that_it_does_not_name(
    results: list[int],
    errors: list[int],
    has_trace: bool,  # noqa: FBT001
) -> None:
    said = {
        "results": [result(n, has_trace=has_trace) for n in results],
        "errors": [error(f"trace-{n}") for n in errors],
    }
    for n, status in enumerate(statuses(said)):
        is_taken = n in results and n not in errors
        assert (status == "acknowledged") == is_taken
        assert (status == "rejected") == (n in errors and n not in results)


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[HubSpotKit]:
    made = HubSpotKit(tmp_path)
    yield made
    made.close()


@needs_contracts
@pytest.mark.parametrize(
    "body",
    ["{}", '{"inputs": []}', '{"inputs": [{"id": 7, "properties": {}}]}',
     json.dumps({"inputs": [{"id": "a", "properties": {}}] * 101})],
)  # fmt: skip
def test_the_stub_refuses_what_the_contract_does(body: str) -> None:
    """Otherwise the suite would prove nothing about requests."""
    stub = HubSpotStub()
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    path = "/crm/v3/objects/contacts/batch/upsert"
    assert stub.answer(Exchange("POST", path, headers, body.encode())).status == 400
    assert stub.violations


def test_a_batch_refused_as_a_whole_is_halved_to_the_bad_row(kit: HubSpotKit) -> None:
    kit.stub.refuses_whole_batches = True
    engine = Engine(kit, kit.open())
    keys = [f"k{n}" for n in range(64)]
    outcomes = engine.halve(*keys, poisoned=["k40"])
    engine.destination.close()
    assert outcomes.pop("k40") == "VALIDATION_ERROR"
    assert set(kit.held()) == set(outcomes) == set(keys) - {"k40"}
    assert engine.deliveries <= 2 * 6 + 1


def test_fields_are_texts_and_are_cleared_by_empty_ones(kit: HubSpotKit) -> None:
    engine = Engine(kit, kit.open())
    engine.write("a")
    assert kit.stub.contacts["a"]["email"] == "canary-a-1@x.test"
    engine.remove("a", on_leave="clear_fields")
    engine.destination.close()
    assert kit.held() == {"a": {}}
    assert kit.stub.violations == []


def test_an_erasure_leaves_nothing_to_restore(kit: HubSpotKit) -> None:
    engine = Engine(kit, kit.open())
    engine.write("a", "b")
    known = dict(engine.known)
    engine.remove("a", "b", on_leave="archive")
    assert set(kit.stub.archived) == {"a", "b"}
    engine.known = known
    engine.remove("a", on_leave="delete")
    engine.destination.close()
    assert set(kit.stub.archived) == {"b"}


def test_a_wrong_address_stops_at_once(kit: HubSpotKit) -> None:
    engine = Engine(kit, kit.open(base_url=f"{kit.server.url}/wrong"))
    with pytest.raises(DestinationUnauthorisedError):
        engine.write("a")
    engine.destination.close()


def test_a_key_of_several_columns_is_refused(kit: HubSpotKit) -> None:
    opening = replace(kit.opening(), key=(KEY, "email"))
    with pytest.raises(ConfigurationError, match="by one column"):
        kit.type().open(opening)

"""The suite that every destination runs: what it must do, whatever befalls it on the way."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import log2
from typing import TYPE_CHECKING

import pytest

import audience_kits  # noqa: F401 - enters its kits
import http_kits  # noqa: F401 - enters its kits
import postgres_kit  # noqa: F401 - enters its kit
from conformance import KITS, Engine, Kit
from postgres import postgres_server
from stub_server import FAULTS, Fault
from warehouse_cdp.activation.protocol import Outcome, Row
from warehouse_cdp.destinations.http import Patience, Wire
from warehouse_cdp.destinations.registry import DESTINATION_TYPES
from warehouse_cdp.errors import DestinationUnauthorisedError, DestinationUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres_server(tmp_path_factory.mktemp("pg")) as server:
        yield server.uri


@pytest.fixture(params=sorted(KITS))
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kit]:
    kind = KITS[request.param]
    if kind.needs_database:
        kind.database = request.getfixturevalue("database")
    made = kind(tmp_path)
    yield made
    made.close()
    assert list(made.violations()) == []


@pytest.fixture
def engine(kit: Kit, caplog: pytest.LogCaptureFixture) -> Iterator[Engine]:
    """An engine with the destination open; nothing that it logs may hold a canary."""
    caplog.set_level(logging.DEBUG)
    destination = kit.open()
    yield Engine(kit, destination)
    destination.close()
    assert "canary" not in caplog.text.lower()


def statuses(outcomes: dict[str, object]) -> set[object]:
    return {getattr(outcome, "status", outcome) for outcome in outcomes.values()}


def holds(kit: Kit, version: int, *keys: str) -> bool:
    return dict(kit.held()) == {key: kit.expected(key, version) for key in keys}


def untold(error: BaseException | None) -> bool:
    """Whether neither an error nor what it came from holds a canary."""
    while error is not None:
        if "canary" in f"{error!r} {error}".lower():
            return False
        error = error.__cause__ or error.__context__
    return True


def test_rows_are_added_changed_and_taken_away(kit: Kit, engine: Engine) -> None:
    assert statuses({**engine.write("a", "b", "c")}) == {"acknowledged"}
    assert holds(kit, 1, "a", "b", "c")
    assert statuses({**engine.write("a", "b", version=2)}) == {"acknowledged"}
    assert dict(kit.held()) == {
        "a": kit.expected("a", 2), "b": kit.expected("b", 2), "c": kit.expected("c", 1),
    }  # fmt: skip
    for on_leave in kit.leaving:
        engine.write("a", "b", "c", version=2)
        assert statuses({**engine.remove("a", "c", on_leave=on_leave)}) == {"acknowledged"}
        assert holds(kit, 2, "b"), on_leave


def test_the_same_again_changes_nothing(kit: Kit, engine: Engine) -> None:
    engine.write("a", "b")
    engine.known.clear()  # as after a crash before the answer was kept
    assert statuses({**engine.write("a", "b")}) == {"acknowledged"}
    assert holds(kit, 1, "a", "b")
    for on_leave in kit.leaving:
        engine.write("a", "b")
        gone = dict(engine.known)
        engine.remove("a", on_leave=on_leave)
        engine.known = gone
        assert statuses({**engine.remove("a", on_leave=on_leave)}) == {"acknowledged"}
        assert holds(kit, 1, "b"), on_leave


def test_a_row_whose_answer_was_lost_can_be_taken_away(kit: Kit, engine: Engine) -> None:
    """Then nothing is known of it but what could be told before it was sent."""
    for on_leave in kit.leaving:
        engine.write("a", "b")
        row = Row("a", "add", "data", "i-a-1", kit.values("a", 1))
        before = engine.destination.remembered_of(row)
        engine.known["a"] = Outcome("acknowledged", remembered=before)
        assert statuses({**engine.remove("a", on_leave=on_leave)}) == {"acknowledged"}, on_leave
        assert holds(kit, 1, "b"), on_leave


def test_a_merged_customer_goes_on_under_the_key_that_is_known(kit: Kit, engine: Engine) -> None:
    engine.write("a", "b")
    engine.merged_into = {"a": "merged"}
    assert statuses({**engine.write("a", version=2)}) == {"acknowledged"}
    assert dict(kit.held()) == {"a": kit.expected("a", 2), "b": kit.expected("b", 1)}
    outcomes = engine.remove("a", on_leave=kit.leaving[0])
    assert {key: one.status for key, one in outcomes.items()} == {"merged": "acknowledged"}
    assert holds(kit, 1, "b")


@pytest.mark.parametrize("is_applied", [True, False])
def test_a_change_whose_answer_was_lost_leaves_nothing_behind(
    kit: Kit, engine: Engine, *, is_applied: bool
) -> None:
    """What was sent and what was there before may both be there: a later run must find both."""
    for on_leave in (None, *kit.leaving):
        engine.write("a", "b")
        before = engine.known["a"]
        row = Row(
            "a", "change", "data", "i-a-2", kit.values("a", 2), before.destination_id,
            before.remembered,
        )  # fmt: skip
        remembered = engine.destination.remembered_of(row) or before.remembered
        if is_applied:
            engine.write("a", version=2)
        engine.known["a"] = replace(before, remembered=remembered)
        if on_leave is None:
            engine.write("a", version=3)
            assert dict(kit.held()) == {"a": kit.expected("a", 3), "b": kit.expected("b", 1)}
        else:
            engine.remove("a", on_leave=on_leave)
            assert holds(kit, 1, "b"), on_leave


def test_batches_may_be_delivered_from_several_threads(kit: Kit, engine: Engine) -> None:
    threads = min(kit.type().capabilities.concurrency, 4)
    engine.write("first")  # signs in, where there is something to sign in to
    with ThreadPoolExecutor(threads) as pool:
        sent = [pool.submit(engine.write, f"a{n}", f"b{n}") for n in range(6)]
        outcomes = [one for done in sent for one in done.result().values()]
    assert [one.status for one in outcomes] == ["acknowledged"] * 12
    assert len(kit.held()) == 13


def test_to_keep_who_leaves_is_to_do_nothing(kit: Kit, engine: Engine) -> None:
    if "keep" not in kit.type().capabilities.on_leave:
        pytest.skip("this destination cannot keep who leaves")
    engine.write("a")
    asked = len(kit.server.exchanges)
    assert statuses({**engine.remove("a", on_leave="keep")}) == {"acknowledged"}
    if kit.name != "webhook":  # whose receiver decides
        assert len(kit.server.exchanges) == asked
        assert holds(kit, 1, "a")


def test_a_full_batch_is_within_the_vendors_limits(kit: Kit) -> None:
    assert kit.full_batch <= kit.type().capabilities.batch_rows
    kit.wire = Wire(Patience(), kit.wire.timing)  # the stand-in reads every row of it
    engine = Engine(kit, kit.open())
    keys = [f"k{number}" for number in range(kit.full_batch)]
    assert statuses({**engine.write(*keys)}) == {"acknowledged"}
    engine.destination.close()
    assert len(kit.held()) == kit.full_batch


@pytest.fixture
def http(kit: Kit) -> None:
    if not kit.speaks_http:
        pytest.skip("not reached through HTTP; its own faults are in its own test file")


@pytest.mark.usefixtures("http")
@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_costs_time_and_nothing_else(kit: Kit, engine: Engine, fault: Fault) -> None:
    engine.write("other")
    for position in range(kit.requests_of_a_write):
        key = f"a{position}"
        kit.server.plan.extend([None] * position + [fault])
        outcomes = engine.write(key, f"b{position}")
        kit.server.plan.clear()
        assert statuses({**outcomes}) == {"acknowledged"}
        assert kit.held()[key] == kit.expected(key, 1)
    assert len(kit.held()) == 1 + 2 * kit.requests_of_a_write
    if fault.startswith("throttled"):
        longest = max(kit.time.slept)
        waits = {"throttled": 2.0, "throttled_for_a_day": 60.0, "throttled_by_date": 60.0}
        assert longest == waits.get(fault, longest)
        assert longest <= 60.0
    kit.server.plan.append(fault)
    engine.remove("other", on_leave=kit.leaving[0])
    assert "other" not in kit.held()


@pytest.mark.usefixtures("http")
@pytest.mark.parametrize("fault", ["throttled", "server_error", "timeout_after", "html_page"])
def test_a_fault_that_stays_is_no_success_and_is_overcome_later(
    kit: Kit, engine: Engine, fault: Fault
) -> None:
    engine.write("before")
    kit.server.always = fault
    with pytest.raises(DestinationUnavailableError) as caught:
        engine.write("a", "b")
    assert untold(caught.value)
    assert caught.value.retry_after == (2.0 if fault == "throttled" else None)
    kit.server.always = None
    assert statuses({**engine.write("a", "b")}) == {"acknowledged"}
    assert holds(kit, 1, "before", "a", "b")


@pytest.mark.usefixtures("http")
def test_refused_credentials_stop_the_run_and_lose_nothing(kit: Kit, engine: Engine) -> None:
    engine.write("a")
    kit.server.always = "unauthorised"
    with pytest.raises(DestinationUnauthorisedError) as caught:
        engine.write("b")
    assert untold(caught.value)
    kit.server.always = None
    assert holds(kit, 1, "a")


def test_one_bad_row_neither_stops_nor_hides_the_others(kit: Kit, engine: Engine) -> None:
    keys = [f"k{number}" for number in range(16)]
    outcomes = engine.halve(*keys, poisoned=["k11"])
    good = {key: outcome for key, outcome in outcomes.items() if key != "k11"}
    assert statuses({**good}) == {"acknowledged"}
    assert len(good) == 15
    assert set(kit.held()) == set(good)
    bad = outcomes["k11"]
    if kit.tells_bad_rows:
        assert engine.deliveries == 1
        assert getattr(bad, "status", None) == "rejected"
        assert "canary" not in repr(bad)
    else:
        assert engine.deliveries <= 2 * log2(16) + 1
        assert isinstance(bad, str)
    # Mended, it goes through, with no change at the source of the others.
    assert statuses({**engine.write("k11")}) == {"acknowledged"}
    assert kit.held()["k11"] == kit.expected("k11", 1)


def test_it_says_what_and_where_it_is_without_secrets(kit: Kit, engine: Engine) -> None:
    identity = engine.destination.identity()
    again = kit.open()
    assert identity == again.identity()
    again.close()
    for told in (identity, engine.destination.place, repr(engine.destination)):
        assert "canary" not in told.lower()


def test_what_it_declares_is_whole(kit: Kit) -> None:
    kind = kit.type()
    abilities = kind.capabilities
    assert DESTINATION_TYPES[kind.name].capabilities == abilities
    assert kit.mode in abilities.modes
    assert set(kit.leaving) <= set(abilities.on_leave)
    assert {abilities.on_withdrawal, abilities.on_erasure} <= set(abilities.on_leave)
    assert abilities.limits
    assert all(limit.source and limit.read_on for limit in abilities.limits)
    assert kind.problems(kit.opening().settings, kit.mode) == []
    assert all(secret.variable.isupper() for secret in abilities.secrets)


def test_every_destination_is_in_the_suite() -> None:
    elsewhere = {"file"}  # has no vendor: test_file_stores.py
    assert {one.split("/")[0] for one in KITS} | elsewhere == set(DESTINATION_TYPES)

"""The shared HTTP client: paced, patient within bounds, and silent about what it carries."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import pytest

from conformance import PATIENCE
from stub_server import FakeTime, Reply, StubServer, json_reply
from warehouse_cdp.destinations.addresses import problems_of_url, require_public
from warehouse_cdp.destinations.answers import code_of
from warehouse_cdp.destinations.http import HttpClient, Patience, Request, Wire, json_request
from warehouse_cdp.destinations.limits import Limits, Rate
from warehouse_cdp.destinations.pacing import Pace, Timing, batches_of
from warehouse_cdp.errors import (
    ConfigurationError,
    DestinationUnauthorisedError,
    DestinationUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NO_RATES = Limits(10, 1000, (), 2, "here", "2026-11")
LIMITS = Limits(10, 1000, (Rate(3, 10.0), Rate(5, 60.0)), 2, "here", "2026-11")


class Counter:
    """Answers with what a test puts here."""

    def __init__(self) -> None:
        self.reply = json_reply(200, {"ok": True})
        self.server = StubServer(lambda _exchange: self.reply)
        self.time = FakeTime()

    def client(
        self,
        patience: Patience = PATIENCE,
        limits: Limits = LIMITS,
        **options: Callable[..., object],
    ) -> HttpClient:
        timing = Timing(self.time.monotonic, self.time.wall, self.time.sleep)
        wire = Wire(patience, timing)
        return HttpClient("stub", self.server.url, limits, wire=wire, **options)  # type: ignore[arg-type]


@pytest.fixture
def stub() -> Iterator[Counter]:
    made = Counter()
    yield made
    made.server.close()


def test_requests_keep_to_every_rate_at_once(stub: Counter) -> None:
    client = stub.client()
    begun = []
    for _ in range(12):
        client.send(Request("GET", "/"))
        begun.append(stub.time.now)
    client.close()
    for window, most in ((10.0, 3), (60.0, 5)):
        for moment in begun:
            assert sum(moment - window < other <= moment for other in begun) <= most
    assert begun[-1] - begun[0] == pytest.approx(120.0)


def test_no_more_requests_are_under_way_than_allowed() -> None:
    pace = Pace(Limits(1, 1, (), 2, "here", "2026-11"), Timing())
    under_way, most = 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal under_way, most
        with pace.turn():
            with lock:
                under_way += 1
                most = max(most, under_way)
            time.sleep(0.01)
            with lock:
                under_way -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


@pytest.mark.parametrize(
    ("asked", "slept"),
    [("7", 7.0), ("3600", 60.0), ("-1", 1.0), ("nan", 1.0), ("soon", 1.0), ("1e999", 60.0),
     ("Mon, 21 Sep 2026 14:30:10 GMT", 10.0), ("Mon, 21 Sep 2020 14:30:10 GMT", 1.0)],
)  # fmt: skip
def test_what_retry_after_asks_is_heard_within_reason(
    stub: Counter, asked: str, slept: float
) -> None:
    stub.time.now = 1_790_001_000.0 - 1_790_000_000.0  # Mon, 21 Sep 2026 14:30:00
    replies = iter([json_reply(429, {}, **{"Retry-After": asked}), json_reply(200, {})])
    stub.server.close()
    stub.server = StubServer(lambda _exchange: next(replies))
    client = stub.client()
    assert client.send(Request("GET", "/")).is_ok
    client.close()
    assert stub.time.slept == [slept]
    assert (client.counts.requests, client.counts.retries) == (2, 1)
    assert client.counts.throttled_seconds == slept


def test_back_off_doubles_and_ends(stub: Counter) -> None:
    stub.server.always = "server_error"
    client = stub.client(Patience(attempts=5, longest_wait=5.0), NO_RATES)
    with pytest.raises(DestinationUnavailableError, match="after 5 attempts") as caught:
        client.send(Request("GET", "/"))
    client.close()
    assert stub.time.slept == [1.0, 2.0, 4.0, 5.0]
    assert caught.value.retry_after is None


def test_a_body_that_drips_or_never_ends_is_given_up(stub: Counter) -> None:
    stub.server.always = "slow_body"
    patience = Patience(attempts=2, answer_time=0.2, read_time=5.0)
    wire = Wire(patience, Timing(sleep=lambda _seconds: None))
    client = HttpClient("stub", stub.server.url, NO_RATES, wire=wire)
    with pytest.raises(DestinationUnavailableError, match="answer_too_slow"):
        client.send(Request("GET", "/"))
    client.close()
    stub.server.always = None
    stub.reply = Reply(200, b"x" * 5000, {"Content-Type": "application/json"})
    client = stub.client(Patience(attempts=1, answer_bytes=1000))
    with pytest.raises(DestinationUnavailableError, match="answer_too_large"):
        client.send(Request("GET", "/"))
    client.close()


def test_a_redirect_is_not_followed(stub: Counter) -> None:
    stub.reply = Reply(307, b"", {"Location": "https://elsewhere.test/canary"})
    client = stub.client()
    with pytest.raises(DestinationUnauthorisedError, match="redirect") as caught:
        client.send(json_request("POST", "/", {"email": "canary@x.test"}))
    client.close()
    assert "canary" not in str(caught.value)
    assert len(stub.server.exchanges) == 1


def test_credentials_are_renewed_once_and_then_the_run_ends(stub: Counter) -> None:
    tokens = iter(["old", "new", "newer", "newest"])
    current = {"Authorization": next(tokens)}

    def renew() -> None:
        current["Authorization"] = next(tokens)

    client = stub.client(headers=lambda: current, renew=renew)
    stub.server.plan.append("unauthorised")
    assert client.send(Request("GET", "/")).is_ok
    assert [one.headers["authorization"] for one in stub.server.exchanges] == ["old", "new"]
    stub.server.always = "unauthorised"
    with pytest.raises(DestinationUnauthorisedError):
        client.send(Request("GET", "/"))
    client.close()
    assert current["Authorization"] == "newer"


def test_a_host_that_is_not_there_is_unavailable(stub: Counter) -> None:
    client = stub.client(Patience(attempts=2))
    stub.server.close()
    with pytest.raises(DestinationUnavailableError, match="connection_failed") as caught:
        client.send(Request("GET", "/canary-path"))
    client.close()
    assert caught.value.__context__ is None
    stub.server = StubServer(lambda _exchange: stub.reply)


def test_nothing_that_is_carried_is_logged_at_any_level(
    stub: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.reply = json_reply(200, {"email": "canary@x.test"}, **{"X-Seen": "canary-header"})
    client = stub.client(headers=lambda: {"Authorization": "canary-token"})
    client.send(json_request("POST", "/canary-path?q=canary", {"email": "canary@x.test"}))
    client.close()
    assert "canary" not in repr(json_request("POST", "/canary", {"email": "canary@x.test"}))
    assert caplog.records  # otherwise the search would find nothing because nothing was there
    assert "canary" not in caplog.text


def test_others_in_the_process_log_as_ever(stub: Counter, caplog: pytest.LogCaptureFixture) -> None:
    import httpx  # noqa: PLC0415 - as somebody else uses it

    caplog.set_level(logging.INFO)
    httpx.get(f"{stub.server.url}/shown")
    assert "/shown" in caplog.text


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://x.test", "begins with https"),
        ("file:///etc/passwd", "begins with https"),
        ("http://x.test", "allow_private_network"),
        ("https://user:canary@x.test", "user or a password"),
        ("https://x.test/#a", "fragment"),
        ("https://[x", "no URL"),
        ("https://x.test:port", "no URL"),
    ],
)
def test_a_wrong_address_is_told_without_it(url: str, problem: str) -> None:
    found = problems_of_url("url", url, allows_private=False)
    assert any(problem in one for one in found)
    assert "canary" not in "".join(found)
    assert problems_of_url("url", "https://x.test/in?a=b", allows_private=False) == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.8", "169.254.169.254", "[::1]", "[fd00::1]", "100.64.0.1"],
)
def test_the_inner_network_is_out_of_reach(host: str) -> None:
    with pytest.raises(ConfigurationError, match="private network"):
        require_public("sync_x", f"https://{host}/latest/meta-data")
    require_public("sync_x", "https://1.1.1.1/")


def test_batches_keep_to_rows_and_bytes() -> None:
    assert [list(one) for one in batches_of([1] * 5, 2, 100)] == [[0, 1], [2, 3], [4]]
    assert [list(one) for one in batches_of([8, 8, 8, 50, 8], 9, 20)] == [[0, 1], [2], [3], [4]]
    assert batches_of([], 2, 100) == []


@pytest.mark.parametrize(
    "text", ["ada@x.test", "Ada Lovelace", "+447700900973", "447700900973", "x" * 99, "", None]
)
def test_a_vendors_text_is_no_code(text: str | None) -> None:
    assert code_of(text, "http_400") == "http_400"
    assert code_of("VALIDATION_ERROR", "http_400") == "VALIDATION_ERROR"

"""A small HTTP server in a thread, which answers as a vendor does and fails as networks do."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Those in which the request was carried out although the answer does not say so.
APPLIED_FAULTS = ("timeout_after", "reset_mid_body", "truncated_json", "duplicate")
Fault = Literal[
    "throttled", "throttled_for_a_day", "throttled_in_the_past", "throttled_without_a_word",
    "throttled_by_date", "server_error", "bad_gateway_page", "timeout_before", "timeout_after",
    "reset_mid_body", "truncated_json", "html_page", "duplicate", "unauthorised", "slow_body",
]  # fmt: skip
FAULTS: tuple[Fault, ...] = (
    "throttled", "throttled_for_a_day", "throttled_in_the_past", "throttled_without_a_word",
    "throttled_by_date", "server_error", "bad_gateway_page", "timeout_before", "timeout_after",
    "reset_mid_body", "truncated_json", "html_page", "duplicate",
)  # fmt: skip
_THROTTLES: Mapping[str, str | None] = {
    "throttled": "2",
    "throttled_for_a_day": "86400",
    "throttled_in_the_past": "-5",
    "throttled_without_a_word": None,
    "throttled_by_date": "Fri, 01 Jan 2027 00:00:00 GMT",
}
_PAGE = b"<html><body>Bad gateway: canary-page@x.test</body></html>"


@dataclass(frozen=True)
class Exchange:
    """A request as it arrived; names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(status: int, payload: object, **headers: str) -> Reply:
    return Reply(
        status, json.dumps(payload).encode(), {"Content-Type": "application/json", **headers}
    )


class StubServer:
    """Answers with ``answer``; the faults of ``plan`` befall one request each, None none."""

    def __init__(self, answer: Callable[[Exchange], Reply]) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self.plan: deque[Fault | None] = deque()
        self.always: Fault | None = None
        self.exchanges: list[Exchange] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def next_fault(self, exchange: Exchange) -> Fault | None:
        with self._lock:
            self.exchanges.append(exchange)
            return self.plan.popleft() if self.plan else self.always

    def answered(self, exchange: Exchange) -> Reply:
        with self._lock:
            return self._answer(exchange)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_one_request(self) -> None:
                with contextlib.suppress(OSError):  # a client that gave up is what is tested
                    super().handle_one_request()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Silence."""

            def respond(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                exchange = Exchange(
                    self.command,
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(size),
                )
                _perform(self, stub, exchange, stub.next_fault(exchange))

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond  # noqa: N815

        return Handler


def _perform(
    handler: BaseHTTPRequestHandler, stub: StubServer, exchange: Exchange, fault: Fault | None
) -> None:
    if fault is None:
        _write(handler, stub.answered(exchange))
    elif fault in _THROTTLES:
        asked = _THROTTLES[fault]
        headers = {} if asked is None else {"Retry-After": asked}
        _write(handler, json_reply(429, {"message": "canary-throttle@x.test"}, **headers))
    elif fault == "server_error":
        _write(handler, json_reply(500, {"message": "canary-error@x.test"}))
    elif fault == "unauthorised":
        _write(handler, json_reply(401, {"message": "canary-refusal@x.test"}))
    elif fault in ("bad_gateway_page", "html_page"):
        status = 200 if fault == "html_page" else 502
        _write(handler, Reply(status, _PAGE, {"Content-Type": "text/html"}))
    elif fault == "duplicate":  # a proxy repeats what it was not answered
        stub.answered(exchange)
        _write(handler, stub.answered(exchange))
    else:
        _break_off(handler, stub, exchange, fault)


def _break_off(
    handler: BaseHTTPRequestHandler, stub: StubServer, exchange: Exchange, fault: Fault
) -> None:
    reply = None if fault == "timeout_before" else stub.answered(exchange)
    if reply is None or fault == "timeout_after":
        handler.connection.settimeout(10)
        handler.rfile.read(1)  # until the client hangs up
    elif fault == "truncated_json":
        body = reply.body[: len(reply.body) // 2] or b'{"resu'
        _write(handler, Reply(200, body, {"Content-Type": "application/json"}))
    elif fault == "slow_body":
        _head(handler, reply, 1_000_000)
        with contextlib.suppress(OSError):
            while not handler.wfile.closed:
                handler.wfile.write(b" ")
                threading.Event().wait(0.02)
    else:
        _head(handler, reply, len(reply.body) + 100)
        handler.wfile.write(reply.body[: len(reply.body) // 2])
        handler.wfile.flush()
        linger = struct.pack("ii", 1, 0)  # close with a reset
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    if fault != "truncated_json":
        handler.close_connection = True


def _head(handler: BaseHTTPRequestHandler, reply: Reply, size: int) -> None:
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(size))
    handler.end_headers()


def _write(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    _head(handler, reply, len(reply.body))
    handler.wfile.write(reply.body)
    handler.wfile.flush()


class FakeTime:
    """A clock that only sleeping moves, so that a minute of back-off costs nothing."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return 1_790_000_000.0 + self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.slept.append(seconds)

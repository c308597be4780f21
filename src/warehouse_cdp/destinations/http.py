"""One way to speak HTTP for all destinations: paced, patient, bounded, and silent about content.

What is repeated: a request that was throttled (429), that failed at the other end (408, 5xx), or
whose answer never came whole. A request may then have been carried out without our knowing, so
every request of every destination must bear being repeated; what it takes (an upsert, an
idempotency key) is the destination's business. ``Retry-After`` is honoured up to a cap.

What is never repeated: a refusal (other 4xx), which is the destination module's to read. A 401
renews the credentials once, where they can be renewed, and then ends the run.

No exception and no log record holds a URL's path, a header, a body or a secret: vendors answer
with the addresses that one sent, and webhooks carry secrets in their paths.
"""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx
import tenacity

from warehouse_cdp.destinations.pacing import Pace, Timing
from warehouse_cdp.errors import (
    DestinationUnauthorisedError,
    DestinationUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from warehouse_cdp.destinations.limits import Limits

TOO_MANY_REQUESTS = 429
_AGAIN = frozenset({408, 425, TOO_MANY_REQUESTS, 500, 502, 503, 504, 507, 509, 520, 521, 522, 524})
_UNAUTHORISED, _FORBIDDEN = 401, 403
_OK, _REDIRECT, _BAD_REQUEST = 200, 300, 400


@dataclass(frozen=True)
class Patience:
    """How long to try: all in seconds but the attempts.

    ``longest_wait`` caps what ``Retry-After`` asks for: a run must not hang for a day because a
    proxy said so. ``answer_time`` is for a whole answer, however slowly it drips.
    """

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0
    connect_time: float = 10.0
    read_time: float = 60.0
    answer_time: float = 120.0
    answer_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True)
class Wire:
    """How a destination speaks: what a test changes and a user does not."""

    patience: Patience = field(default_factory=Patience)
    timing: Timing = field(default_factory=Timing)


@dataclass(frozen=True)
class Answer:
    """A whole answer that is neither to be repeated nor about credentials."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_ok(self) -> bool:
        """Whether the status is 2xx; what the body says is another matter."""
        return _OK <= self.status < _REDIRECT

    def json(self) -> Any:  # noqa: ANN401 - whatever they say
        """Return the body read as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def object(self) -> dict[str, Any]:
        """Return the body read as a JSON object; empty when it is anything else."""
        value = self.json()
        return value if isinstance(value, dict) else {}


@dataclass
class RequestCounts:
    """What a client did so far, for the report of a run."""

    requests: int = 0
    retries: int = 0
    throttled_seconds: float = 0.0


def _no_headers() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Request:
    """One call.

    ``needs_json`` makes a 2xx whose body is no JSON count as no answer. ``fresh_headers`` are
    asked for at each attempt, for those that hold the time.
    """

    method: str
    path: str = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    needs_json: bool = True
    fresh_headers: Callable[[], Mapping[str, str]] = field(default=_no_headers, repr=False)


def json_request(
    method: str,
    path: str,
    payload: object,
    *,
    headers: Mapping[str, str] | None = None,
    needs_json: bool = True,
) -> Request:
    """Return a request whose body is JSON, the same bytes for the same payload."""
    body = json_bytes(payload)
    return Request(
        method, path, body, {"Content-Type": "application/json", **(headers or {})}, needs_json
    )


def json_bytes(payload: object) -> bytes:
    """Return a payload as compact JSON in UTF-8; a lone surrogate becomes its escape."""
    try:
        return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(payload, separators=(",", ":")).encode()


class _AgainError(Exception):
    """This attempt gave no answer; ``code`` says why, ``wait`` what the other side asked for."""

    def __init__(self, code: str, wait: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.wait = wait


class HttpClient:
    """A destination's only way out; safe between threads.

    Args:
        name: the destination, as messages name it.
        base_url: scheme, host and what every path begins with.
        limits: rates and concurrency that are kept.
        headers: gives the headers of every request, credentials among them.
        renew: gets new credentials after a 401; None where they cannot be renewed.
        is_throttled: whether an answer that looks like a refusal means "later".
        wire: patience and time.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        limits: Limits,
        *,
        headers: Callable[[], Mapping[str, str]] = dict,
        renew: Callable[[], None] | None = None,
        is_throttled: Callable[[Answer], bool] = lambda _answer: False,
        wire: Wire | None = None,
    ) -> None:
        self._name = name
        self._headers = headers
        self._renew = renew
        self._is_throttled = is_throttled
        self._patience = (wire or Wire()).patience
        self._timing = (wire or Wire()).timing
        self._pace = Pace(limits, self._timing)
        self.counts = RequestCounts()
        times = httpx.Timeout(self._patience.read_time, connect=self._patience.connect_time)
        self._client = httpx.Client(
            base_url=base_url,
            timeout=times,
            follow_redirects=False,  # a redirect would hand credentials and people to another host
            headers={"User-Agent": "warehouse-cdp"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def send(self, request: Request) -> Answer:
        """Send until an answer comes that is worth reading.

        Returns:
            An answer of status 2xx or of a refusal (400, 404, 409, 413, 422 and the like).

        Raises:
            DestinationUnavailableError: no answer within the patience; nothing is known of it.
            DestinationUnauthorisedError: the credentials are not accepted.
        """
        try:
            return self._repeated(request)
        except _AgainError as again:
            message = (
                f"{self._name}: no usable answer after {self._patience.attempts} attempts "
                f"({again.code}); what was not acknowledged stays planned"
            )
            asked = again.wait
        raise DestinationUnavailableError(message, asked)

    def _repeated(self, request: Request) -> Answer:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_AgainError),
            stop=tenacity.stop_after_attempt(self._patience.attempts),
            wait=self._wait,
            sleep=self._sleep,
            reraise=True,
        )
        answer: Answer = retrying(self._authorised, request)
        return answer

    def _authorised(self, request: Request) -> Answer:
        answer = self._once(request)
        if answer.status == _UNAUTHORISED and self._renew is not None:
            self._renew()
            answer = self._once(request)
        if answer.status in (_UNAUTHORISED, _FORBIDDEN):
            message = (
                f"{self._name}: refused our credentials ({answer.status}); check the token and "
                "its permissions (docs/guides/destinations). What was not acknowledged stays "
                "planned"
            )
            raise DestinationUnauthorisedError(message)
        return answer

    def _once(self, request: Request) -> Answer:
        self.counts.requests += 1
        with self._pace.turn():
            answer = self._answer(request)
        if answer.status in _AGAIN or (not answer.is_ok and self._is_throttled(answer)):
            code = f"http_{answer.status}"
            raise _AgainError(code, self._asked_wait(answer))
        if _REDIRECT <= answer.status < _BAD_REQUEST:
            message = (
                f"{self._name}: answered with a redirect ({answer.status}), which is not followed; "
                "put the final address into the definition"
            )
            raise DestinationUnauthorisedError(message)
        if answer.is_ok and not _is_readable(answer, needs_json=request.needs_json):
            code = "unreadable_answer"
            raise _AgainError(code)
        return answer

    def _answer(self, request: Request) -> Answer:
        problem = "connection_failed"
        headers = {**self._headers(), **request.headers, **request.fresh_headers()}
        quiet = _SPEAKS_FOR_US.set(True)
        try:
            with self._client.stream(
                request.method, request.path, content=request.body, headers=headers
            ) as response:
                body = b"".join(self._bounded(response))
                return Answer(response.status_code, response.headers, body)
        except httpx.TimeoutException:
            problem = "timeout"
        except (httpx.RemoteProtocolError, httpx.DecodingError, httpx.ReadError):
            problem = "broken_answer"
        except httpx.HTTPError:
            problem = "connection_failed"
        finally:
            _SPEAKS_FOR_US.reset(quiet)
        raise _AgainError(problem)  # outside the handlers: httpx' own text may hold what was sent

    def _bounded(self, response: httpx.Response) -> Iterator[bytes]:
        """The body, unless it takes too long or is too much."""
        deadline = self._timing.monotonic() + self._patience.answer_time
        size = 0
        for chunk in response.iter_bytes():  # as they arrive: a size would gather the drops
            size += len(chunk)
            problem = ""
            if size > self._patience.answer_bytes:
                problem = "answer_too_large"
            elif self._timing.monotonic() > deadline:
                problem = "answer_too_slow"
            if problem:
                raise _AgainError(problem)
            yield chunk

    def _asked_wait(self, answer: Answer) -> float | None:
        """Seconds that ``Retry-After`` asks for; None when it is missing or makes no sense."""
        text = answer.headers.get("Retry-After", "").strip()
        try:
            seconds = float(text)
        except ValueError:
            try:
                seconds = parsedate_to_datetime(text).timestamp() - self._timing.wall()
            except (ValueError, OverflowError, TypeError):
                return None
        return seconds if seconds >= 0 else None  # also drops what is no number at all

    def _wait(self, state: tenacity.RetryCallState) -> float:
        again = None if state.outcome is None else state.outcome.exception()
        asked = again.wait if isinstance(again, _AgainError) else None
        longest = self._patience.longest_wait
        if asked is None:
            # Doubling without chance: requests are paced, and runs must be repeatable.
            asked = self._patience.first_wait * 2.0 ** (state.attempt_number - 1)
        return min(asked, longest)

    def _sleep(self, seconds: float) -> None:
        self.counts.retries += 1
        self.counts.throttled_seconds += seconds
        self._timing.sleep(seconds)


def _is_readable(answer: Answer, *, needs_json: bool) -> bool:
    """Whether a success says so in earnest: no page of a proxy, no JSON that breaks off."""
    kind = answer.headers.get("Content-Type", "").lower()
    says_json = "json" in kind and answer.body.strip() != b""
    if needs_json or says_json:
        return answer.json() is not None
    return "html" not in kind


_SPEAKS_FOR_US: ContextVar[bool] = ContextVar("speaks_for_us", default=False)


class _Discretion(logging.Filter):
    """Cuts what the HTTP libraries log while one of our requests is under way to its first words.

    They log whole URLs and the headers of answers, which may hold a webhook's secret or a person.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if _SPEAKS_FOR_US.get():
            record.msg, record.args = record.getMessage().split(" ", 1)[0], None
        return True


def _be_discreet() -> None:
    for name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
        logging.getLogger(name).addFilter(_Discretion())


_be_discreet()

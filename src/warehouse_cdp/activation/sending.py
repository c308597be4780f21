"""Sending the batches of a plan: several at a time, each answered row by row.

A batch that is refused as a whole is halved until the bad rows are alone. What stops one batch
for good (no credentials, a destination that is down) stops all; what is under way then is waited
for, so that no answer is lost.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from warehouse_cdp.activation.keys import batch_key
from warehouse_cdp.activation.protocol import Outcome
from warehouse_cdp.errors import (
    BatchRefusedError,
    DestinationError,
    DestinationUnauthorisedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from warehouse_cdp.activation.protocol import Batch, Destination

UNSENT = "unsent"
"""Error class of a row that was certainly not applied and stays as it was planned."""

HOPELESS = 16
"""After so many rows of a batch that were refused alone, and none taken, the rest is not tried."""

_UNSENT = Outcome("retry", None, UNSENT)
_UNANSWERED = Outcome("retry", None, "no_answer")


@dataclass(frozen=True)
class Answer:
    """What came of one batch, by key; ``error`` is what must stop the run."""

    batch: Batch
    outcomes: Mapping[str, Outcome]
    error: DestinationError | None = None


def send_all(
    destination: Destination,
    batches: Iterable[Batch],
    concurrency: int,
    secret: str,
    numbers: Iterator[int],
    on_begin: Callable[[Batch], None],
    on_answer: Callable[[Answer], bool],
) -> DestinationError | None:
    """Send batches and hand over each answer; return what stopped it, or None.

    ``on_begin`` is called before a batch is sent and ``on_answer`` when it is answered, both in
    the calling thread. ``on_answer`` returns whether to go on. The next batch is made while
    others are under way; nothing is begun before there is a place for it.
    """
    waiting: set[Future[Answer]] = set()
    coming = iter(batches)
    stopped_by: DestinationError | None = None
    is_going_on = True

    def collect(done: Iterable[Future[Answer]]) -> None:
        nonlocal stopped_by, is_going_on
        for future in done:
            answer = future.result()
            is_going_on = on_answer(answer) and is_going_on
            stopped_by = stopped_by or answer.error

    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        try:
            batch = next(coming, None)
            while batch is not None and is_going_on and stopped_by is None:
                on_begin(batch)
                waiting.add(pool.submit(deliver, destination, batch, secret, numbers))
                batch = next(coming, None)
                if len(waiting) >= concurrency:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    collect(done)
        finally:
            done, _ = wait(waiting)
            collect(done)
    return stopped_by


def deliver(destination: Destination, batch: Batch, secret: str, numbers: Iterator[int]) -> Answer:
    """Send one batch, halving what is refused, and answer for each of its rows.

    Each half takes a number of its own from ``numbers``: to a folder of files it is another file.
    """
    outcomes: dict[str, Outcome] = {}
    refused_alone = 0
    parts: list[Batch] = [batch]
    while parts:
        part = parts.pop()
        try:
            found = destination.deliver(part)
        except BatchRefusedError as refusal:
            if len(part.rows) > 1 and (refused_alone < HOPELESS or _any_taken(outcomes)):
                parts += reversed(list(_halves(part, secret, numbers)))
                continue
            refused_alone += 1
            refused = Outcome("rejected", refusal.code, "refused")
            outcomes |= dict.fromkeys((row.key for row in part.rows), refused)
        except DestinationError as error:
            unsent = isinstance(error, DestinationUnauthorisedError)
            answer = _UNSENT if unsent else Outcome("retry", None, "unavailable")
            outcomes |= dict.fromkeys((row.key for row in part.rows), answer)
            for rest in parts:
                outcomes |= dict.fromkeys((row.key for row in rest.rows), _UNSENT)
            return Answer(batch, outcomes, error)
        else:
            outcomes |= {row.key: found.get(row.key, _UNANSWERED) for row in part.rows}
    return Answer(batch, outcomes)


def _any_taken(outcomes: Mapping[str, Outcome]) -> bool:
    return any(outcome.status == "acknowledged" for outcome in outcomes.values())


def _halves(batch: Batch, secret: str, numbers: Iterator[int]) -> Iterator[Batch]:
    middle = (len(batch.rows) + 1) // 2
    for rows in (batch.rows[:middle], batch.rows[middle:]):
        key = batch_key(secret, (row.idempotency_key for row in rows))
        yield replace(batch, number=next(numbers), rows=rows, idempotency_key=key)

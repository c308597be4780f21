"""Keeping to a destination's rates and concurrency; the clock and the sleep come from outside."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from warehouse_cdp.destinations.limits import Limits, Rate


_NO_TIME = 1e-6  # seconds; below it, adding to a clock may change nothing


@dataclass(frozen=True)
class Timing:
    """How time passes: seconds of a clock that never goes back, the time of day, and waiting.

    Tests put their own here, so that a minute of back-off costs nothing.
    """

    monotonic: Callable[[], float] = field(default=time.monotonic)
    wall: Callable[[], float] = field(default=time.time)
    sleep: Callable[[float], None] = field(default=time.sleep)


class Pace:
    """Lets requests through at the destination's rates, a few at a time; safe between threads."""

    def __init__(self, limits: Limits, timing: Timing) -> None:
        self._windows = [_Window(rate) for rate in limits.rates]
        self._places = threading.BoundedSemaphore(limits.concurrency)
        self._timing = timing
        self._lock = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until a request may begin, and hold one of the places until the block ends."""
        with self._places:
            while (wait := self._wait_or_begin()) > 0:
                self._timing.sleep(wait)
            yield

    def _wait_or_begin(self) -> float:
        with self._lock:
            now = self._timing.monotonic()
            wait = max((window.wait(now) for window in self._windows), default=0.0)
            if wait > _NO_TIME:
                return wait
            for window in self._windows:
                window.begin(now)
            return 0.0


class _Window:
    """A sliding window: the moments at which the last ``rate.requests`` requests began."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._begun: deque[float] = deque(maxlen=rate.requests)

    def wait(self, now: float) -> float:
        if len(self._begun) < self._rate.requests:
            return 0.0
        return self._begun[0] + self._rate.seconds - now

    def begin(self, now: float) -> None:
        self._begun.append(now)


def batches_of(
    sizes: Sequence[int], batch_rows: int, batch_bytes: int, overhead: int = 2
) -> list[range]:
    """Return consecutive ranges of positions, each within both bounds.

    Args:
        sizes: bytes of each row as it is written.
        batch_rows: rows of a range at most.
        batch_bytes: sum of ``sizes`` of a range at most; a single row may exceed it.
        overhead: bytes that each row costs beside its own.
    """
    found: list[range] = []
    start = used = 0
    for position, size in enumerate(sizes):
        cost = size + overhead
        if position > start and (position - start >= batch_rows or used + cost > batch_bytes):
            found.append(range(start, position))
            start, used = position, 0
        used += cost
    if len(sizes) > start:
        found.append(range(start, len(sizes)))
    return found

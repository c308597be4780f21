"""Work on several threads whose result no number of threads can change.

Compiled loops, NumPy and Arrow let go of the interpreter lock, so threads share one memory and
nothing is copied to processes. Each task, and each slice of an array, writes what is its own.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Given = TypeVar("Given")
Made = TypeVar("Made")

FEWEST_A_THREAD: Final = 20_000
"""Rows below which a further thread costs more than it does."""


def each(
    work: Callable[[Given], Made],
    items: Iterable[Given],
    threads: int,
    cost: Callable[[Given], float] | None = None,
) -> list[Made]:
    """``work`` of each item, in the items' order.

    Items of the highest ``cost`` begin: none is then left over while the other threads rest.
    """
    listed = list(items)
    if threads <= 1 or len(listed) <= 1:
        return [work(item) for item in listed]
    order = list(range(len(listed)))
    if cost is not None:
        costs = [cost(item) for item in listed]
        order.sort(key=lambda number: -costs[number])
    with ThreadPoolExecutor(min(threads, len(listed))) as pool:
        begun = {number: pool.submit(work, listed[number]) for number in order}
        return [begun[number].result() for number in range(len(listed))]


def in_slices(work: Callable[[slice], object], count: int, threads: int) -> None:
    """Call ``work`` on slices that cover ``count`` rows; each must write rows of its own only.

    There are twice as many slices as threads: one that is held up delays the others less.
    """
    parts = min(2 * threads, count // FEWEST_A_THREAD) if threads > 1 else 1
    if parts <= 1:
        work(slice(0, count))
        return
    edges = [count * part // parts for part in range(parts + 1)]
    each(work, (slice(*ends) for ends in pairwise(edges)), threads)

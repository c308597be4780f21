"""The graph of a cluster: its records, its lines, and which of them a picture can hold."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST_RECORDS = 150
"""Records that are drawn at most; of more nobody could read a picture."""
NAMED_RECORDS = 12
"""Up to so many records carry their id in the picture; more carry a number of the list only."""


@dataclass(frozen=True)
class Edge:
    """A line between two records; ``kind`` is one of ``KINDS``, ``mark`` is written at its middle.

    ``is_tree`` lines are what the layout follows.
    """

    start: str
    end: str
    kind: str
    mark: str = ""
    title: str = ""
    is_tree: bool = False


KINDS = ("chain", "weakest", "link", "cut", "review", "rejected")


@dataclass(frozen=True)
class Graph:
    """What is drawn: records in order, those that stand out, those of other customers, lines."""

    records: tuple[str, ...]
    asked: frozenset[str]
    outside: frozenset[str]
    edges: tuple[Edge, ...]
    left_out: int = 0


def limited(graph: Graph, start: Sequence[str]) -> Graph:
    """The graph, or where it is too large the records nearest to ``start`` along its tree."""
    if len(graph.records) <= MOST_RECORDS:
        return graph
    neighbours = neighbours_of(graph.edges)
    # Nearest first from all starts at once: as if one more record stood between them.
    known = set(islice(reachable("", {**neighbours, "": list(start)}), 1, MOST_RECORDS + 1))
    kept = tuple(record for record in graph.records if record in known)
    return Graph(
        kept,
        graph.asked & known,
        graph.outside & known,
        tuple(edge for edge in graph.edges if edge.start in known and edge.end in known),
        len(graph.records) - len(kept),
    )


def neighbours_of(edges: Iterable[Edge]) -> dict[str, list[str]]:
    """The records that lines of the tree join each record to, in order."""
    found: dict[str, set[str]] = {}
    for edge in edges:
        if edge.is_tree:
            found.setdefault(edge.start, set()).add(edge.end)
            found.setdefault(edge.end, set()).add(edge.start)
    return {record: sorted(others) for record, others in found.items()}


def reachable(start: str, neighbours: Mapping[str, list[str]]) -> dict[str, str | None]:
    """Every record of a tree, nearest first, and the one it was reached from."""
    came: dict[str, str | None] = {start: None}
    queue = deque([start])
    while queue:
        record = queue.popleft()
        for other in neighbours.get(record, ()):
            if other not in came:
                came[other] = record
                queue.append(other)
    return came

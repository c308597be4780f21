"""Where each record of a graph stands in the picture. The same graph always looks the same.

A tree is first laid out in rings around its middle, then moved by stress majorisation (Gansner,
Koren and North, "Graph drawing by stress majorization", 2004) until distances in the picture are
as near as can be to steps in the tree, and then pushed apart where two records touch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from warehouse_cdp.explain.graph import NAMED_RECORDS, Graph, neighbours_of, reachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    Points = npt.NDArray[np.float64]
    Distances = npt.NDArray[np.float64]

_ROUNDS, _PUSHES = 120, 300
_CURL = 0.75
"""Distance grows slower than steps: a long chain curls instead of leaving the page."""
_TINY = 1e-9
_GAP = 80.0


def places(graph: Graph) -> tuple[dict[str, tuple[float, float]], float, float]:
    """Where each record stands, and the width and height of it all, in pixels.

    What no line of the tree joins stands side by side.
    """
    is_named = len(graph.records) <= NAMED_RECORDS
    length, room = (150.0, (150.0, 70.0)) if is_named else (72.0, (40.0, 40.0))
    neighbours = neighbours_of(graph.edges)
    trees: list[tuple[list[str], Points]] = []
    seen: set[str] = set()
    for record in graph.records:
        if record not in seen:
            tree = list(reachable(record, neighbours))
            seen.update(tree)
            trees.append((tree, _lying(_settled(tree, neighbours, length, room))))
    tallest = max((float(np.ptp(points[:, 1])) for _, points in trees), default=0.0)
    found: dict[str, tuple[float, float]] = {}
    right = 0.0
    for tree, points in trees:
        wide, high = (float(value) for value in np.ptp(points, axis=0))
        shifted = points - points.min(axis=0) + [right, (tallest - high) / 2]
        found |= {name: (float(x), float(y)) for name, (x, y) in zip(tree, shifted, strict=True)}
        right += wide + max(room[0], _GAP)
    return found, max(right - max(room[0], _GAP), 0.0), tallest


def _settled(
    tree: list[str],
    neighbours: Mapping[str, list[str]],
    length: float,
    room: tuple[float, float],
) -> Points:
    """Positions of the records of a tree, in their order."""
    if len(tree) == 1:
        return np.zeros((1, 2))
    steps = _steps(tree, neighbours)
    points = _rings(tree, neighbours) * length
    wanted = length * np.power(steps, _CURL)
    weights = 1.0 / np.square(np.where(steps > 0, wanted, 1.0))
    np.fill_diagonal(weights, 0.0)
    for _ in range(_ROUNDS):
        for place in range(len(tree)):
            away = points[place] - points
            distance = np.maximum(np.hypot(away[:, 0], away[:, 1]), _TINY)
            towards = points + away * (wanted[place] / distance)[:, None]
            share = weights[place]
            points[place] = (towards * share[:, None]).sum(axis=0) / share.sum()
    return _pushed_apart(_lying(points), room)


def _steps(tree: list[str], neighbours: Mapping[str, list[str]]) -> Distances:
    """Steps between any two records of a tree."""
    number = {record: place for place, record in enumerate(tree)}
    steps = np.zeros((len(tree), len(tree)))
    for start in tree:
        row = steps[number[start]]
        for record, came_from in reachable(start, neighbours).items():
            if came_from is not None:
                row[number[record]] = row[number[came_from]] + 1
    return steps


def _rings(tree: list[str], neighbours: Mapping[str, list[str]]) -> Points:
    """Records in rings around the middle, a step each; branches share the circle by leaves."""
    middle = _middle(tree[0], neighbours)
    came = reachable(middle, neighbours)
    children: dict[str, list[str]] = {record: [] for record in came}
    depth = {middle: 0}
    for record, parent in came.items():
        if parent is not None:
            children[parent].append(record)
            depth[record] = depth[parent] + 1
    leaves: dict[str, int] = {}
    for record in reversed(came):
        leaves[record] = max(1, sum(leaves[child] for child in children[record]))
    share = {middle: (0.0, 2 * math.pi)}
    for record in came:
        start, end = share[record]
        width = (end - start) / leaves[record]
        for child in children[record]:
            share[child] = (start, start + width * leaves[child])
            start += width * leaves[child]
    angles = {record: sum(ends) / 2 for record, ends in share.items()}
    return np.array(
        [
            (depth[record] * math.cos(angles[record]), depth[record] * math.sin(angles[record]))
            for record in tree
        ]
    )


def _middle(start: str, neighbours: Mapping[str, list[str]]) -> str:
    """The record from which the furthest is nearest: half way along the longest path."""
    far = list(reachable(start, neighbours))[-1]
    came = reachable(far, neighbours)
    path: list[str] = []
    at: str | None = list(came)[-1]
    while at is not None:
        path.append(at)
        at = came[at]
    return min(path[(len(path) - 1) // 2], path[len(path) // 2])


def _lying(points: Points) -> Points:
    """The points turned so that they are widest from left to right, as a page is."""
    centred = points - points.mean(axis=0)
    x, y = centred[:, 0], centred[:, 1]
    turn = 0.5 * math.atan2(2 * float((x * y).sum()), float((x * x).sum() - (y * y).sum()))
    cosine, sine = math.cos(turn), math.sin(turn)
    return np.column_stack([x * cosine + y * sine, y * cosine - x * sine])


def _pushed_apart(points: Points, room: tuple[float, float]) -> Points:
    """The points moved until none lies in the room (an ellipse's axes) of another."""
    scaled = points / np.array(room)
    for _ in range(_PUSHES):
        away = scaled[:, None, :] - scaled[None, :, :]
        distance = np.hypot(away[:, :, 0], away[:, :, 1])
        np.fill_diagonal(distance, np.inf)
        lacking = np.clip(1.0 - distance, 0.0, None)
        if not (lacking > _TINY).any():
            break
        push = away * (lacking / np.maximum(distance, _TINY) / 2)[:, :, None]
        scaled = scaled + push.sum(axis=1)
    return np.asarray(scaled * np.array(room), dtype=np.float64)

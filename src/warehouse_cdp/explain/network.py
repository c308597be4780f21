"""The graph of a cluster as a picture, with the list of its records and what the lines mean."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from warehouse_cdp.explain.facts import CUT, LINKED, REJECTED, REVIEW
from warehouse_cdp.explain.graph import NAMED_RECORDS, Edge, Graph, limited
from warehouse_cdp.explain.layout import places
from warehouse_cdp.explain.svg import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    PAPER,
    PURPLE,
    Drawing,
    element,
    label,
    shortened,
    titled,
)
from warehouse_cdp.explain.words import decision_words, weight_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.explain.facts import Facts, Link
    from warehouse_cdp.explain.stories import CustomerStory, PairStory

_MOST_NEAR_MISSES = 12
_MARGIN, _EDGE = 90.0, 20.0
_LEAST_WIDTH = 900.0
_COLUMN, _LINE = 285.0, 18.0
_LONGEST_NAME, _LONGEST_ENTRY = 24, 38
_CROSS = "\u00d7"
_STROKES: Mapping[str, dict[str, float | str]] = {
    "weakest": {"stroke": ORANGE, "stroke_width": 5, "stroke_dasharray": "12 5"},
    "chain": {"stroke": BLUE, "stroke_width": 4},
    "link": {"stroke": GREY, "stroke_width": 1},
    "cut": {"stroke": ORANGE, "stroke_width": 2, "stroke_dasharray": "2 5"},
    "review": {"stroke": PURPLE, "stroke_width": 2, "stroke_dasharray": "7 4"},
    "rejected": {"stroke": GREY, "stroke_width": 1, "stroke_dasharray": "1 4"},
}
_ASKED, _OTHERS = "#fff3b0", "#dcebf5"
_MEANINGS = {
    "weakest": "the weakest link",
    "chain": "the chain of strongest links",
    "link": "other links",
    "cut": f"cut by a guard ({_CROSS})",
    "review": "in review (?)",
    "rejected": "rejected",
}
_MARKS = {CUT: _CROSS, REVIEW: "?"}


def customer_graph(story: CustomerStory) -> Graph:
    """A customer's records and links, and the strongest pairs that were kept apart."""
    near = story.held_apart[:_MOST_NEAR_MISSES]
    edges = [_edge(link, "link") for link in story.more_links]
    reached: set[str] = set()
    for one in near:
        edges.append(_edge(one.link, one.link.decision, is_tree=one.outside not in reached))
        reached.add(one.outside)
    for link in story.tree:
        is_weakest = link is story.weakest
        edges.append(_edge(link, "weakest" if is_weakest else "chain", is_tree=True))
    inside = tuple(record.record_id for record in story.records)
    graph = Graph(
        (*inside, *sorted(reached)),
        frozenset([story.named_by]) & frozenset(inside),
        frozenset(reached),
        tuple(edges),
    )
    weakest = story.weakest
    return limited(graph, [weakest.left, weakest.right] if weakest else inside[:1])


def pair_graph(facts: Facts, story: PairStory) -> Graph:
    """Two records' customer with the path between them, or both with what keeps them apart."""
    walked = {step.link.ends: step for step in story.steps or ()}
    members = {
        record.record_id: name for name in facts.customers() for record in facts.members(name)
    }
    edges, branches = [], []
    for link in facts.links:
        if not link.ends <= members.keys():
            continue
        step = walked.get(link.ends)
        if link.decision != LINKED:
            is_told = members[link.left] != members[link.right]
            if is_told and (link.decision != REJECTED or link is story.direct):
                edges.append(_edge(link, link.decision))
        elif step is not None:
            branches.append(_edge(link, "weakest" if step.is_weakest else "chain", is_tree=True))
        else:
            edges.append(_edge(link, "link", is_tree=link.ends in story.tree_ends))
    asked = frozenset((story.left.record_id, story.right.record_id))
    graph = Graph(tuple(sorted(members)), asked, frozenset(), (*edges, *branches))
    path = [record for step in story.steps or () for record in (step.start, step.end)]
    return limited(graph, path or sorted(asked))


def _edge(link: Link, kind: str, *, is_tree: bool = False) -> Edge:
    mark = _MARKS.get(link.decision, "")
    if kind == "weakest":
        mark = weight_words(link.weight)
    title = f"{link.left} and {link.right}: {decision_words(link)}, {weight_words(link.weight)}"
    return Edge(link.left, link.right, kind, mark, title, is_tree)


def network(graph: Graph) -> Drawing:
    """The picture: records as numbered dots (squares are other customers'), links as lines."""
    spots, wide, high = places(graph)
    numbers = {record: number for number, record in enumerate(graph.records, 1)}
    width = max(wide + 2 * _MARGIN, _LEAST_WIDTH)
    shift = (width - wide) / 2
    at = {record: (x + shift, y + _MARGIN * 0.6) for record, (x, y) in spots.items()}
    is_named = len(graph.records) <= NAMED_RECORDS
    parts = [_line(edge, at) for edge in graph.edges]
    parts += [
        _dot(record, at[record], numbers[record], graph, is_named=is_named)
        for record in graph.records
    ]
    parts += [_mark(edge, at) for edge in graph.edges if edge.mark]
    key, top = _key(graph, width, high + _MARGIN * 1.2)
    listed, bottom = _list(graph, numbers, width, top)
    return Drawing(width, bottom, "".join([*parts, *key, *listed]))


def _line(edge: Edge, at: Mapping[str, tuple[float, float]]) -> str:
    (x1, y1), (x2, y2) = at[edge.start], at[edge.end]
    return titled(element("line", x1=x1, y1=y1, x2=x2, y2=y2, **_STROKES[edge.kind]), edge.title)


def _mark(edge: Edge, at: Mapping[str, tuple[float, float]]) -> str:
    (x1, y1), (x2, y2) = at[edge.start], at[edge.end]
    # A weight stands beside its line, which may be shorter than the text; a sign stands on it.
    beside = 14.0 if edge.kind == "weakest" else 0.0
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    side = beside / length if x2 >= x1 else -beside / length
    x, y = (x1 + x2) / 2 + (y2 - y1) * side, (y1 + y2) / 2 - (x2 - x1) * side
    return label(
        x, y + 5, edge.mark, font_size=14, font_weight="bold",
        text_anchor="middle", stroke=PAPER, stroke_width=4, paint_order="stroke",
    )  # fmt: skip


def _dot(
    record: str, place: tuple[float, float], number: int, graph: Graph, *, is_named: bool
) -> str:
    x, y = place
    is_asked = record in graph.asked
    edge: dict[str, float | str] = {"stroke": INK, "stroke_width": 4 if is_asked else 1.5}
    if record in graph.outside:
        shape = element("rect", x=x - 11, y=y - 11, width=22, height=22, fill=PAPER, **edge)
    else:
        fill = _ASKED if is_asked else _OTHERS
        shape = element("circle", cx=x, cy=y, r=13, fill=fill, **edge)
    shape += label(x, y + 4, str(number), font_size=11, text_anchor="middle")
    if is_named:
        shape += label(
            x, y + 29, shortened(record, _LONGEST_NAME), font_size=11, text_anchor="middle",
            stroke=PAPER, stroke_width=3, paint_order="stroke",
        )  # fmt: skip
    return titled(shape, record)


def _key(graph: Graph, width: float, top: float) -> tuple[list[str], float]:
    """What lines and shapes mean, those only that are drawn."""
    used = {edge.kind for edge in graph.edges}
    entries = [
        (element("line", x1=0, y1=-4, x2=36, y2=-4, **_STROKES[kind]), meaning)
        for kind, meaning in _MEANINGS.items()
        if kind in used
    ]
    if graph.asked:
        dot = element("circle", cx=24, cy=-4, r=8, fill=_ASKED, stroke=INK, stroke_width=3)
        entries.append((dot, "asked for"))
    if graph.outside:
        square = element("rect", x=16, y=-12, width=16, height=16, fill=PAPER, stroke=INK)
        entries.append((square, "of another customer"))
    parts, x = [], _EDGE
    for sign, meaning in entries:
        needed = 62 + 7.0 * len(meaning)
        if x > _EDGE and x + needed > width:
            x, top = _EDGE, top + _LINE + 4
        words = label(42, 0, meaning, font_size=12)
        parts.append(f'<g transform="translate({x:.1f} {top:.1f})">{sign}{words}</g>')
        x += needed
    return parts, top + 26 if parts else top


def _list(
    graph: Graph, numbers: Mapping[str, int], width: float, top: float
) -> tuple[list[str], float]:
    """The records by number, in columns."""
    columns = max(1, int((width - 20) // _COLUMN))
    rows = -(-len(graph.records) // columns)
    parts = [
        label(
            20 + _COLUMN * (place // rows),
            top + _LINE * (place % rows),
            f"{numbers[record]}  {shortened(record, _LONGEST_ENTRY)}",
            font_size=12,
        )
        for place, record in enumerate(graph.records)
    ]
    bottom = top + _LINE * rows
    if graph.left_out:
        parts.append(
            label(
                20, bottom + 6,
                f"{graph.left_out:,} more records are not drawn: these are the nearest",
                font_size=12, font_style="italic",
            )
        )  # fmt: skip
        bottom += _LINE
    return parts, bottom + 10

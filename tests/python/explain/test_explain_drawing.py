"""Drawings are well formed, the same each time, escaped, and hold what they should."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from explain_worlds import LINKS, example, facts, link
from warehouse_cdp.explain import Asked, Facts, page, picture
from warehouse_cdp.explain.graph import MOST_RECORDS, Edge, Graph
from warehouse_cdp.explain.layout import places
from warehouse_cdp.explain.svg import BLUE, ORANGE
from warehouse_cdp.explain.waterfall import waterfall

ANN = Asked("cus_ann", "cus_ann")
SVG = "{http://www.w3.org/2000/svg}"


def star(count: int) -> Facts:
    ids = [f"r:{n:03d}" for n in range(count)]
    spokes = [link(ids[0], other, float(place)) for place, other in enumerate(ids[1:], 1)]
    return facts([ANN], dict.fromkeys(ids, "cus_ann"), spokes)


def chain(count: int) -> Facts:
    ids = [f"r:{n:03d}" for n in range(count)]
    steps = [link(one, other, 9.0) for one, other in itertools.pairwise(ids)]
    return facts([ANN], dict.fromkeys(ids, "cus_ann"), steps)


def pair(one: str, other: str) -> Facts:
    customers = {"crm:0035": "cus_ann", "pos:receipt/12": "cus_ann", "shop_uk:7002": "cus_son"}
    return example(Asked(one, customers[one], one), Asked(other, customers[other], other))


WORLDS = [
    example(ANN),
    example(Asked("cus_far", "cus_far")),
    pair("crm:0035", "pos:receipt/12"),
    pair("crm:0035", "shop_uk:7002"),
    star(2),
    star(60),
    chain(60),
]


@pytest.mark.parametrize("world", WORLDS)
def test_a_picture_is_well_formed_and_inside_its_frame(world: Facts) -> None:
    root = ET.fromstring(picture(world))  # noqa: S314 - written a line ago
    width, height = (float(part) for part in root.attrib["viewBox"].split()[2:])
    for circle in root.iter(f"{SVG}circle"):
        assert 0 <= float(circle.attrib["cx"]) <= width
        assert 0 <= float(circle.attrib["cy"]) + 8 <= height
    assert picture(world) == picture(world)


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [str(value) for name, value in attributes if name in ("src", "href")]


def test_a_page_stands_alone_and_escapes_what_it_shows() -> None:
    hostile = "shop:<script>alert(1)</script>&\"'\x00\x0b"
    world = facts([ANN], {hostile: "cus_ann", "b:1": "cus_ann"}, [link("b:1", hostile)])
    for text in (page(world), picture(world)):
        assert "<script" not in text
        assert "\x00" not in text
        assert "&lt;script&gt;" in text
    reader = Reader()
    reader.feed(page(world))
    assert {"svg", "pre", "h1"} <= set(reader.tags)
    assert not {"script", "link", "img", "iframe", "object"} & set(reader.tags)
    assert reader.links == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", page(world)) == []


def test_a_waterfall_ends_at_the_match_weight() -> None:
    drawn = waterfall(LINKS[3]).body
    bars = [
        (float(x), float(width), fill)
        for x, width, fill in re.findall(
            r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="18" fill="(#\w+)"', drawn
        )
    ]
    # prior -11.4, nickname +6.6, phone -2.1 and address +12.4: in the order of the evidence
    assert [fill for *_, fill in bars[:-1]] == [ORANGE, BLUE, BLUE, ORANGE]
    even, scale = bars[0][0] + bars[0][1], bars[0][1] / 11.4
    (start, width, _) = bars[-1]
    assert start == pytest.approx(even, abs=0.2)
    assert width / scale == pytest.approx(5.5, abs=0.05)
    last = bars[-2]
    assert last[0] == pytest.approx(start + width, abs=0.2)
    for weight in ("-11.4", "+6.6", "+12.4", "-2.1", "+5.5"):
        assert f">{weight}</text>" in drawn


def test_a_waterfall_shows_what_a_rule_adds_and_old_evidence_without_bars() -> None:
    assert "the rule: counts for at least 12.1" in waterfall(LINKS[2]).body
    old = waterfall(link("a", "b", 20.0, weights=False)).body
    assert "given name: the same" in old
    assert old.count("<rect") == 1


def test_what_speaks_against_is_told_without_colour() -> None:
    drawn = waterfall(LINKS[3]).body
    assert drawn.count("stroke-dasharray") == drawn.count(ORANGE) == 2


def test_the_graph_names_few_records_and_numbers_many() -> None:
    few, many = picture(star(5)), picture(star(60))
    assert few.count(">r:003</text>") == 1
    assert many.count(">r:003</text>") == 0
    assert many.count("  r:003</text>") == 1
    assert "<line" in many


def test_of_too_many_records_the_nearest_to_the_weakest_link_are_drawn() -> None:
    world = chain(MOST_RECORDS + 50)
    drawn = picture(world)
    assert "50 more records are not drawn" in drawn
    assert drawn.count("<circle") == MOST_RECORDS
    assert "  r:000</text>" in drawn


@pytest.mark.parametrize("world", [star(60), chain(60)])
def test_records_do_not_touch_and_the_order_of_lines_changes_nothing(world: Facts) -> None:
    edges = tuple(Edge(one.left, one.right, "chain", is_tree=True) for one in world.links)
    names = tuple(sorted(world.records))
    graph = Graph(names, frozenset(), frozenset(), edges)
    found, _, _ = places(graph)
    for one, other in itertools.combinations(names, 2):
        (x1, y1), (x2, y2) = found[one], found[other]
        assert (x1 - x2) ** 2 + (y1 - y2) ** 2 > 28**2
    turned = Graph(names, frozenset(), frozenset(), edges[::-1])
    assert places(turned) == places(graph)


def test_records_that_nothing_joins_stand_side_by_side() -> None:
    graph = Graph(
        ("a", "b", "c"), frozenset(), frozenset(), (Edge("a", "b", "chain", is_tree=True),)
    )
    found, width, _ = places(graph)
    assert max(found["a"][0], found["b"][0]) < found["c"][0] <= width

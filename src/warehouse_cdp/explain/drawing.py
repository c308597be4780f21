"""An explanation drawn: one picture, or a page with the picture, the weights and the words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse_cdp.explain.network import customer_graph, network, pair_graph
from warehouse_cdp.explain.stories import customer_story, pair_story
from warehouse_cdp.explain.svg import Drawing, heading, safe, stacked
from warehouse_cdp.explain.telling import SHOWN_LINKS, lines
from warehouse_cdp.explain.waterfall import WIDTH, waterfall
from warehouse_cdp.explain.words import decision_words

if TYPE_CHECKING:
    from warehouse_cdp.explain.facts import Facts, Link

WEAKEST, DIRECT = "the weakest link", "compared directly"
_STYLE = """
body{font-family:system-ui,'Segoe UI',Helvetica,Arial,sans-serif;color:#222;background:#fff;
max-width:1000px;margin:2rem auto;padding:0 1rem;line-height:1.45}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}h3{font-size:1rem;margin-bottom:.2rem}
pre{white-space:pre-wrap;background:#f5f5f5;padding:1rem;border-radius:4px}
summary{cursor:pointer}p{margin:.2rem 0 .6rem}
"""


def page(facts: Facts) -> str:
    """A page of its own: nothing is fetched from anywhere, nothing runs."""
    title, graph, shown = _drawn(facts)
    sections = [
        f"<h3>{safe(_name(link, part))}</h3>"
        f"<p>{safe(decision_words(link))}</p>{waterfall(link).svg(_name(link, part))}"
        for link, part in shown
    ]
    weights = "".join(sections) or "<p>No link to draw.</p>"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{safe(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{safe(title)}</h1>{graph.svg(title)}"
        f"<h2>What each link weighs</h2>{weights}"
        f"<h2>In words</h2><pre>{safe(chr(10).join(lines(facts)))}</pre>"
        "</body></html>\n"
    )


def picture(facts: Facts) -> str:
    """One SVG: the graph, and below it the weights of each link."""
    title, graph, shown = _drawn(facts)
    parts = [heading(title, WIDTH), graph]
    for link, part in shown:
        parts.append(stacked([heading(_name(link, part), WIDTH), waterfall(link)], gap=4))
    whole = stacked(parts)
    return Drawing(whole.width, whole.height + 10, whole.body).svg(title) + "\n"


def _drawn(facts: Facts) -> tuple[str, Drawing, list[tuple[Link, str]]]:
    """Title, graph, and the links whose weights are drawn, with what each is."""
    if len(facts.asked) == 1:
        customer = customer_story(facts)
        weakest = [customer.weakest] if customer.weakest else []
        others = [link for link in customer.tree if link is not customer.weakest]
        shown = [(link, WEAKEST) for link in weakest] + [(link, "") for link in others[::-1]]
        title = f"What holds customer {customer.customer_id} together"
        return title, network(customer_graph(customer)), shown[:SHOWN_LINKS]
    pair = pair_story(facts)
    title = f"{pair.left.record_id} and {pair.right.record_id}: " + (
        "one customer" if pair.is_one_customer else "two customers"
    )
    steps = pair.steps or ()
    shown = [(step.link, WEAKEST if step.is_weakest and len(steps) > 1 else "") for step in steps]
    if pair.direct is not None and all(link is not pair.direct for link, _ in shown):
        shown = [*shown[:SHOWN_LINKS], (pair.direct, DIRECT)]
    return title, network(pair_graph(facts, pair)), shown


def _name(link: Link, part: str) -> str:
    return f"{link.left} and {link.right}" + (f" ({part})" if part else "")

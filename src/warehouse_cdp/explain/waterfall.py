"""The weights of one link as a waterfall: from the prior through each field to the sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse_cdp.explain.svg import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    PAPER,
    Drawing,
    element,
    label,
    shortened,
)
from warehouse_cdp.explain.telling import beyond_words
from warehouse_cdp.explain.words import chance_words, field_words, level_words, weight_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse_cdp.explain.facts import Link

WIDTH = 900.0
_LABELS, _RIGHT, _ROW, _TOP = 350.0, 70.0, 24.0, 30.0
_LONGEST_LABEL = 54
_LEAST_RANGE = 10.0


@dataclass(frozen=True)
class _Bar:
    words: str
    start: float
    end: float
    is_total: bool = False
    is_known: bool = True


def waterfall(link: Link) -> Drawing:
    """A bar a field, each from where the one before ended; blue speaks for one person.

    What speaks against is orange with a dashed edge, the sum is grey. Evidence without weights
    (of an older build) gives the levels as text and the bar of the sum.
    """
    bars = _bars(link)
    ends = [0.0, *(bar.start for bar in bars), *(bar.end for bar in bars)]
    low, high = min(ends), max(*ends, min(ends) + _LEAST_RANGE)
    scale = (WIDTH - _LABELS - _RIGHT - 60) / (high - low)

    def x(weight: float) -> float:
        return _LABELS + 50 + (weight - low) * scale

    height = _TOP + _ROW * len(bars) + 26
    even = x(0.0)
    parts = [
        element("line", x1=even, x2=even, y1=_TOP - 8, y2=height - 22, stroke=GREY, stroke_width=1),
        label(even, _TOP - 14, "as likely as not", font_size=11, text_anchor="middle"),
    ]
    for place, bar in enumerate(bars):
        parts += _bar(bar, x, _TOP + place * _ROW)
        if place + 1 < len(bars) and not bars[place + 1].is_total and bar.is_known:
            joint = x(bar.end)
            top = _TOP + place * _ROW + 18
            parts.append(
                element("line", x1=joint, x2=joint, y1=top, y2=top + 10, stroke=INK, stroke_width=1)
            )
    chance = f"by its weight {chance_words(link.probability)}"
    parts.append(label(_LABELS + 50, height - 6, chance, font_size=12, font_style="italic"))
    return Drawing(WIDTH, height, "".join(parts))


def _bars(link: Link) -> list[_Bar]:
    bars, reached = [], 0.0
    for field in link.fields:
        words = f"{field_words(field.name)}: {level_words(field)}"
        weight = field.weight if link.has_weights and field.weight is not None else 0.0
        bars.append(_Bar(words, reached, reached + weight, is_known=link.has_weights))
        reached += weight
    if link.beyond_fields:
        bars.append(_Bar(f"the rule: {beyond_words(link)}", reached, reached + link.beyond_fields))
    total = reached if link.weight is None else link.weight
    words = "sum" if link.has_weights else "match weight"
    return [*bars, _Bar(words, 0.0, total, is_total=True)]


def _bar(bar: _Bar, x: Callable[[float], float], top: float) -> list[str]:
    weight = "bold" if bar.is_total else "normal"
    words = shortened(bar.words, _LONGEST_LABEL)
    parts = [label(_LABELS, top + 14, words, font_size=12, text_anchor="end", font_weight=weight)]
    if not bar.is_known:
        return parts
    one, other = sorted((x(bar.start), x(bar.end)))
    change = bar.end - bar.start
    fill = GREY if bar.is_total else BLUE if change >= 0 else ORANGE
    edge: dict[str, float | str] = {"stroke": INK, "stroke_width": 1}
    if change < 0 and not bar.is_total:
        edge |= {"stroke_width": 2, "stroke_dasharray": "4 3", "fill_opacity": 0.75}
    parts.append(
        element("rect", x=one, y=top, width=max(other - one, 1.0), height=18, fill=fill, **edge)
    )
    ahead = change >= 0
    parts.append(
        label(
            other + 6 if ahead else one - 6,
            top + 14,
            weight_words(change),
            font_size=12,
            font_weight=weight,
            text_anchor="start" if ahead else "end",
            stroke=PAPER,
            stroke_width=3,
            paint_order="stroke",
        )
    )
    return parts

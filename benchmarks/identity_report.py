"""What the runs of ``identity.py`` add up to: medians, ratios to ours, a table, a chart.

Nothing here runs or reads anything, so that the arithmetic can be tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from identity_runs import OURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from identity_runs import Outcome


@dataclass(frozen=True)
class Row:
    """A contestant's rounds on one file; ratios are its times by ours, medians of both."""

    data: str
    rows: int
    contestant: str
    reason: str
    rounds: int
    seconds: float
    ratio: float | None
    cpu_seconds: float
    cpu_ratio: float | None
    peak_bytes: float
    pairs: int | None
    version: str
    scores: dict[str, float]
    best: dict[str, float]


def summed_up(data: str, rows: int, outcomes: Sequence[Outcome]) -> list[Row]:
    """A row a contestant, in the order of their first runs."""
    ours = [found for found in outcomes if found.contestant == OURS and not found.reason]
    found_rows = []
    for name in dict.fromkeys(found.contestant for found in outcomes):
        mine = [found for found in outcomes if found.contestant == name]
        ran = [found for found in mine if not found.reason]
        last = ran[-1] if ran else mine[-1]
        seconds = _median(ran, "seconds")
        processor = _median(ran, "cpu_seconds")
        found_rows.append(
            Row(
                data=data,
                rows=rows,
                contestant=name,
                reason="" if ran else last.reason,
                rounds=len(ran),
                seconds=seconds,
                ratio=seconds / _median(ours, "seconds") if ran and ours else None,
                cpu_seconds=processor,
                cpu_ratio=processor / _median(ours, "cpu_seconds") if ran and ours else None,
                peak_bytes=_median(ran, "peak_bytes"),
                pairs=last.pairs,
                version=last.version,
                scores=last.scores,
                best=last.best,
            )
        )
    return found_rows


def _median(outcomes: Sequence[Outcome], what: str) -> float:
    return float(median(getattr(found, what) for found in outcomes)) if outcomes else 0.0


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table; shares in five places, as four are what a bar asks for."""
    head = (
        "| data | who | s | by ours | CPU s | by ours | peak GB | pairs | pairs P | R | F1 "
        "| B³ P | R | F1 | cluster P | R | F1 | best F1 |\n|---|---|" + "--:|" * 16
    )
    return "\n".join([head, *(_line(row) for row in rows)])


def _line(row: Row) -> str:
    start = f"| {row.data} | {row.contestant} |"
    if row.reason:
        return f"{start} {row.reason} |" + " |" * 15
    shares = [
        f"{row.scores[f'{measure}_{part}']:.5f}"
        for measure in ("pairwise", "bcubed", "cluster")
        for part in ("precision", "recall", "f1")
    ]
    ratio, cpu_ratio = (
        "" if found is None else f"{found:.2f}" for found in (row.ratio, row.cpu_ratio)
    )
    pairs = "" if row.pairs is None else f"{row.pairs:,}"
    best = f"{row.best['pairwise_f1']:.5f}" if row.best else ""
    times = [f"{row.seconds:.1f}", ratio, f"{row.cpu_seconds:.1f}", cpu_ratio]
    figures = [*times, f"{row.peak_bytes / 1e9:.2f}", pairs, *shares, best]
    return f"{start} {' | '.join(figures)} |"


_COLOURS = ("#3b6ea5", "#9db8d2", "#c0703a", "#dfa878", "#7a8b57", "#8a6fa8")
_HEIGHT, _LEFT, _SCALE_WIDTH, _RIGHT, _TOP = 16, 150, 430, 190, 74
_A_LINE = 3


def chart(title: str, rows: Sequence[Row]) -> str:
    """An SVG: for each file a bar a contestant, as long as its seconds are of the slowest's."""
    names = list(dict.fromkeys(row.contestant for row in rows))
    colours = {name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(names)}
    width = _LEFT + _SCALE_WIDTH + _RIGHT
    parts, top = [], _TOP
    for data in dict.fromkeys(row.data for row in rows):
        mine = [row for row in rows if row.data == data and not row.reason]
        slowest = max((row.seconds for row in mine), default=1.0) or 1.0
        middle = top + _HEIGHT * len(mine) / 2
        parts.append(f'<text x="12" y="{middle + 4:.0f}">{escape(data)}</text>')
        for row in mine:
            length = _SCALE_WIDTH * row.seconds / slowest
            parts.append(
                f'<rect x="{_LEFT}" y="{top}" width="{length:.1f}" height="{_HEIGHT - 3}" '
                f'fill="{colours[row.contestant]}"/>'
            )
            label = f"{row.seconds:.1f} s, pairs F1 {row.scores['pairwise_f1']:.4f}"
            parts.append(f'<text x="{_LEFT + length + 6:.1f}" y="{top + 11}">{label}</text>')
            top += _HEIGHT
        top += 14
    start = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label="{escape(title)}">'
    )
    head = [
        start,
        f'<rect width="{width}" height="{top}" fill="white"/>',
        f'<text x="12" y="22" font-size="14">{escape(title)}</text>',
    ]
    for place, name in enumerate(names):
        left, y = _LEFT + place % _A_LINE * 170, 34 + place // _A_LINE * 17
        head.append(f'<rect x="{left}" y="{y}" width="12" height="12" fill="{colours[name]}"/>')
        head.append(f'<text x="{left + 18}" y="{y + 10}">{escape(name)}</text>')
    return "\n".join([*head, *parts, "</svg>", ""])

"""What the runs of ``activation.py`` add up to: medians, ratios to the floor, a table, a chart.

Nothing here runs or reads anything, so that the arithmetic can be tested.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAN = "plan"


@dataclass(frozen=True)
class Run:
    """One run of a contestant: all rows, and then again after one in a hundred has changed."""

    name: str
    latency: float
    seconds: float
    cpu_seconds: float
    peak_mb: float
    requests: int
    rows: int
    again_seconds: float = 0.0
    again_requests: int = 0

    def as_dictionary(self) -> dict[str, Any]:
        """The run as JSON."""
        return asdict(self)


def medians(runs: Sequence[Run]) -> list[Run]:
    """One run for each contestant and latency, of medians, in the order of the first ones."""
    found = []
    for latency, name in sorted({(run.latency, run.name): 0 for run in runs}):
        mine = [run for run in runs if (run.latency, run.name) == (latency, name)]

        def middle(what: str, mine: Sequence[Run] = mine) -> float:
            return float(median(getattr(run, what) for run in mine))

        found.append(
            Run(
                name,
                latency,
                middle("seconds"),
                middle("cpu_seconds"),
                middle("peak_mb"),
                int(middle("requests")),
                int(middle("rows")),
                middle("again_seconds"),
                int(middle("again_requests")),
            )
        )
    return found


def table(runs: Sequence[Run]) -> str:
    """Medians as a Markdown table, fastest first at each latency."""
    lines = [
        "| ms | who | s | CPU s | peak MB | requests | rows | again s | again requests |",
        "|--:|---|" + "--:|" * 7,
    ]
    for run in sorted(medians(runs), key=lambda run: (run.name != PLAN, run.latency, run.seconds)):
        again = (
            "| |" if run.name == PLAN else f"| {run.again_seconds:.2f} | {run.again_requests:,} |"
        )
        lines.append(
            f"| {run.latency * 1000:.0f} | {run.name} | {run.seconds:.2f} | {run.cpu_seconds:.2f} "
            f"| {run.peak_mb:.0f} | {run.requests:,} | {run.rows:,} {again}"
        )
    return "\n".join(lines)


_COLOURS = {"floor": "#b8b8b8", "ours": "#3b6ea5"}
_PEER = "#c0703a"
_HEIGHT, _LEFT, _SCALE_WIDTH, _RIGHT, _TOP = 18, 130, 420, 150, 44


def chart(title: str, runs: Sequence[Run]) -> str:
    """An SVG: at each latency a bar a contestant, as long as its seconds are of the slowest's."""
    width = _LEFT + _SCALE_WIDTH + _RIGHT
    sent = [run for run in medians(runs) if run.name != PLAN]
    parts, top = [], _TOP
    for latency in dict.fromkeys(run.latency for run in sent):
        mine = sorted((run for run in sent if run.latency == latency), key=lambda run: run.seconds)
        slowest = max(run.seconds for run in mine) or 1.0
        parts.append(
            f'<text x="12" y="{top + 12}" font-weight="bold">an answer takes '
            f"{latency * 1000:.0f} ms</text>"
        )
        top += _HEIGHT + 4
        for run in mine:
            length = _SCALE_WIDTH * run.seconds / slowest
            colour = _COLOURS.get(run.name.partition(",")[0], _PEER)
            label = f"{run.seconds:.1f} s, {run.requests:,} requests"
            parts += [
                f'<text x="12" y="{top + 12}">{escape(run.name)}</text>',
                f'<rect x="{_LEFT}" y="{top}" width="{length:.1f}" height="14" fill="{colour}"/>',
                f'<text x="{_LEFT + length + 6:.1f}" y="{top + 12}">{label}</text>',
            ]
            top += _HEIGHT
        top += 10
    start = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label="{escape(title)}">'
    )
    head = [
        start,
        f'<rect width="{width}" height="{top}" fill="white"/>',
        f'<text x="12" y="24" font-size="14">{escape(title)}</text>',
    ]
    return "\n".join([*head, *parts, "</svg>", ""])

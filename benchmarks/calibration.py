"""Is a match probability of .8 right eight times in ten? Drawn over all sets with truth.

python benchmarks/calibration.py                 # the table, and docs/images/calibration.svg
python benchmarks/calibration.py --sets "FEBRL 100k hard;parish" --image other.svg

Candidate pairs of a probability from ``LEAST`` on are counted by tenths; the expected calibration
error is the mean distance of mean probability and share of true pairs in a tenth, weighted by its
pairs (Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
binning", 2015). Pairs below are left out: there are millions of them, all but surely right. The
chart shows no tenth of fewer than ``FEWEST_DRAWN`` pairs, of which chance alone makes any share;
the error counts them.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
import pandas as pd

from matching_sets import SETS, TRUTH
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.pipeline import prepare
from warehouse_cdp.matching.score import probability
from warehouse_cdp.matching.weighing import gather
from warehouse_cdp.resolve.nicknames import nicknames

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST = 0.01
BINS = 10
FEWEST_DRAWN = 20
IMAGE = Path(__file__).resolve().parents[1] / "docs/images/calibration.svg"
_SIZE, _LEFT, _TOP = 420, 60, 44
_COLOURS = (
    "#1b6ca8", "#c8553d", "#588157", "#7b5ea7", "#b08900", "#3d9aa1", "#a14d78", "#6b705c",
    "#2a9d8f", "#8d5524", "#4361ee", "#d62828", "#777777",
)  # fmt: skip


@dataclass(frozen=True)
class Bin:
    """Pairs of a tenth of the probabilities: how many, their mean, and the share of true ones."""

    pairs: int
    predicted: float
    true: float


@dataclass(frozen=True)
class Calibration:
    """One set's bins, lowest first, empty ones left out."""

    name: str
    bins: tuple[Bin, ...]

    @property
    def error(self) -> float:
        """Expected calibration error; 0 where there are no pairs."""
        pairs = sum(part.pairs for part in self.bins)
        apart = sum(part.pairs * abs(part.predicted - part.true) for part in self.bins)
        return apart / pairs if pairs else 0.0


def calibration(
    name: str, probabilities: npt.NDArray[np.float64], is_true: npt.NDArray[np.bool_]
) -> Calibration:
    """Count pairs by tenths of their probability."""
    kept = probabilities >= LEAST
    probabilities, is_true = probabilities[kept], is_true[kept]
    place = np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)
    bins = []
    for number in range(BINS):
        here = place == number
        if here.any():
            mean, share = float(probabilities[here].mean()), float(is_true[here].mean())
            bins.append(Bin(int(here.sum()), mean, share))
    return Calibration(name, tuple(bins))


def of_records(name: str, frame: pd.DataFrame) -> Calibration:
    """The calibration of candidate pairs of records with ``truth``."""
    options = MatchOptions(nicknames=nicknames())
    rows = prepare(frame.drop(columns=TRUTH), options)
    if rows.records is None:
        return Calibration(name, ())
    evidence = gather(rows.records, rows.sources, options, lambda _step, _share: None)
    truth = pd.factorize(frame[TRUTH])[0][rows.order][rows.records.first_row]
    pairs = evidence.pairs
    is_true = np.asarray(truth[pairs.left] == truth[pairs.right], dtype=np.bool_)
    return calibration(name, probability(evidence.weights), is_true)


def chart(found: Sequence[Calibration]) -> str:
    """An SVG: a line a set, predicted probability against share of true pairs."""
    width, height = _LEFT + _SIZE + 230, _TOP + _SIZE + 60
    title = "Predicted match probability against the share of true pairs"
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'font-family="sans-serif" font-size="12" role="img" aria-label="{title}">'
        ),
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="12" y="22" font-size="14">{title}</text>',
    ]
    for step in range(0, 11, 2):
        share = step / 10
        x, y = _place(share, share)
        parts += [
            f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{_TOP + _SIZE}" stroke="#ddd"/>',
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_LEFT + _SIZE}" y2="{y:.1f}" stroke="#ddd"/>',
            f'<text x="{x:.1f}" y="{_TOP + _SIZE + 18}" text-anchor="middle">{share:.1f}</text>',
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.1f}</text>',
        ]
    (x1, y1), (x2, y2) = _place(0, 0), _place(1, 1)
    parts += [
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#999" stroke-dasharray="4 4"/>',
        (
            f'<text x="{_LEFT + _SIZE / 2}" y="{height - 14}" text-anchor="middle">'
            f"mean predicted probability of a tenth of {FEWEST_DRAWN} pairs or more</text>"
        ),
    ]
    for number, one in enumerate(found):
        colour = _COLOURS[number % len(_COLOURS)]
        drawn = [part for part in one.bins if part.pairs >= FEWEST_DRAWN]
        points = [_place(part.predicted, part.true) for part in drawn]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}"/>')
        # The area of a dot grows with its pairs, by their logarithm.
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{1 + np.log10(part.pairs + 1):.1f}" '
            f'fill="{colour}" fill-opacity=".6"/>'
            for (x, y), part in zip(points, drawn, strict=True)
        ]
        y = _TOP + 10 + 20 * number
        parts.append(
            f'<text x="{_LEFT + _SIZE + 16}" y="{y}" fill="{colour}">'
            f"{escape(one.name)}: {one.error:.3f}</text>"
        )
    return "\n".join([*parts, "</svg>", ""])


def _place(across: float, up: float) -> tuple[float, float]:
    return _LEFT + _SIZE * across, _TOP + _SIZE * (1.0 - up)


def main() -> int:
    """Print the table and write the chart; 1 if a file is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", default="", help="names of sets, semicolon between them")
    parser.add_argument("--image", type=Path, default=IMAGE, help="where the chart goes")
    asked = parser.parse_args()
    names = [name.strip() for name in asked.sets.split(";") if name.strip()]
    found = []
    print(f"{'set':<22}{'pairs':>9}{'error':>8}   predicted/true by tenth")
    for data in SETS:
        if names and data.name not in names:
            continue
        try:
            one = of_records(data.name, data.load())
        except FileNotFoundError as error:
            print(f"{data.name}: {error.filename} is not there")
            return 1
        found.append(one)
        tenths = " ".join(f"{part.predicted:.2f}/{part.true:.2f}" for part in one.bins)
        print(f"{one.name:<22}{sum(p.pairs for p in one.bins):>9}{one.error:>8.4f}   {tenths}")
    asked.image.write_text(chart(found), encoding="utf-8")
    print(f"wrote {asked.image}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

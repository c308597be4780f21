"""Which threshold and cut to match with, chosen on some sets of data and tried on the others.

python benchmarks/cross_validate.py              # all sets; about a minute
python benchmarks/cross_validate.py --json out.json

Families of sets are left out one after the other: the pair of values that does best on the mean
of the other families (each family the mean of its sets) is tried on the one left out. The last
line is the choice by all families, which ``MatchOptions`` has as its defaults. What is judged is
the mean of pairwise and B-cubed F1: the first weighs large clusters, the second every record. Of
choices that do as well to a thousandth the one that joins least is taken: the highest cut, then
the highest threshold.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from matching_sets import SETS, TRUTH, DataSet
from warehouse_cdp.matching.decide import Told, decide
from warehouse_cdp.matching.evaluate import agreement
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.pipeline import prepare
from warehouse_cdp.matching.silence import Silence
from warehouse_cdp.matching.weighing import gather
from warehouse_cdp.resolve.nicknames import nicknames

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warehouse_cdp.matching.weighing import Evidence, Positions, Weights

THRESHOLDS = (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
CUTS = (-6.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0)
TOLERANCE = 0.001
Choice = tuple[float, float]
Scores = dict[Choice, float]


@dataclass
class Remembering:
    """Weighs the pairs of components once, and again gives the same for the next cut."""

    evidence: Evidence
    weights: list[Weights]
    call: int = 0

    def __call__(self, left: Positions, right: Positions) -> Weights:
        """Weights of the pairs of the next batch of components."""
        if self.call == len(self.weights):
            self.weights.append(self.evidence.weigh(left, right))
        self.call += 1
        return self.weights[self.call - 1].copy()


def scores_of(frame: pd.DataFrame) -> Scores:
    """Mean of pairwise and B-cubed F1 on one set by threshold and cut."""
    options = MatchOptions(nicknames=nicknames())
    rows = prepare(frame.drop(columns=TRUTH), options)
    if rows.records is None:
        message = "no column of the set tells anything"
        raise ValueError(message)
    evidence = gather(rows.records, rows.sources, options, lambda _step, _share: None)
    truth = pd.factorize(frame[TRUTH])[0][rows.order]
    none = np.zeros(0, dtype=np.int32)
    found: Scores = {}
    for threshold in THRESHOLDS:
        linked = evidence.links(threshold)
        weigh = Remembering(evidence, [])
        for cut in CUTS:
            weigh.call = 0
            decision = decide(
                rows.records.count,
                evidence.pairs.left[linked],
                evidence.pairs.right[linked],
                evidence.weights[linked],
                weigh,
                Told((none, none), (none, none)),
                None,
                cut=cut,
                largest=options.largest_cluster,
                count_as=Silence(rows.records, evidence.weigh.settled.model),
            )
            score = agreement(decision.labels[rows.records.row_record], truth)
            found[threshold, cut] = (score.pairwise.f1 + score.bcubed.f1) / 2.0
    return found


def best(scores: Mapping[str, Scores], families: Mapping[str, Sequence[str]]) -> Choice:
    """Of the choices within ``TOLERANCE`` of the best mean over families that which joins least."""
    choices = list(product(THRESHOLDS, CUTS))
    means = {
        choice: fmean(fmean(scores[name][choice] for name in names) for names in families.values())
        for choice in choices
    }
    enough = max(means.values()) - TOLERANCE
    good = [choice for choice in choices if means[choice] >= enough]
    return max(good, key=lambda choice: (choice[1], choice[0]))


def cross_validated(
    sets: Sequence[DataSet], scores: Mapping[str, Scores], default: Choice
) -> list[dict[str, object]]:
    """For each set what the families but its own would have chosen, and how that does on it."""
    families: dict[str, list[str]] = {}
    for data in sets:
        families.setdefault(data.family, []).append(data.name)
    rows: list[dict[str, object]] = []
    for data in sets:
        others = {name: members for name, members in families.items() if name != data.family}
        chosen = best(scores, others or families)
        mine = scores[data.name]
        rows.append(
            {
                "set": data.name,
                "family": data.family,
                "threshold": chosen[0],
                "cut": chosen[1],
                "f1": mine[chosen],
                "default_f1": mine[default],
                "best_f1": max(mine.values()),
            }
        )
    return rows


def table(rows: Sequence[Mapping[str, object]], overall: Choice, default: Choice) -> list[str]:
    """The rows as text, and what all families together choose."""
    head = f"{'set left out':<22}{'threshold':>10}{'cut':>6}{'F1':>9}{'default':>9}{'best':>9}"
    lines = [head]
    lines += [
        f"{row['set']:<22}{row['threshold']:>10}{row['cut']:>6}"
        f"{row['f1']:>9.5f}{row['default_f1']:>9.5f}{row['best_f1']:>9.5f}"
        for row in rows
    ]
    lines.append(f"all families choose: threshold {overall[0]}, cut {overall[1]}")
    lines.append(f"the default is:      threshold {default[0]}, cut {default[1]}")
    return lines


def main() -> int:
    """Print the table; 1 if a file is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="where to write all scores")
    parser.add_argument("--sets", default="", help="names of sets, semicolon between them")
    asked = parser.parse_args()
    names = [name.strip() for name in asked.sets.split(";") if name.strip()]
    sets = [data for data in SETS if not names or data.name in names]
    if not sets:
        print(f"no such set; there are: {', '.join(data.name for data in SETS)}")
        return 1
    scores: dict[str, Scores] = {}
    for data in sets:
        try:
            frame = data.load()
        except FileNotFoundError as error:
            print(f"{data.name}: {error.filename} is not there")
            return 1
        scores[data.name] = scores_of(frame)
    default = (MatchOptions().threshold, MatchOptions().cut)
    families: dict[str, list[str]] = {}
    for data in sets:
        families.setdefault(data.family, []).append(data.name)
    overall = best(scores, families)
    for line in table(cross_validated(sets, scores, default), overall, default):
        print(line)
    if asked.json:
        flat = {
            name: [[*choice, value] for choice, value in found.items()]
            for name, found in scores.items()
        }
        asked.json.write_text(json.dumps(flat, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

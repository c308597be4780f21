"""Where the build cuts customers that hold a contradiction: the level, by cross-validation.

python benchmarks/cross_validate_cut.py [--all] [--json out.json]

Each set of ``matching_sets.py`` (of up to 20,000 records; ``--all``: of any size) is linked by the
build's matcher with each level of ``least_mean_weight``; -60 cuts nowhere. Families of sets are
left out one after the other: the level that does best on the mean of the other families is tried
on those left out. Judged is the mean of pairwise and B-cubed F1; of levels that do equally well
the highest is taken: it leaves these sets as they are and still cuts what is worse than anything
in them. The last lines are the choice by all families and the default.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import pandas as pd

from matching_sets import SETS, TRUTH, DataSet
from warehouse_cdp.linkage import (
    LinkageSettings,
    active_overrides,
    cluster_records,
    find_bad_values,
    link_records,
    no_overrides,
    prepare_identifiers,
    prepare_records,
    train,
)
from warehouse_cdp.matching.evaluate import agreement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVELS = (-60.0, -12.0, -8.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0)
FEW = 20_000
_DIGITS = 9
Scores = dict[float, tuple[float, int]]


def scores_of(frame: pd.DataFrame) -> Scores:
    """Mean of pairwise and B-cubed F1, and the links cut, by level."""
    settings = LinkageSettings()
    people = frame.rename(columns={"address_line": "address_line_1"}).reset_index(drop=True)
    ids = pd.Series([f"set:{number:07}" for number in range(len(people))])
    if "source" not in people:
        people["source"] = "set"
    records = prepare_records(people.drop(columns=TRUTH).assign(record_id=ids))
    identifiers = prepare_identifiers(pd.DataFrame(), records)
    bad = find_bad_values(identifiers, records, settings.bad_value_people)
    overrides = active_overrides(no_overrides(), records["record_id"], None)
    model = train(records, identifiers, bad, settings)
    person = pd.factorize(people[TRUTH])[0]
    found: Scores = {}
    for level in LEVELS:
        mine = replace(settings, least_mean_weight=level)
        links = link_records(records, identifiers, bad, model, overrides, mine).links
        clusters = cluster_records(ids, links).set_index("record_id")["cluster_key"]
        score = agreement(pd.factorize(clusters.loc[ids])[0], person)
        cut = int((links["cut_by"] == "weakest_evidence").sum())
        found[level] = (round((score.pairwise.f1 + score.bcubed.f1) / 2.0, _DIGITS), cut)
    return found


def best(scores: Mapping[str, Scores], families: Mapping[str, Sequence[str]]) -> float:
    """The level with the best mean over families; of equals the highest."""
    means = {
        level: fmean(fmean(scores[name][level][0] for name in names) for names in families.values())
        for level in LEVELS
    }
    return max(LEVELS, key=lambda level: (round(means[level], _DIGITS), level))


def cross_validated(
    sets: Sequence[DataSet], scores: Mapping[str, Scores]
) -> list[dict[str, object]]:
    """For each set what the families but its own would have chosen, and how that does on it."""
    families: dict[str, list[str]] = {}
    for data in sets:
        families.setdefault(data.family, []).append(data.name)
    default = LinkageSettings().least_mean_weight
    rows: list[dict[str, object]] = []
    for data in sets:
        others = {name: members for name, members in families.items() if name != data.family}
        level, mine = best(scores, others or families), scores[data.name]
        rows.append(
            {
                "set": data.name,
                "level": level,
                "f1": mine[level][0],
                "uncut_f1": mine[LEVELS[0]][0],
                "default_f1": mine[default][0],
                "default_cut": mine[default][1],
                "best_f1": max(f1 for f1, _ in mine.values()),
            }
        )
    rows.append({"set": "all families choose", "level": best(scores, families)})
    rows.append({"set": "the default is", "level": default})
    return rows


def table(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """The rows as text."""
    names = ("level", "f1", "uncut_f1", "default_f1", "default_cut", "best_f1")
    lines = [f"{'set left out':<22}" + "".join(f"{name:>12}" for name in names)]
    for row in rows:
        told = [row[name] for name in names if name in row]
        shown = [f"{one:.5f}" if isinstance(one, float) and one >= 0 else str(one) for one in told]
        lines.append(f"{row['set']:<22}" + "".join(f"{one:>12}" for one in shown))
    return lines


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="large sets too")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    scores: dict[str, Scores] = {}
    used = []
    for data in SETS:
        frame = data.load()
        if len(frame) > FEW and not options.all:
            continue
        used.append(data)
        scores[data.name] = scores_of(frame)
        print(f"{data.name:<22}", scores[data.name], file=sys.stderr)
    rows = cross_validated(used, scores)
    print("\n".join(table(rows)))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Our matcher and its peers on the same files in one run: how right, how fast, in how much memory.

python benchmarks/identity.py --data febrl3,febrl4,febrl100k-hard,fake1000 --only ours
python benchmarks/identity.py --data people1m --rounds 3 --splink-python ~/splink/bin/python
python benchmarks/identity.py FILE --truth person --without phone,email

Each contestant runs in a process of its own, one after the other, and rounds turn the order:
machines are noisy, so ratios to ours are printed beside seconds. Peers are no dependencies: give
the interpreter of an environment that has them (``python -m venv …; pip install splink==5.0.0``).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from identity_data import NAMES, Data, DataAbsentError, from_file, prepare
from identity_report import chart, summed_up, table
from identity_runs import compete, contestants

if TYPE_CHECKING:
    from identity_report import Row

DEFAULT_DATA = "febrl3,febrl4,febrl100k,febrl100k-hard,fake1000"


def options() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="CSV or Parquet of standard columns")
    parser.add_argument("--truth", default="truth", help="the column of FILE with the true person")
    parser.add_argument("--without", default="", help="columns of FILE to leave out")
    parser.add_argument("--data", default=DEFAULT_DATA, help=f"some of {', '.join(NAMES)}")
    parser.add_argument("--only", default="", help="contestants to run; all where nothing is said")
    parser.add_argument("--rounds", type=int, default=1, help="runs of each; medians count")
    parser.add_argument("--splink-python", type=Path, help="an interpreter with splink 5")
    parser.add_argument("--goldenmatch-python", type=Path, help="an interpreter with goldenmatch")
    parser.add_argument("--longest", type=float, default=900.0, help="seconds a run may take")
    parser.add_argument("--work", type=Path, default=Path("target/identity-benchmark"))
    parser.add_argument("--out", type=Path, help="a JSON file for every run and the summary")
    parser.add_argument("--chart", type=Path, help="an SVG file")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 2 where a name is unknown or no data are there."""
    asked = options().parse_args(arguments)
    asked.work.mkdir(parents=True, exist_ok=True)
    everyone = contestants(asked.splink_python, asked.goldenmatch_python)
    only = _listed(asked.only) or [contestant.name for contestant in everyone]
    names = [] if asked.files else _listed(asked.data)
    unknown = sorted(
        {name for name in names if name not in NAMES}
        | {name for name in only if name not in {each.name for each in everyone}}
    )
    if unknown:
        known = f"{', '.join(NAMES)}; {', '.join(each.name for each in everyone)}"
        print(f"unknown: {', '.join(unknown)}; there are {known}", file=sys.stderr)
        return 2
    taking_part = [each for each in everyone if each.name in only]
    rows: list[Row] = []
    runs: list[dict[str, object]] = []
    for data in _data(asked, names):
        outcomes = []
        for number in range(asked.rounds):
            turn = number % len(taking_part)
            for contestant in taking_part[turn:] + taking_part[:turn]:
                outcome = compete(contestant, data, asked.work, asked.longest)
                told = outcome.reason or f"{outcome.seconds:.1f} s"
                print(
                    f"{data.name}, round {number + 1}: {outcome.contestant} {told}", file=sys.stderr
                )
                outcomes.append(outcome)
        order = [each.name for each in taking_part]
        outcomes.sort(key=lambda outcome: order.index(outcome.contestant))
        rows += summed_up(data.name, data.rows, outcomes)
        runs += [{"data": data.name, **asdict(outcome)} for outcome in outcomes]
        _write(asked, rows, runs)
    if not rows:
        return 2
    print(table(rows))
    return 0


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _data(asked: argparse.Namespace, names: list[str]) -> list[Data]:
    """The files to run on; those that are not there are named and left out."""
    left_out = tuple(_listed(asked.without))
    made = [partial(prepare, name, asked.work) for name in names] or [
        partial(from_file, file, asked.truth, left_out, asked.work) for file in asked.files
    ]
    found = []
    for make in made:
        try:
            found.append(make())
        except DataAbsentError as absent:
            print(f"left out: {absent}", file=sys.stderr)
    return found


def _write(asked: argparse.Namespace, rows: list[Row], runs: list[dict[str, object]]) -> None:
    """Write what is known so far, so that a long run that is stopped is not lost."""
    machine = {
        "processors": os.cpu_count(),
        "platform": platform.platform(),
        "python": platform.python_version(),
    }
    if asked.out:
        told = {"machine": machine, "summary": [asdict(row) for row in rows], "runs": runs}
        asked.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    if asked.chart:
        asked.chart.write_text(
            chart("Seconds to find who is who, each file by its slowest", rows), encoding="utf-8"
        )


if __name__ == "__main__":
    sys.exit(main())

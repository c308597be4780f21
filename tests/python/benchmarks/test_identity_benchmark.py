"""The identity benchmark on tiny data, ours only; its arithmetic; its commands in the docs."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pyarrow.parquet as pq
import pytest

from identity import main, options
from identity_data import NAMES
from identity_report import chart, summed_up, table
from identity_runs import Outcome, contestants
from people import people
from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SHARES = {
    f"{measure}_{part}": 0.5
    for measure in ("pairwise", "bcubed", "cluster")
    for part in ("precision", "recall", "f1")
}


def test_ours_runs_on_a_file_and_absent_peers_say_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out, drawing = (tmp_path / name for name in ("few.parquet", "out.json", "out.svg"))
    pq.write_table(people(3_000, seed=2), file)
    told = [str(file), "--only", "ours,Splink,goldenmatch", "--work", str(tmp_path)]
    assert main([*told, "--without", "phone", "--out", str(out), "--chart", str(drawing)]) == 0
    printed = capsys.readouterr().out
    assert "| few | Splink | not run: no --splink-python" in printed
    assert "| few | goldenmatch | not run: no --goldenmatch-python |" in printed
    summary = {row["contestant"]: row for row in json.loads(out.read_text())["summary"]}
    ours = summary["ours"]
    assert (ours["rounds"], ours["rows"], ours["ratio"]) == (1, 3_000, 1.0)
    assert ours["scores"]["pairwise_f1"] > 0.99
    assert ours["peak_bytes"] > 10**8
    assert ours["cpu_seconds"] > 0
    assert ours["pairs"] > 100
    ET.fromstring(drawing.read_text())  # noqa: S314 - our own drawing
    assert "phone" not in pq.read_schema(tmp_path / "few.records.parquet").names
    assert "phone" in pq.read_schema(file).names


def test_what_is_unknown_is_named_with_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", "febrl9", "--only", "theirs"]) == 2
    told = capsys.readouterr().err
    assert "unknown: febrl9, theirs" in told
    assert "people1m" in told


def _outcome(name: str, seconds: float, **further: object) -> Outcome:
    plain = Outcome(name, seconds=seconds, cpu_seconds=seconds * 2, pairs=7, scores=SHARES)
    return replace(plain, **further)  # type: ignore[arg-type]


def test_medians_are_taken_and_put_in_relation_to_ours() -> None:
    outcomes = [
        *(_outcome("ours", seconds) for seconds in (2.0, 1.0, 9.0)),
        *(_outcome("Splink", seconds) for seconds in (8.0, 6.0, 5.0)),
        Outcome("goldenmatch", "not finished within 9 s"),
    ]
    ours, splink, other = summed_up("few", 10, outcomes)
    assert (ours.seconds, ours.ratio, ours.rounds) == (2.0, 1.0, 3)
    assert (splink.seconds, splink.ratio, splink.cpu_ratio) == (6.0, 3.0, 3.0)
    assert (other.rounds, other.ratio) == (0, None)
    lines = table([ours, splink, other]).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert "| few | Splink | 6.0 | 3.00 | 12.0 | 3.00 |" in lines[3]
    assert "not finished within 9 s" in lines[4]
    drawn = ET.fromstring(chart("a < b", [ours, splink, other]))  # noqa: S314
    bars = [float(bar.attrib["width"]) for bar in drawn.iter() if bar.attrib.get("height") == "13"]
    assert bars == [pytest.approx(430 / 3, abs=0.1), 430.0]


def test_a_run_that_failed_is_no_part_of_the_median() -> None:
    found = summed_up("few", 10, [_outcome("ours", 2.0), Outcome("ours", "failed: why")])
    assert (found[0].seconds, found[0].rounds, found[0].reason) == (2.0, 1, "")


@pytest.mark.parametrize("page", ["docs/benchmarks.md", "benchmarks/README.md"])
def test_every_documented_command_is_understood(page: str) -> None:
    commands = re.findall(r"python benchmarks/identity\.py([^\n`|]*)", (ROOT / page).read_text())
    assert commands
    names = {contestant.name for contestant in contestants(None, None)}
    for command in commands:
        asked = options().parse_args(shlex.split(command))
        assert set(asked.data.split(",")) <= set(NAMES)
        assert set(filter(None, asked.only.split(","))) <= names

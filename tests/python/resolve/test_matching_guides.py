"""The guides of the model: their commands and scripts run and print what they say."""

from __future__ import annotations

import csv
import re
import runpy
import shlex
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from warehouse_cdp.cli import app
from warehouse_cdp.matching.block import RULES
from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ANALYST = (ROOT / "docs/guides/how-matching-works.md").read_text(encoding="utf-8")
ENGINEER = (ROOT / "docs/guides/matching-engine.md").read_text(encoding="utf-8")
FILE = re.findall(r"```csv people\.csv\n(.*?)```", ANALYST, flags=re.DOTALL)[0]
COMMANDS = re.findall(r"```console\n(.*?)\n```(?:\n\n```text\n(.*?)```)?", ANALYST, flags=re.DOTALL)
SCRIPTS = dict(re.findall(r"```python (\w+\.py)\n(.*?)```", ENGINEER, flags=re.DOTALL))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(FILE, encoding="utf-8")
    return tmp_path


def test_the_analysts_commands_print_what_the_page_says(folder: Path) -> None:
    assert len(COMMANDS) == 2
    for command, output in COMMANDS:
        program, *arguments = shlex.split(command)
        assert program == "cdp"
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
        if output:
            seconds = r"\d+\.\d s\)"
            assert re.sub(seconds, "", done.stdout) == re.sub(seconds, "", output)
            with (folder / "links.csv").open(encoding="utf-8", newline="") as handle:
                rows = list(csv.DictReader(handle))
            columns = ("given_name", "family_name", "birth_date", "email")
            for row in rows:
                cells = [row["left_record_id"], row["right_record_id"], *(row[c] for c in columns)]
                line = " | ".join([*cells, f"{float(row['match_weight']):.1f}"])
                assert f"| {line} |" in ANALYST
            assert len(rows) == 3


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("engine.py", "6 customers, "),
        (
            "steps.py",
            "Measure(precision=1.0, recall=1.0, f1=1.0)\n['left', 'right'",
        ),
        ("script.py", "cust"),
    ],
)
def test_the_engineers_scripts_run(
    name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / name
    script.write_text(SCRIPTS[name], encoding="utf-8")
    runpy.run_path(str(script))
    assert said in capsys.readouterr().out


def test_no_script_of_the_page_is_left_out() -> None:
    assert set(SCRIPTS) == {"engine.py", "steps.py", "script.py"}


def test_what_the_engineers_page_names_is_there() -> None:
    assert f"{len(RULES)} rules" in ENGINEER
    package = ROOT / "src/warehouse_cdp/matching"
    table = ENGINEER.partition("## The weight")[0]
    for row in re.findall(r"^\| \w+ \| (`.*?`) \|", table, flags=re.MULTILINE):
        for module in re.findall(r"`(\w+)`", row):
            assert (package / f"{module}.py").is_file(), module
    tests = ROOT / "tests/python/matching"
    for test in re.findall(r"(test_\w+\.py)", ENGINEER):
        assert (tests / test).is_file(), test
    for command in re.findall(r"`python (benchmarks/\w+\.py)`", ENGINEER):
        assert (ROOT / command).is_file()

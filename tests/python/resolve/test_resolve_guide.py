"""docs/guides/resolve-a-file.md followed to the letter: its file, its commands, what they print."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from warehouse_cdp.cli import app
from warehouse_cdp.matching.columns import COLUMNS_OF_A_FILE
from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

GUIDE = (ROOT / "docs/guides/resolve-a-file.md").read_text(encoding="utf-8")
FILE = re.findall(r"```csv people\.csv\n(.*?)```", GUIDE, flags=re.DOTALL)
COMMANDS = re.findall(r"```console\n(.*?)\n```(?:\n\n```text\n(.*?)```)?", GUIDE, flags=re.DOTALL)


def timeless(text: str) -> str:
    """What is printed but for the time it took and how near the matcher was to learning."""
    return re.sub(r"\d+\.\d s\)|(?<=weights not learnt).*", "…", text)


def test_the_guide_has_its_file_and_commands() -> None:
    assert len(FILE) == 1
    assert len(COMMANDS) == 3
    assert [bool(output) for _, output in COMMANDS] == [True, True, False]


def test_the_commands_of_the_guide_do_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(FILE[0], encoding="utf-8")
    for command, output in COMMANDS:
        program, *arguments = shlex.split(command)
        assert program == "cdp"
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
        if output:
            assert timeless(done.stdout) == timeless(output)
    written = {"people.csv", "customers.csv", "customers.parquet", "links.csv"}
    assert {path.name for path in tmp_path.iterdir()} == written


def test_the_guide_names_every_standard_column() -> None:
    assert [name for name in COLUMNS_OF_A_FILE if f"`{name}`" not in GUIDE] == []

"""docs/guides/explain.md followed to the letter: its commands, what they print, its SQL."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from explain_worlds import explained_project
from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GUIDE = (ROOT / "docs/guides/explain.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```console\n(.*?)\n```(?:\n\n```text\n(.*?)```)?", GUIDE, flags=re.DOTALL)
QUERIES = re.findall(r"```sql\n(.*?)\n```", GUIDE, flags=re.DOTALL)


def test_the_guide_has_its_commands_and_queries() -> None:
    assert [bool(output) for _, output in COMMANDS] == [True, True, True, False]
    assert len(QUERIES) == 2


def test_the_commands_of_the_guide_do_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DBT_PROFILES_DIR", "DBT_TARGET", "CDP_WAREHOUSE_PATH", "CDP_STATE_PATH"):
        monkeypatch.delenv(name, raising=False)
    project = explained_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    for commands, output in COMMANDS:
        for command in commands.splitlines():
            program, *arguments = shlex.split(command)
            assert program == "cdp"
            code, said, noted = project.cdp(*arguments)
            assert code == 0, noted
            if output:
                assert said == output
    assert {path.name for path in tmp_path.iterdir()} - before == {"why.html", "why.svg"}
    path, weakest = (project.query(query) for query in QUERIES)
    assert [(row[0], row[1], row[2], row[5]) for row in path] == [
        (1, "shop_uk:7001", "crm:0035", False),
        (2, "crm:0035", "loyalty:42", False),
        (3, "loyalty:42", "pos:receipt/12", True),
    ]
    assert weakest == [("cus_ann", pytest.approx(5.5))]

"""Every command in the README runs in a fresh checkout (but `make test`, which runs this)."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NOT_HERE = {"make test"}
BLOCKS = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.strip().splitlines()]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that git knows or would take, as a clone of the next commit holds them."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
            (folder / name).chmod((ROOT / name).stat().st_mode)
    return folder


def test_the_readme_has_the_two_commands() -> None:
    assert COMMANDS[:2] == ["make demo", "make test"]


def test_every_command_of_the_readme_runs(checkout: Path) -> None:
    """In order, as a reader would: the demo makes the environment that the others use."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CDP_", "DBT_", "PYTHONPATH", "VIRTUAL_ENV"))
    }
    environment["PATH"] = f"{checkout / '.venv/bin'}:{environment['PATH']}"
    environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    environment["DBT_LOG_LEVEL_FILE"] = "info"  # the debug log of a build costs seconds
    for command in COMMANDS:
        if command in NOT_HERE:
            continue
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        if command == "make demo":
            assert "pairwise precision" in done.stdout
    assert (checkout / "target/index.html").exists()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 200


@pytest.mark.parametrize(
    "page", sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    broken = [link for link in links if not (page.parent / link).exists()]
    assert broken == []

"""The benchmark's commands in the docs are ones that it takes."""

from __future__ import annotations

import re
import shlex

import pytest

from pipeline import options
from worlds import ROOT

PAGES = ("docs/benchmarks.md", "benchmarks/README.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_documented_command_is_understood(page: str) -> None:
    commands = re.findall(r"python benchmarks/pipeline\.py([^\n`|]*)", (ROOT / page).read_text())
    assert commands
    for command in commands:
        options().parse_args(shlex.split(command))


def test_without_options_a_sample_of_twenty_thousand_people_is_made() -> None:
    chosen = options().parse_args([])
    assert (chosen.people, chosen.sample, chosen.rounds) == (20_000, None, 1)

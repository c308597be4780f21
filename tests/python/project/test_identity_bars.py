"""Identity is good enough on the committed sample and on a company it was never tuned to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from worlds import Project

# At least, and at most on a wrong person.
LEAST = {
    ("linking", "precision"): 0.995,
    ("linking", "recall"): 0.95,
    ("linking", "bcubed_f1"): 0.98,
    ("revenue", "right"): 0.97,
    ("events", "right"): 0.95,
}
MOST = {("revenue", "wrong"): 0.005, ("events", "wrong"): 0.005}


def evaluation(project: Project) -> dict[str, Any]:
    outcome = project.cdp("evaluate", "--sample-dir", "sample", "--json")
    assert outcome.code == 0, outcome.output
    found: dict[str, Any] = json.loads(outcome.output)
    return found


@pytest.mark.parametrize("company", ["committed_sample", "uncommitted"])
def test_customers_are_who_they_are(company: str, request: pytest.FixtureRequest) -> None:
    measured = evaluation(request.getfixturevalue(company))
    found = {bar: measured[bar[0]][bar[1]] for bar in (*LEAST, *MOST)}
    assert {bar: found[bar] for bar in LEAST if found[bar] < LEAST[bar]} == {}
    assert {bar: found[bar] for bar in MOST if found[bar] > MOST[bar]} == {}

"""``cdp destinations``: what there is, and how far each may be trusted."""

from __future__ import annotations

import json
import re

from typer.testing import CliRunner

from warehouse_cdp.cli import app
from warehouse_cdp.destinations.registry import DESTINATION_TYPES

VERIFIED = {name for name, kind in DESTINATION_TYPES.items() if kind.capabilities.is_verified}


def said(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["destinations", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_help_tells_the_verified_from_the_others() -> None:
    text = " ".join(said("--help").split())
    verified, unverified = text.split("Unverified (")
    listed = re.findall(r"\b[a-z]+(?:_[a-z]+)?\b", verified.split("protocol):")[1])
    assert set(listed) == VERIFIED
    others = unverified.split("first):")[1].split(".")[0]
    assert set(re.findall(r"\w+", others)) == set(DESTINATION_TYPES) - VERIFIED
    assert "cdp destinations hubspot" in text


def test_the_list_has_them_all() -> None:
    lines = said().splitlines()
    assert [line.split()[0] for line in lines] == list(DESTINATION_TYPES)
    for line in lines:
        name, status = line.split()[:2]
        assert (status == "verified") == (name in VERIFIED)
    told = json.loads(said("--json"))
    assert {one["type"]: one["verified"] for one in told} == {
        name: name in VERIFIED for name in DESTINATION_TYPES
    }


def test_one_is_shown_with_what_it_needs() -> None:
    text = said("hubspot")
    assert "HUBSPOT_TOKEN" in text
    assert "100 a request" in text
    assert json.loads(said("hubspot", "--json"))["secrets"] == {"token": "HUBSPOT_TOKEN"}
    assert said("meta_audience").startswith("meta_audience: unverified\n")


def test_an_unknown_one_is_told_with_those_there_are() -> None:
    done = CliRunner().invoke(app, ["destinations", "hubspott"])
    assert done.exit_code == 2

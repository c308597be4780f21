"""The nicknames of the package are those of the seed, and reach the matcher."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pandas as pd

from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.pipeline import resolve
from warehouse_cdp.resolve.nicknames import NAME, nicknames
from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE: Path = ROOT / "src/warehouse_cdp"


def test_the_package_ships_the_seed() -> None:
    shipped = (PACKAGE / "resolve" / NAME).read_bytes()
    assert shipped == (ROOT / "seeds/reference/nicknames.csv").read_bytes()
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert f"resolve/{NAME}" in settings["tool"]["setuptools"]["package-data"]["warehouse_cdp"]


def test_a_short_name_may_stand_for_several() -> None:
    known = nicknames()
    assert known["pat"] == {"patricia", "patrick"}
    assert "frederic" in known["fred"]
    assert all(name and name == name.lower() for name in known)


def test_nicknames_are_evidence() -> None:
    frame = pd.DataFrame(
        {
            "record_id": ["1", "2", "3"],
            "given_name": ["Peggy", "Margaret", "Bo"],
            "family_name": ["May", "May", "Lee"],
            "birth_date": ["1980-01-02", "1980-01-02", "1970-05-06"],
            "email": ["may@x.test", "may@x.test", "lee@y.test"],
        }
    )
    known = resolve(frame, MatchOptions(nicknames=nicknames()))
    assert known.links["given_name"].tolist() == ["nickname"]
    plain = resolve(frame).links
    assert "nickname" not in plain["given_name"].tolist()

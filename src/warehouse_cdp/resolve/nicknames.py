"""Short names and the full ones they stand for, as shipped with the package.

``nicknames.csv`` beside this module is the seed ``seeds/reference/nicknames.csv``: a test holds
them equal, since a wheel has no seeds and dbt reads none but its own folder's.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from warehouse_cdp.matching.normal_forms import given_names

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME: Final = "nicknames.csv"


@cache
def nicknames() -> Mapping[str, frozenset[str]]:
    """Full names of each short one, both as the matcher writes given names."""
    text = (files("warehouse_cdp.resolve") / NAME).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    short = given_names(pa.array([row["nickname"] for row in rows])).to_pylist()
    full = given_names(pa.array([row["given_name"] for row in rows])).to_pylist()
    found: dict[str, set[str]] = {}
    for one, other in zip(short, full, strict=True):
        if one is None or other is None:  # "Nan" is what a spreadsheet writes for no name
            continue
        found.setdefault(one, set()).add(other)
    return MappingProxyType({name: frozenset(meanings) for name, meanings in found.items()})

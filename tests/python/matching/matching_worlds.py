"""People and their misspelt records for tests of matching, small and seeded."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from warehouse_cdp.matching.columns import STANDARD_COLUMNS, FoundColumn
from warehouse_cdp.matching.encode import Records, collapse, encode_column
from warehouse_cdp.matching.normal_forms import NORMAL_FORMS
from worlds import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SHARED = "shared/data"

GIVEN = [
    "anna",
    "maria",
    "peter",
    "paul",
    "john",
    "mary",
    "lucas",
    "emma",
    "noah",
    "mia",
    "liam",
    "olivia",
    "james",
    "emily",
    "henry",
]
FAMILY = [
    "smith",
    "jones",
    "miller",
    "taylor",
    "brown",
    "wilson",
    "evans",
    "walker",
    "wright",
    "green",
    "hall",
    "wood",
    "king",
]
STREETS = ["oak street", "mill lane", "church road", "high street", "station avenue", "park drive"]
CITIES = ["springfield", "riverton", "lakeside", "hillview", "brookdale", "fairmont"]


def shared_file(path: str) -> Path:
    """A file of the shared data beside the checkout or further up, or skip the test."""
    for folder in ROOT.parents:
        if (folder / SHARED / path).is_file():
            return folder / SHARED / path
    pytest.skip(f"../{SHARED}/{path} is not there: public data are not part of the repository")


def encoded(**columns: Sequence[str | None]) -> Records:
    """Records of columns named as standard ones, kinds as ``columns.STANDARD_COLUMNS`` says."""
    found = []
    for name, values in columns.items():
        kind = STANDARD_COLUMNS[name]
        normal = NORMAL_FORMS[kind](pa.array(values, type=pa.string()))
        found.append(encode_column(FoundColumn(name, kind, normal, 1.0, len(set(values)))))
    return collapse(found)


def misspelt(text: str, draw: Random) -> str:
    """A text with one typing error."""
    place = draw.randrange(len(text))
    letter = draw.choice("abcdefghijklmnopqrstuvwxyz")
    kind = draw.randrange(3)
    if kind == 0:
        return text[:place] + letter + text[place:]
    if kind == 1:
        return text[:place] + text[place + 1 :] or letter
    return text[:place] + letter + text[place + 1 :]


def people(count: int, seed: int = 5, copies: int = 3) -> pd.DataFrame:
    """One to ``copies`` records of each of ``count`` people, a third of the values with errors."""
    draw = Random(seed)  # noqa: S311 - a made-up world
    rows = []
    for person in range(count):
        given, family = draw.choice(GIVEN), draw.choice(FAMILY) + draw.choice(["", "son", "ton"])
        birth = (
            f"{draw.randrange(1930, 2005)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}"
        )
        line = f"{draw.randrange(1, 200)} {draw.choice(STREETS)}"
        city = draw.choice(CITIES)
        email = f"{given}.{family}{draw.randrange(1000)}@example.org"
        for copy in range(draw.randrange(1, copies + 1)):
            row: dict[str, object] = {
                "record_id": f"r{person:05d}-{copy}",
                "given_name": given,
                "family_name": family,
                "birth_date": birth,
                "address_line": line,
                "city": city,
                "email": email,
                "truth": person,
            }
            if copy:
                for name in ("given_name", "family_name", "address_line", "city"):
                    if draw.random() < 0.25:
                        row[name] = misspelt(str(row[name]), draw)
                for name in ("birth_date", "email", "city"):
                    if draw.random() < 0.2:
                        row[name] = None
            rows.append(row)
    order = np.random.default_rng(seed).permutation(len(rows))
    return pd.DataFrame(rows).iloc[order].reset_index(drop=True)


def households(count: int, seed: int = 3) -> pd.DataFrame:
    """People of ``count`` homes, who share family name, address, phone and often a mailbox."""
    draw = Random(seed)  # noqa: S311 - a made-up world
    rows: list[dict[str, object]] = []
    for home in range(count):
        family = draw.choice(FAMILY) + draw.choice(["", "son", "ton", "man"])
        shared = {
            "family_name": family,
            "address_line": f"{draw.randrange(1, 300)} {draw.choice(STREETS)}",
            "city": draw.choice(CITIES),
            "phone": str(draw.randrange(10**8, 10**9)),
        }
        for given in draw.sample(GIVEN, draw.choice([1, 2, 3, 4])):
            year, month, day = (
                draw.randrange(1930, 2010),
                draw.randrange(1, 13),
                draw.randrange(1, 29),
            )
            mailbox = f"{family}{home}@example.org"
            for copy in range(draw.choice([1, 2, 3])):
                row: dict[str, object] = {
                    "record_id": f"h{home:05d}-{given}-{copy}",
                    **shared,
                    "given_name": given,
                    "birth_date": f"{year}-{month:02d}-{day:02d}",
                    "email": mailbox if draw.random() < 0.3 else f"{given}.{mailbox}",
                }
                for name in [name for name in row if name != "record_id"]:
                    if draw.random() < 0.1:
                        row[name] = misspelt(str(row[name]), draw)
                    elif draw.random() < 0.15:
                        row[name] = None
                rows.append(row | {"truth": f"{home}-{given}"})
    return pd.DataFrame(rows)

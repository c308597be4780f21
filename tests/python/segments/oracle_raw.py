"""Reads the raw files of a sample for the oracle: current rows, moments and amounts, by hand.

Nothing here uses the project's macros or models; it follows what the sources' formats say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

SHOPS = {"shop_uk": ("GB", "Europe/London"), "shop_de": ("DE", "Europe/Berlin")}
ZONES = {"GB": "Europe/London", "DE": "Europe/Berlin"}
_FIRST_MOMENT = pd.Timestamp("1990-01-01")


@dataclass(frozen=True)
class Sample:
    """A folder that the sample generator wrote: raw tables, the truth and the clock."""

    folder: Path

    @property
    def as_of(self) -> pd.Timestamp:
        """The moment at which the sample ends, UTC without zone."""
        text = json.loads((self.folder / "sample.json").read_text())["as_of"]
        return pd.Timestamp(text).tz_localize(None)

    def days_ago(self, days: int) -> pd.Timestamp:
        """The moment so many days before the sample ends."""
        return self.as_of - pd.Timedelta(days=days)

    def raw(self, table: str) -> pd.DataFrame:
        """Every row of ``<source>/<table>`` as it was loaded, all text."""
        return _read(self.folder / "raw" / f"{table}.csv")

    def truth(self, table: str) -> pd.DataFrame:
        """A table of the truth, all text."""
        return _read(self.folder / "truth" / f"{table}.csv")

    def current(self, table: str, *key: str) -> pd.DataFrame:
        """One row a key, with ``loaded_at``: the version loaded last.

        Identical repeats are one version. Versions loaded at the same moment that differ
        contradict each other, so none of them counts.
        """
        versions = self.raw(table).drop_duplicates()
        is_contradicted = versions.duplicated([*key, "_loaded_at"], keep=False)
        versions = versions[~is_contradicted].sort_values("_loaded_at", kind="stable")
        rows = versions.drop_duplicates(list(key), keep="last").reset_index(drop=True)
        return rows.assign(loaded_at=utc(rows["_loaded_at"]))

    def plausible(self, moments: pd.Series) -> pd.Series:
        """The moments that can be true; epoch zero and years ahead are none."""
        latest = self.as_of + pd.Timedelta(days=1)
        return moments.where((moments >= _FIRST_MOMENT) & (moments <= latest))


@cache
def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, each a dict by column."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def utc(texts: pd.Series) -> pd.Series:
    """ISO texts as UTC without zone; null where they are none. A stated offset is converted."""
    read = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
    return read.dt.tz_localize(None)


def of_epoch(texts: pd.Series, unit: Literal["s", "ms"]) -> pd.Series:
    """Epoch seconds (``s``) or milliseconds (``ms``) as UTC without zone."""
    numbers: pd.Series = pd.to_numeric(texts, errors="coerce")
    moments: pd.Series = pd.to_datetime(numbers, unit=unit)
    return moments


def of_shop(texts: pd.Series, source: str) -> pd.Series:
    """A shop's wall clock as UTC without zone; each shop has its own notation."""
    layout = "%Y-%m-%d %H:%M:%S" if source == "shop_uk" else "%d.%m.%Y %H:%M:%S"
    return _of_zone(pd.to_datetime(texts, format=layout, errors="coerce"), SHOPS[source][1])


def of_till(texts: pd.Series, country: str) -> pd.Series:
    """A till's wall clock as UTC without zone."""
    read = pd.to_datetime(texts, format="%Y-%m-%dT%H:%M:%S", errors="coerce")
    return _of_zone(read, ZONES[country])


def business_day(moments: pd.Series, zone: str) -> pd.Series:
    """The calendar day of UTC moments where the business is."""
    days: pd.Series = moments.dt.tz_localize("UTC").dt.tz_convert(zone).dt.date
    return days


def amount(text: str, source: str) -> Decimal:
    """An amount as a source writes it: 1.234,56 in the German shop, else 1234.56."""
    if source == "shop_de":
        text = text.replace(".", "").replace(",", ".")
    return Decimal(text or "0")


def _of_zone(walls: pd.Series, zone: str) -> pd.Series:
    # An hour that comes twice is read as winter time; one that never comes does not occur.
    is_summer = pd.Series(data=False, index=walls.index).to_numpy()
    zoned = walls.dt.tz_localize(zone, ambiguous=is_summer, nonexistent="shift_forward")
    moments: pd.Series = zoned.dt.tz_convert("UTC").dt.tz_localize(None)
    return moments

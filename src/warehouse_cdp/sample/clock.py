"""Times of the made-up world: epoch seconds inside, each source's own notation outside.

Nothing here reads the machine's clock or time zone. The two zones needed follow the EU's rule
(last Sunday of March to last Sunday of October, 01:00 UTC), which is cheaper than a zone database.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

DAY = 86_400
HOUR = 3_600
_EPOCH = date(1970, 1, 1)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    """Return the epoch seconds of a UTC time."""
    return (date(year, month, day) - _EPOCH).days * DAY + hour * HOUR + minute * 60


HISTORY_START = at(2024, 1, 1)
FIRST_AS_OF = at(2026, 6, 30, 6)
WAVES = 3
AS_OF = {wave: FIRST_AS_OF + (wave - 1) * 30 * DAY for wave in range(1, WAVES + 1)}
"""The moment at which each wave was extracted."""
NEVER = at(2199, 1, 1)


@cache
def _day_text(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()


def day_text(moment: int) -> str:
    """Return the UTC date as YYYY-MM-DD."""
    return _day_text(moment // DAY)


def iso(moment: int) -> str:
    """Return a UTC time as 2026-03-01T14:05:11Z."""
    day, second = divmod(moment, DAY)
    return f"{_day_text(day)}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


@cache
def _summer(year: int) -> tuple[int, int]:
    """Return when summer time starts and ends in a year, in epoch seconds."""
    edges = []
    for month in (3, 10):
        last = date(year, month, 31)
        sunday = last - timedelta(days=(last.weekday() + 1) % 7)
        edges.append((sunday - _EPOCH).days * DAY + HOUR)
    return edges[0], edges[1]


def offset_hours(moment: int, country: str) -> int:
    """Return the hours that a country's clocks are ahead of UTC (GB: London, else Berlin)."""
    start, end = _summer(int(day_text(moment)[:4]))
    return (0 if country == "GB" else 1) + int(start <= moment < end)


def local_iso(moment: int, country: str) -> str:
    """Return local time without a zone, as 2026-03-01T14:05:11."""
    return iso(moment + offset_hours(moment, country) * HOUR)[:-1]


def iso_with_offset(moment: int, country: str) -> str:
    """Return local time with its offset, as 2026-03-01T14:05:11+01:00."""
    return f"{local_iso(moment, country)}+{offset_hours(moment, country):02}:00"


def shop_time(moment: int, site: str) -> str:
    """Return a time as the shop instance writes it: zone-less, in its own country's notation."""
    text = local_iso(moment, "GB" if site == "uk" else "DE")
    if site == "uk":
        return text.replace("T", " ")
    return f"{text[8:10]}.{text[5:7]}.{text[:4]} {text[11:]}"


def date_in(birth: date, separator: str) -> str:
    """Return a date day first, as 31/12/1980 or 31.12.1980."""
    return f"{birth.day:02}{separator}{birth.month:02}{separator}{birth.year}"


_NIGHTLY_MINUTE = {
    "crm": 5, "shop_uk": 10, "shop_de": 12, "pos": 20, "web": 25, "app": 27, "email": 30,
    "loyalty": 35, "support": 40, "surveys": 42, "social": 45, "devices": 50, "ads": 55,
    "consent": 58,
}  # fmt: skip


def load_after(moment: int, source: str) -> int:
    """Return the next nightly load of a source after a moment."""
    minute = 2 * HOUR + _NIGHTLY_MINUTE[source] * 60
    return (moment - minute) // DAY * DAY + DAY + minute

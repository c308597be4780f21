"""Made-up people with known truth, for trying the matcher where public data have no likeness.

Two worlds, both seeded and of any size:

* ``households``: families in a few systems (``source``), who share a name, an address, a phone and
  often a mailbox; some sons are named after their fathers, some couples moved. Each system holds
  a person once, or repeats some.
* ``parish``: one register of people long dead: few columns, no mailbox, many copies of a person
  with many errors, and a small stock of names.

Names are drawn from stocks that have the skew of real ones (a rank's share falls as one over
the rank), so that common and rare values both occur.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pandas as pd

_ONSETS = ("b", "br", "d", "f", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "r", "s", "st")
_VOWELS = ("a", "e", "i", "o", "u", "ie", "au", "ei")
_CODAS = ("", "l", "n", "r", "s", "t", "nd", "rt", "ck", "mm")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_STREET_KINDS = ("street", "road", "lane", "avenue", "close")
_MAILS = ("mail.example", "post.example", "inbox.example", "web.example")


@dataclass(frozen=True)
class Errors:
    """Shares of values that are mistyped, left out, or replaced by another's."""

    mistyped: float
    missing: float
    wrong: float = 0.0


class Stock:
    """Words drawn by rank: the share of the ``n``-th falls as ``1 / n``."""

    def __init__(self, draw: Random, size: int, syllables: int, ending: str = "") -> None:
        """Make up ``size`` different words."""
        words: dict[str, None] = {}
        while len(words) < size:
            word = "".join(
                draw.choice(_ONSETS) + draw.choice(_VOWELS) + draw.choice(_CODAS)
                for _ in range(draw.randint(1, syllables))
            )
            words[word + ending] = None
        self.words = list(words)
        total = 0.0
        self._edges = []
        for rank in range(1, size + 1):
            total += 1.0 / (rank + 3)
            self._edges.append(total)

    def draw(self, draw: Random) -> str:
        """One word."""
        return draw.choices(self.words, cum_weights=self._edges)[0]


def mistyped(text: str, draw: Random) -> str:
    """A text with one typing error: a letter more, less, other, or two exchanged."""
    place = draw.randrange(len(text))
    kind = draw.randrange(4)
    letter = draw.choice("0123456789" if text[place].isdigit() else _LETTERS)
    if kind == 0:
        return text[:place] + letter + text[place:]
    if kind == 1:
        return text[:place] + text[place + 1 :] or letter
    if kind == 2 and place + 1 < len(text):  # noqa: PLR2004 - kinds of errors
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + letter + text[place + 1 :]


def _spoilt(row: dict[str, str | None], errors: Errors, draw: Random) -> dict[str, str | None]:
    for name, value in row.items():
        if value is None:
            continue
        if draw.random() < errors.missing:
            row[name] = None
        elif draw.random() < errors.mistyped:
            row[name] = mistyped(value, draw)
    return row


def _date(draw: Random, first: int, last: int) -> str:
    return f"{draw.randint(first, last)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"


def households(
    homes: int,
    seed: int,
    errors: Errors,
    *,
    sources: dict[str, float] | None = None,
) -> pd.DataFrame:
    """People of ``homes`` homes with ``record_id, source, truth`` and the usual columns.

    ``sources`` gives by system the mean number of further records of a person that it holds: 0
    is a system without duplicates.
    """
    draw = Random(seed)  # noqa: S311 - a made-up world
    given = Stock(draw, 400, 3)
    family = Stock(draw, 2_000, 3)
    cities = Stock(draw, 60, 3, "ton")
    streets = Stock(draw, 300, 2)
    systems = sources or {"crm": 0.0, "shop": 0.5, "club": 0.0}
    rows: list[dict[str, str | None]] = []
    for home in range(homes):
        shared = _home(draw, family, cities, streets)
        for number, person in enumerate(_family(draw, given)):
            mailbox = f"{shared['family_name']}{home % 97}@{draw.choice(_MAILS)}"
            own = f"{person['given_name']}.{shared['family_name']}{draw.randrange(99)}@"
            truth = f"{home}-{number}"
            common = {
                **shared,
                **person,
                "email": mailbox if draw.random() < 0.25 else own + draw.choice(_MAILS),  # noqa: PLR2004
            }
            if draw.random() < 0.5:  # noqa: PLR2004 - half have a phone of their own
                common["phone"] = str(draw.randrange(10**8, 10**9))
            moved = _home(draw, family, cities, streets)
            for system, further in systems.items():
                copies = int(draw.random() < 0.6)  # noqa: PLR2004 - who is in a system at all
                while copies and draw.random() < further / (1.0 + further):
                    copies += 1
                for copy in range(copies):
                    row = dict(common)
                    if draw.random() < 0.1:  # noqa: PLR2004 - an old address
                        row |= {name: moved[name] for name in ("address_line", "city", "phone")}
                    rows.append(
                        {
                            "record_id": f"{system}-{home:06d}-{number}-{copy}",
                            "source": system,
                            **_spoilt(row, errors, draw),
                            "truth": truth,
                        }
                    )
    return _shuffled(rows, draw)


def _home(draw: Random, family: Stock, cities: Stock, streets: Stock) -> dict[str, str | None]:
    return {
        "family_name": family.draw(draw),
        "address_line": f"{draw.randint(1, 180)} {streets.draw(draw)} {draw.choice(_STREET_KINDS)}",
        "city": cities.draw(draw),
        "phone": str(draw.randrange(10**8, 10**9)),
    }


def _family(draw: Random, given: Stock) -> list[dict[str, str | None]]:
    """One to five people; one son in ten bears his father's name."""
    adults: list[dict[str, str | None]] = [
        {"given_name": given.draw(draw), "birth_date": _date(draw, 1945, 1985)}
        for _ in range(draw.choice((1, 2, 2)))
    ]
    children: list[dict[str, str | None]] = []
    for _ in range(draw.choice((0, 0, 1, 2, 3))):
        name = adults[0]["given_name"] if draw.random() < 0.1 else given.draw(draw)  # noqa: PLR2004
        children.append({"given_name": name, "birth_date": _date(draw, 1986, 2008)})
    return [*adults, *children]


def parish(people: int, seed: int, errors: Errors, copies: int = 8) -> pd.DataFrame:
    """One to ``copies`` entries of each of ``people`` people in one register."""
    draw = Random(seed)  # noqa: S311 - a made-up world
    given, family = Stock(draw, 120, 2), Stock(draw, 900, 3)
    places, trades = Stock(draw, 90, 3, "ham"), Stock(draw, 40, 3, "er")
    rows: list[dict[str, str | None]] = []
    for person in range(people):
        true: dict[str, str | None] = {
            "given_name": given.draw(draw),
            "family_name": family.draw(draw),
            "birth_date": _date(draw, 1700, 1880),
            "birth_place": places.draw(draw),
            "occupation": trades.draw(draw),
            "gender": draw.choice(("male", "female")),
        }
        for copy in range(draw.randint(1, copies)):
            row = dict(true)
            if draw.random() < errors.wrong:
                row["occupation"] = trades.draw(draw)
            if draw.random() < errors.wrong:
                year, month, _ = str(row["birth_date"]).split("-")
                row["birth_date"] = f"{year}-{month}-{draw.randint(1, 28):02d}"
            rows.append(
                {
                    "record_id": f"p{person:06d}-{copy}",
                    **_spoilt(row, errors, draw),
                    "truth": str(person),
                }
            )
    return _shuffled(rows, draw)


def _shuffled(rows: list[dict[str, str | None]], draw: Random) -> pd.DataFrame:
    draw.shuffle(rows)
    return pd.DataFrame(rows)

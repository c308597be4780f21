"""Further made-up records with known truth, by another hand and with other errors.

``made_up_people`` mistypes letters. Here texts are misread (OCR), spelt by their sound, hit beside
the key or cut off, and worlds are other ones: few names, lists without names, companies, people of
whom each record tells a little, ages in place of birth dates. All are seeded and of any size.

python benchmarks/spoilt_records.py FOLDER    # as Parquet files, for benchmarks/identity.py
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pandas as pd

from made_up_people import Stock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Row = dict[str, str | None]

_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
_BESIDE = {
    sign: row[max(place - 1, 0) : place] + row[place + 1 : place + 2]
    for row in _KEYS
    for place, sign in enumerate(row)
}
_MISREAD = (("m", "rn"), ("l", "1"), ("o", "0"), ("i", "l"), ("h", "b"), ("e", "c"), ("u", "v"),
            ("0", "8"), ("5", "s"), ("1", "7"), ("3", "8"), ("g", "q"))  # fmt: skip
_SOUNDS = (("ck", "k"), ("k", "c"), ("ie", "y"), ("ei", "ai"), ("tt", "t"), ("s", "z"), ("w", "v"),
           ("f", "ph"), ("er", "ar"), ("nd", "nt"), ("a", "e"), ("au", "ow"))  # fmt: skip
_FAMILIES = (
    "nguyen", "tran", "le", "pham", "huynh", "phan", "vu", "vo", "dang", "bui", "do", "ho",
    "ngo", "duong", "ly",
)  # fmt: skip
_MIDDLES = (
    "van", "thi", "huu", "duc", "minh", "ngoc", "thanh", "quang", "xuan", "thu", "kim", "anh",
)  # fmt: skip
_GIVEN = (
    "anh", "binh", "chau", "dung", "giang", "ha", "hai", "hanh", "hien", "hung", "huong",
    "khanh", "lan", "linh", "long", "mai", "nam", "nga", "phong", "phuong", "quan", "son", "tam",
    "thao", "trang", "tu", "tuan", "vy", "yen", "duc", "minh", "hoa", "loan", "oanh", "phuc",
    "tien", "uyen",
)  # fmt: skip


def spoilt(text: str, draw: Random) -> str:
    """A text misread, misheard, mistyped or cut off."""
    kind = draw.random()
    has_letters = any(sign.isalpha() for sign in text)
    if has_letters and kind < 0.4:  # noqa: PLR2004 - shares of kinds
        return _replaced(text, _SOUNDS, draw)
    if kind < 0.6:  # noqa: PLR2004
        return _replaced(text, _MISREAD, draw)
    if has_letters and kind < 0.65:  # noqa: PLR2004
        return text[: max(3, len(text) - draw.randint(1, 4))]
    return _beside(text, draw)


def _replaced(text: str, pairs: Sequence[tuple[str, str]], draw: Random) -> str:
    found = [(old, new) for old, new in pairs if old in text]
    if not found:
        return _beside(text, draw)
    old, new = draw.choice(found)
    place = draw.choice([n for n in range(len(text)) if text.startswith(old, n)])
    return text[:place] + new + text[place + len(old) :]


def _beside(text: str, draw: Random) -> str:
    places = [place for place, sign in enumerate(text) if sign in _BESIDE]
    if not places:
        return text
    place = draw.choice(places)
    return text[:place] + draw.choice(_BESIDE[text[place]]) + text[place + 1 :]


def _told(known: Row, draw: Random, missing: float, wrong: float, sure: Sequence[str] = ()) -> Row:
    """What one record tells: values of ``sure`` columns are always there and right."""
    row: Row = {}
    for name, value in known.items():
        if value is None or name in sure:
            row[name] = value
        elif draw.random() < missing:
            row[name] = None
        else:
            row[name] = spoilt(value, draw) if draw.random() < wrong else value
    return row


def _frame(rows: list[Row], draw: Random) -> pd.DataFrame:
    draw.shuffle(rows)
    frame = pd.DataFrame(rows)
    frame.insert(0, "record_id", [f"r{number:06d}" for number in range(len(frame))])
    return frame


def _born(draw: Random, first: int, last: int) -> str:
    return f"{draw.randint(first, last)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"


def _ranked(words: Sequence[str]) -> Callable[[Random], str]:
    weights = [1.0 / (rank + 4) for rank in range(len(words))]
    return lambda draw: draw.choices(words, weights)[0]


def namesakes(people: int, seed: int) -> pd.DataFrame:
    """A country of few names, whose mailboxes are their owners' names and a year or a number."""
    draw = Random(seed)  # noqa: S311 - a made-up world
    given, family, middle = _ranked(_GIVEN), _ranked(_FAMILIES), _ranked(_MIDDLES)
    towns = Stock(draw, 40, 3)
    rows: list[Row] = []
    for person in range(people):
        first, last, born = given(draw), family(draw), _born(draw, 1955, 2004)
        number = draw.choice((born[:4], str(draw.randint(1, 999))))
        known: Row = {
            "given_name": first, "middle_name": middle(draw), "family_name": last,
            "birth_date": born, "phone": f"09{draw.randrange(10**7, 10**8)}",
            "email": f"{first}{last}{number}@mail.example", "city": towns.draw(draw),
        }  # fmt: skip
        for _ in range(draw.choice((1, 1, 2, 2, 3))):
            row = _told(known, draw, 0.35, 0.04, ("given_name", "family_name"))
            if draw.random() < 0.1:  # noqa: PLR2004 - written in the other order
                row |= {"given_name": row["family_name"], "family_name": row["given_name"]}
            rows.append({**row, "truth": str(person)})
    return _frame(rows, draw)


def contacts(people: int, seed: int) -> pd.DataFrame:
    """E-mails and phones alone; one in twenty shares the phone of another."""
    draw = Random(seed)  # noqa: S311 - a made-up world
    names, rows, last = Stock(draw, 2_000, 3), list[Row](), ""
    for person in range(people):
        mails = [
            f"{names.draw(draw)}{draw.randrange(10_000)}@mail.example"
            for _ in range(draw.choice((1, 1, 2)))
        ]
        phone = str(draw.randrange(10**8, 10**9))
        phone = last if last and draw.random() < 0.05 else phone  # noqa: PLR2004
        last = phone
        for _ in range(draw.choice((1, 2, 2, 3, 4))):
            known: Row = {"email": draw.choice(mails), "phone": phone}
            row = _told(known, draw, 0.2, 0.03)
            rows.append({**(row if any(row.values()) else known), "truth": str(person)})
    return _frame(rows, draw)


def companies(count: int, seed: int) -> pd.DataFrame:
    """Companies with legal forms or without, of whom no person is named."""
    draw = Random(seed)  # noqa: S311 - a made-up world
    names, towns, streets = Stock(draw, 1_500, 3), Stock(draw, 60, 3, "ton"), Stock(draw, 400, 2)
    trades = ("plumbing", "logistics", "foods", "textiles", "motors", "bakery", "media", "pharma")
    rows: list[Row] = []
    for company in range(count):
        name, form = f"{names.draw(draw)} {draw.choice(trades)}", draw.choice(("ltd", "inc", "llc"))
        known: Row = {
            "address_line": f"{draw.randint(1, 900)} {streets.draw(draw)} road",
            "city": towns.draw(draw),
            "postal_code": str(draw.randrange(10_000, 100_000)),
            "phone": str(draw.randrange(10**8, 10**9)),
        }
        for _ in range(draw.choice((1, 1, 2, 3))):
            known["company"] = draw.choice((name, f"{name} {form}", f"{name}, {form}."))
            rows.append({**_told(known, draw, 0.25, 0.06, ("company",)), "truth": str(company)})
    return _frame(rows, draw)


def sparse(people: int, seed: int) -> pd.DataFrame:
    """Fifteen to forty records a person, who moves often; of each a third or more is unknown."""
    draw = Random(seed)  # noqa: S311 - a made-up world
    given, family = Stock(draw, 300, 3), Stock(draw, 900, 3)
    towns, streets = Stock(draw, 40, 3), Stock(draw, 200, 2)
    rows: list[Row] = []
    for person in range(people):
        first, second = given.draw(draw), given.draw(draw)
        own: Row = {"family_name": family.draw(draw), "birth_date": _born(draw, 1940, 2000)}
        homes: list[Row] = [
            {
                "address_line": f"{draw.randint(1, 900)} {streets.draw(draw)} lane",
                "city": towns.draw(draw),
                "postal_code": str(draw.randrange(10_000, 100_000)),
                "phone": str(draw.randrange(10**8, 10**9)),
            }
            for _ in range(4)
        ]
        for _ in range(draw.randint(15, 40)):
            known = {
                "given_name": draw.choice((first, first, first, first[0])),
                "middle_name": draw.choice((second, second[0], None)),
                **own, **draw.choice(homes),
            }  # fmt: skip
            rows.append({**_told(known, draw, 0.35, 0.08), "truth": str(person)})
    return _frame(rows, draw)


def ages(homes: int, seed: int) -> pd.DataFrame:
    """Families asked at their door up to three times: ages, no birth dates; some bear one name."""
    draw = Random(seed)  # noqa: S311 - a made-up world
    given, family = Stock(draw, 300, 3), Stock(draw, 900, 3)
    towns, streets = Stock(draw, 40, 3), Stock(draw, 300, 2)
    rows: list[Row] = []
    for home in range(homes):
        place: Row = {
            "family_name": family.draw(draw),
            "address_line": f"{draw.randint(1, 900)} {streets.draw(draw)} avenue",
            "city": towns.draw(draw),
        }
        parent = given.draw(draw)
        people = [(parent, draw.randint(40, 80))]
        for _ in range(draw.choice((0, 1, 1, 2, 3))):
            name = parent if draw.random() < 0.08 else given.draw(draw)  # noqa: PLR2004
            people.append((name, draw.randint(1, 38)))
        for number, (name, age) in enumerate(people):
            for source, years in (("census", 0), ("tax", 1), ("survey", 2)):
                if draw.random() < 0.3:  # noqa: PLR2004 - not met
                    continue
                known: Row = {"given_name": name, "age": str(age + years), **place}
                row = _told(known, draw, 0.05, 0.05)
                rows.append({"source": source, **row, "truth": f"{home}-{number}"})
    return _frame(rows, draw)


WORLDS: Mapping[str, Callable[[], pd.DataFrame]] = {
    "few names": lambda: namesakes(4_000, 6),
    "e-mails and phones": lambda: contacts(4_000, 7),
    "companies": lambda: companies(4_000, 8),
    "sparse": lambda: sparse(200, 9),
    "ages": lambda: ages(3_000, 10),
}


if __name__ == "__main__":
    for world, make in WORLDS.items():
        make().to_parquet(Path(sys.argv[1]) / f"{world.replace(' ', '-')}.parquet", index=False)

"""A made-up town where hardly anybody shares anything, so that a change touches few at a time.

In the crowded town of ``changing_worlds`` nearly all hangs together, and one safeguard of an
incremental run covers for another. Here each home has names of its own, and is one of the cases
in which a record far away, or one that did not change, decides what becomes of a pair.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pandas as pd

from changing_worlds import CLOCK, Town

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

# Long forms, each with the short one that only one person elsewhere bears.
SHORT_FORMS = {
    "Daniel": "Dan",
    "Robert": "Bob",
    "Anthony": "Tony",
    "Katharina": "Kathi",
    "Elizabeth": "Liz",
}
# Names that sound alike, to the matcher, and look so unlike that nobody takes them for one.
SOUND_ALIKE = (
    (("Phoenix", "Wroughtone"), ("Fanucs", "Ratan")),
    (("Philippa", "Phillimore"), ("Fleapo", "Fullomare")),
    (("Celine", "Knightley"), ("Selina", "Natalia")),
    (("Ceri", "Knaeppel"), ("Sarah", "Neopaul")),
)
SYLLABLES = ("bal", "dor", "fen", "gru", "hax", "jol", "kim", "lup", "mor", "nyx", "pel", "ros")
FORGOTTEN = (
    "birth_date",
    "email",
    "phone",
    "address_line_1",
    "postal_code",
    "merged_into_record_id",
)


class _Builder:
    """People of a town, with record ids and family names that come once."""

    def __init__(self, draw: np.random.Generator) -> None:
        self.draw = draw
        self.people: dict[str, dict[str, Any]] = {}
        self.levers: list[str] = []
        self._numbers = count()
        pairs = [one + other for one in SYLLABLES for other in SYLLABLES if one != other]
        self._families: Iterator[str] = iter(draw.permutation(pairs).tolist())

    def family(self) -> str:
        return next(self._families).capitalize()

    def add(self, given: str, family: str, home: int, **known: object) -> str:
        number = next(self._numbers)
        record_id = f"{'crm' if self.draw.random() < 0.5 else 'shop'}:{number:03}"
        self.people[record_id] = {
            "record_id": record_id,
            "source": record_id.partition(":")[0],
            "given_name": given,
            "family_name": family,
            "name_suffix": None,
            "birth_date": None,
            "email": None,
            "phone": None,
            "address_line_1": f"{home} Mill Lane",
            "city": None,
            "postal_code": f"LS{home % 9 + 1} {home % 10}AB",
            "national_id": None,
            "merged_into_record_id": None,
            "created_at": pd.Timestamp("2025-01-01"),
            **known,
        }
        return record_id


def sparse_town(draw: np.random.Generator) -> tuple[Town, list[str]]:
    """Under a hundred records in homes of one or two, and those whose change others will feel."""
    made = _Builder(draw)
    home = count(1)
    for full, short in SHORT_FORMS.items():
        made.levers.append(made.add(short, made.family(), next(home)))
        family, here = made.family(), next(home)
        made.add(f"{full} James", family, here)
        made.add(f"{full} Peter", family, here)
    for one, other in SOUND_ALIKE:
        _namesakes(made, one, other, next(home))
    for _ in range(6):
        target = made.add("Ada", made.family(), next(home))
        made.levers.append(target)
        made.add("Ivo", made.family(), next(home), merged_into_record_id=target)
    club = [made.add("Ola", made.family(), next(home)) for _ in range(13)]
    for _ in range(4):
        family, here = made.family(), next(home)
        mailbox = f"{family.lower()}@example.org"
        made.add("Martin", family, here, email=mailbox, birth_date="1978-06-11")
        made.add("Martina", family, here, email=mailbox)
        made.add("Martin", family, here + 500, birth_date="1978-06-11")
    place = Town(made.people)
    # One card for so many makes as many pairs as a rule may, give or take a member.
    for record_id in club[:11]:
        give_club_card(place, record_id)
    return place, made.levers


def _namesakes(made: _Builder, one: tuple[str, str], other: tuple[str, str], home: int) -> None:
    """Father and son, and in a home that is called alike two records that two others pull apart.

    Only as long as father and son are there is it open whether the latter two are one person.
    """
    for born in ("1950-02-03", "1978-06-11"):
        made.levers.append(made.add(*one, home, birth_date=born))
    elsewhere = f"{home} Hawthorn Crescent"
    for number, born in enumerate(("1961-04-05", "1999-12-30")):
        mailbox = f"{other[1].lower()}{number}@example.org"
        made.add(*other, home, address_line_1=elsewhere, email=mailbox)
        made.add(*other, home + 600 + 7 * number, birth_date=born, email=mailbox)


def give_club_card(place: Town, record_id: str) -> None:
    """Give a record the card that a whole club uses."""
    place.identifiers.append(
        {
            "record_id": record_id,
            "identifier_type": "loyalty_card",
            "identifier_value": "CLUB",
            "first_seen_at": CLOCK,
        }
    )


def change_sparsely(
    place: Town,
    draw: np.random.Generator,
    all_people: dict[str, dict[str, Any]],
    levers: list[str],
) -> str:
    """Change one record at random, and say how; ``all_people`` is who everybody was at first."""
    record_id = str(draw.choice(levers if draw.random() < 0.5 else list(all_people)))
    was = all_people[record_id]
    if record_id not in place.people:
        place.people[record_id] = dict(was)
        return f"{record_id} returns"
    kind = str(draw.choice(["remove", "remove", "forget", "card"]))
    if kind == "remove":
        del place.people[record_id]
    elif kind == "forget":
        known = [name for name in FORGOTTEN if was[name] is not None]
        name = str(draw.choice(known))
        here = place.people[record_id]
        place.people[record_id] = {**here, name: was[name] if here[name] is None else None}
    else:
        held = [row["record_id"] for row in place.identifiers]
        if record_id in held:
            place.identifiers.pop(held.index(record_id))
        else:
            give_club_card(place, record_id)
    return f"{record_id} {kind}"

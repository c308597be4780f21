"""A small made-up town whose records come, go and change, for the tests of incremental runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from warehouse_cdp.linkage import (
    LinkageSettings,
    LinkResult,
    active_overrides,
    find_bad_values,
    link_records,
    no_overrides,
    prepare_identifiers,
    prepare_records,
    seen,
    train,
)

if TYPE_CHECKING:
    import numpy as np

    from warehouse_cdp.linkage import ActiveOverrides, Seen

CLOCK = pd.Timestamp("2026-03-01")
NICKNAMES = pd.DataFrame(
    {
        "nickname": ["bob", "rob", "liz", "tony", "kathi", "dan", "danny"],
        "given_name": ["robert", "robert", "elizabeth", "anthony", "katharina", "daniel", "dan"],
    }
)
GIVEN = ["Robert", "Bob", "Elizabeth", "Liz", "Anthony", "Daniel", "Dan", "Daniel James", "Martin"]
GIVEN += ["Martina", "Daniel Peter", "Danny", "Katharina", "Ada", "Ida", ""]
FAMILY = ["Byron", "Smith", "Smyth", "Dan", "Bob", "Lovelace", "Turing", "Noether", ""]
STREETS = ["1 Mill Lane", "2 Mill Lane", "12 High Street", "7 Park Road", ""]
POSTCODES = ["LS1 4AB", "LS1 4AC", "YO1 7HH", ""]
BORN = ["1950-02-03", "1950-03-02", "1978-06-11", "1987-06-11", "2001-12-30", ""]
EMAILS = [f"{name}@example.org" for name in ("ada", "bob.smith", "info", "office", "dan", "liz")]
PHONES = [f"+44770090{number:04}" for number in (100, 101, 102, 200, 300)]
SETTINGS = LinkageSettings(
    max_pairs_per_rule=60,
    min_training_pairs=100,
    max_cluster_records=12,
    bad_value_people={"email": 3, "phone": 3},
)


def someone(draw: np.random.Generator, record_id: str) -> dict[str, Any]:
    """A record of somebody; few names, homes and mailboxes, so that much is shared."""

    def one(values: list[str], known: float = 1.0) -> str | None:
        return str(draw.choice(values)) or None if draw.random() < known else None

    return {
        "record_id": record_id,
        "source": record_id.partition(":")[0],
        "given_name": one(GIVEN),
        "family_name": one(FAMILY),
        "name_suffix": one(["jr", "sr", ""], 0.3),
        "birth_date": one(BORN, 0.7),
        "email": one(EMAILS, 0.4),
        "phone": one(PHONES, 0.4),
        "address_line_1": one(STREETS, 0.8),
        "city": one(["Leeds", "York"], 0.8),
        "postal_code": one(POSTCODES, 0.8),
        "national_id": one(["AB123456C", "AB123457C", "ZX999999Z"], 0.1),
        "merged_into_record_id": None,
        "created_at": pd.Timestamp("2025-01-01"),
    }


@dataclass
class Town:
    """Person records by id, what they hold beside, and what people decided of them."""

    people: dict[str, dict[str, Any]]
    identifiers: list[dict[str, Any]] = field(default_factory=list)
    instructions: list[dict[str, Any]] = field(default_factory=list)
    settings: LinkageSettings = SETTINGS

    def prepared(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, ActiveOverrides]:
        """Records, identifiers, bad values and overrides, as a run takes them."""
        held = [row for row in self.identifiers if row["record_id"] in self.people]
        listed = pd.DataFrame(
            held,
            columns=["record_id", "identifier_type", "identifier_value", "first_seen_at"],
        )
        listed["last_seen_at"] = listed["first_seen_at"]
        records = prepare_records(pd.DataFrame(list(self.people.values())), NICKNAMES, listed)
        identifiers = prepare_identifiers(listed, records)
        told = pd.DataFrame(self.instructions) if self.instructions else no_overrides()
        overrides = active_overrides(told, records["record_id"], CLOCK)
        bad = find_bad_values(
            identifiers, records, self.settings.bad_value_people, overrides.blocked
        )
        return records, identifiers, bad, overrides

    def model(self) -> pd.DataFrame:
        """A match model learnt from the town as it is."""
        records, identifiers, bad, _ = self.prepared()
        return train(records, identifiers, bad, self.settings, CLOCK)

    def linked(self, model: pd.DataFrame) -> tuple[LinkResult, Seen, ActiveOverrides]:
        """What a full run makes of the town, what it saw, and the overrides that hold."""
        records, identifiers, bad, overrides = self.prepared()
        found = link_records(records, identifiers, bad, model, overrides, self.settings)
        return found, seen(records, identifiers, bad), overrides


def town(draw: np.random.Generator, records: int) -> Town:
    """A town of so many records in two sources."""
    ids = [f"{'crm' if number % 2 else 'shop'}:{number:03}" for number in range(records)]
    found = Town({record_id: someone(draw, record_id) for record_id in ids})
    for _ in range(records // 8):
        give_card(found, draw)
    return found


def give_card(place: Town, draw: np.random.Generator) -> None:
    """Give a record a card, or an e-mail beside its own."""
    kind = str(draw.choice(["loyalty_card", "email", "phone"]))
    values = {"loyalty_card": ["C1", "C2", "C3"], "email": EMAILS, "phone": PHONES}[kind]
    place.identifiers.append(
        {
            "record_id": str(draw.choice(list(place.people))),
            "identifier_type": kind,
            "identifier_value": str(draw.choice(values)),
            "first_seen_at": CLOCK - pd.Timedelta(days=int(draw.integers(1, 900))),
        }
    )


def change(place: Town, draw: np.random.Generator, gone: dict[str, dict[str, Any]]) -> str:
    """Change something at random, and say what; ``gone`` remembers who was removed."""
    people = list(place.people)
    kind = str(draw.choice(["add", "edit", "copy", "remove", "return", "card", "merge", "tell"]))
    one, other = (str(record_id) for record_id in draw.choice(people, 2, replace=False))
    if kind == "add":
        new = f"new:{len(place.people) + len(gone):03}-{draw.integers(1000)}"
        place.people[new] = someone(draw, new)
    elif kind == "edit":
        fresh = someone(draw, one)
        field_ = str(draw.choice([name for name in fresh if name not in ("record_id", "source")]))
        place.people[one] = {**place.people[one], field_: fresh[field_]}
    elif kind == "copy":
        # The copy may come before the original in the order of ids, or after it.
        new = f"{draw.choice(['aaa', 'zzz'])}:{draw.integers(100_000):05}"
        place.people[new] = {**place.people[one], "record_id": new, "source": new[:3]}
    elif kind == "remove":
        gone[one] = place.people.pop(one)
    elif kind == "return" and gone:
        back = str(draw.choice(list(gone)))
        place.people[back] = gone.pop(back)
    elif kind == "card":
        give_card(place, draw)
        if len(place.identifiers) > 3 and draw.random() < 0.5:
            place.identifiers.pop(int(draw.integers(len(place.identifiers))))
    elif kind == "merge":
        place.people[one] = {**place.people[one], "merged_into_record_id": other}
    elif kind == "tell":
        tell(place, draw, one, other)
    return kind


def tell(place: Town, draw: np.random.Generator, one: str, other: str) -> None:
    """Give an instruction, or take the oldest back."""
    if place.instructions and draw.random() < 0.4:
        place.instructions.pop(0)
        return
    kind = str(draw.choice(["must_link", "cannot_link", "cannot_link", "block_value"]))
    place.instructions.append(
        {
            "override_id": f"o{draw.integers(1_000_000)}",
            "instruction": kind,
            "left_record_id": None if kind == "block_value" else one,
            "right_record_id": None if kind == "block_value" else other,
            "identifier_type": "email" if kind == "block_value" else None,
            "identifier_value": str(draw.choice(EMAILS)) if kind == "block_value" else None,
            "created_at": CLOCK - pd.Timedelta(days=int(draw.integers(1, 100))),
        }
    )

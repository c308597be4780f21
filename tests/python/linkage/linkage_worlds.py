"""Small made-up companies for the tests of the matcher."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd

from warehouse_cdp.linkage import (
    LinkageSettings,
    LinkResult,
    active_overrides,
    assign,
    cluster_records,
    find_bad_values,
    link_records,
    no_assignments,
    no_overrides,
    prepare_identifiers,
    prepare_records,
    train,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

NICKNAMES = pd.DataFrame(
    {
        "nickname": ["bob", "rob", "liz", "tony", "kathi", "peggy"],
        "given_name": ["robert", "robert", "elizabeth", "anthony", "katharina", "margaret"],
    }
)
CLOCK = pd.Timestamp("2026-03-01")
PERSON_COLUMNS = [
    "record_id",
    "source",
    "given_name",
    "family_name",
    "full_name",
    "name_suffix",
    "birth_date",
    "email",
    "phone",
    "address_line_1",
    "city",
    "postal_code",
    "national_id",
    "merged_into_record_id",
    "created_at",
]


def person(record_id: str, **values: object) -> dict[str, object]:
    """One person record; ``name`` is split at its first blank."""
    given, _, family = str(values.pop("name", "")).partition(" ")
    named = {"given_name": given or None, "family_name": family or None}
    return {
        "record_id": record_id,
        "source": record_id.split(":", maxsplit=1)[0],
        **named,
        **values,
    }


@dataclass(frozen=True)
class World:
    """Records and what a run makes of them."""

    people: list[dict[str, object]]
    identifiers: pd.DataFrame = field(default_factory=pd.DataFrame)
    settings: LinkageSettings = field(default_factory=LinkageSettings)
    shuffle_seed: int | None = None

    def _shuffled(self, frame: pd.DataFrame) -> pd.DataFrame:
        if self.shuffle_seed is None:
            return frame
        return frame.sample(frac=1.0, random_state=self.shuffle_seed)

    def persons(self) -> pd.DataFrame:
        frame = pd.DataFrame(self.people).reindex(columns=PERSON_COLUMNS)
        return self._shuffled(frame)

    def link(self, overrides: pd.DataFrame | None = None) -> LinkResult:
        identifiers = self._shuffled(self.identifiers)
        records = self._shuffled(prepare_records(self.persons(), NICKNAMES, identifiers))
        held = self._shuffled(prepare_identifiers(identifiers, records))
        instructions = no_overrides() if overrides is None else overrides
        active = active_overrides(instructions, records["record_id"], CLOCK)
        bad_values = find_bad_values(held, records, self.settings.bad_value_people, active.blocked)
        model = train(records, held, bad_values, self.settings, CLOCK)
        return link_records(records, held, bad_values, model, active, self.settings)

    def clusters(self, overrides: pd.DataFrame | None = None) -> pd.DataFrame:
        links = self.link(overrides).links
        return cluster_records(self.persons()["record_id"], links)

    def groups(self, overrides: pd.DataFrame | None = None) -> set[frozenset[str]]:
        return as_groups(self.clusters(overrides))

    def run(
        self,
        assignments: pd.DataFrame | None = None,
        overrides: pd.DataFrame | None = None,
        run_id: str = "run",
    ) -> pd.DataFrame:
        """The whole log after one more run."""
        past = no_assignments() if assignments is None else assignments
        changes = assign(self.clusters(overrides), self.persons(), past, run_id, CLOCK)
        return pd.concat([past, changes], ignore_index=True) if len(past) else changes


def as_groups(clusters: pd.DataFrame) -> set[frozenset[str]]:
    return {frozenset(group) for _, group in clusters.groupby("cluster_key")["record_id"]}


def grouping(*groups: str) -> pd.DataFrame:
    """Clusters from texts such as ``"a b c"``."""
    rows = [(record, min(group.split())) for group in groups for record in group.split()]
    return pd.DataFrame(rows, columns=["record_id", "cluster_key"])


def ages(records: Iterable[str]) -> pd.DataFrame:
    """Records made one day after the other, in alphabetical order."""
    ordered = sorted(records)
    return pd.DataFrame(
        {
            "record_id": ordered,
            "created_at": pd.date_range("2020-01-01", periods=len(ordered), freq="D"),
        }
    )


def override(instruction: str, left: str, right: str, **values: object) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "override_id": values.pop("override_id", "o1"),
                "instruction": instruction,
                "left_record_id": left,
                "right_record_id": right,
                "created_at": pd.Timestamp("2026-01-01"),
                **values,
            }
        ]
    )


def chain(length: int) -> list[dict[str, object]]:
    """Records of one person, each sharing one of two e-mails with the next and no other."""
    return [
        person(f"crm:{number:05}", name="Ada Lovelace", created_at=CLOCK)
        for number in range(length)
    ]


def chain_identifiers(length: int) -> pd.DataFrame:
    rows = []
    for number, (one, other) in enumerate(pairwise(range(length))):
        rows += [(f"crm:{end:05}", "email", f"link{number}@example.org") for end in (one, other)]
    return pd.DataFrame(rows, columns=["record_id", "identifier_type", "identifier_value"])

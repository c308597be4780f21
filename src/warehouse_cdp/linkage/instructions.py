"""Instructions that a person is about to give: checked against the records and what holds already.

``overrides`` says what a build makes of the instructions that stand in state, whoever wrote them;
here a wrong one is refused before it is written, with all that is wrong named at once.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pandas as pd

from warehouse_cdp.errors import InputDataError, StateRefusedError
from warehouse_cdp.linkage.identifier_keys import identifier_key
from warehouse_cdp.linkage.overrides import INSTRUCTIONS, OVERRIDE_COLUMNS, active_overrides
from warehouse_cdp.linkage.settings import IDENTIFIER_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN_NEAR = 3
_NEW = "new instruction "


@dataclass(frozen=True)
class Instruction:
    """``must_link`` or ``cannot_link`` two records, or ``block_value`` of an identifier type.

    ``valid_until`` (UTC) is the moment from which it holds no more; None is for ever.
    """

    instruction: str
    left_record_id: str | None = None
    right_record_id: str | None = None
    identifier_type: str | None = None
    identifier_value: str | None = None
    reason: str | None = None
    valid_until: pd.Timestamp | None = None

    def same_thing(self) -> tuple[str, ...]:
        """What it is about: the pair in order, or the type and match key of the value."""
        if self.instruction == "block_value":
            key = identifier_key(str(self.identifier_type), str(self.identifier_value))
            return ("block_value", str(self.identifier_type), str(key))
        return ("pair", *sorted((str(self.left_record_id), str(self.right_record_id))))


def check_instructions(
    new: Sequence[Instruction],
    overrides: pd.DataFrame,
    record_ids: pd.Series,
    as_of: pd.Timestamp | None,
) -> list[str | None]:
    """For each new instruction the id of an override that says so already, or None.

    ``overrides`` (``OVERRIDE_COLUMNS``) is what stands in state, ``record_ids`` are all records,
    ``as_of`` is the clock of the last build. An instruction that is given twice is new once; the
    others have the id ``new instruction 1`` (its place).

    Raises:
        InputDataError: one is incomplete, over already, or names a record that does not exist; the
            message lists every problem and names records, never values.
        StateRefusedError: one contradicts another, or an override that holds.
    """
    known = sorted(record_ids.astype(str))
    problems = []
    for number, one in enumerate(new, start=1):
        problems += [f"{_place(number, new)}{said}" for said in _problems(one, known, as_of)]
    if problems:
        raise InputDataError(_listed(problems))
    held = _holding(overrides, record_ids, as_of)
    found: list[str | None] = []
    for number, one in enumerate(new, start=1):
        thing = one.same_thing()
        earlier = held.get(thing)
        if earlier is None:
            found.append(None)
            held[thing] = (f"{_NEW}{number}", one.instruction, one.valid_until)
            continue
        problems += [f"{_place(number, new)}{said}" for said in _clash(one, *earlier)]
        found.append(earlier[0])
    problems = problems or _broken_chains(new, overrides, record_ids, as_of)
    if problems:
        raise StateRefusedError(_listed(problems))
    return found


def nearest(wanted: str, known: Sequence[str], most: int = _SHOWN_NEAR) -> list[str]:
    """Of sorted texts those that share the longest beginning with another, in order."""
    place = bisect_left(known, wanted)
    around = list(known[max(0, place - most) : place + most])
    lengths = {text: _common(text, wanted) for text in around}
    longest = max(lengths.values(), default=0)
    return [text for text in around if longest and lengths[text] == longest][:most]


def _common(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _problems(one: Instruction, known: list[str], as_of: pd.Timestamp | None) -> list[str]:
    if one.instruction not in INSTRUCTIONS:
        return [f"unknown instruction {one.instruction!r}; valid are {', '.join(INSTRUCTIONS)}"]
    said = []
    if one.valid_until is not None and as_of is not None and one.valid_until <= as_of:
        said.append(
            f"it would end on {one.valid_until:%Y-%m-%d}, and the last build's clock was "
            f"{as_of:%Y-%m-%d}: name a later day"
        )
    if one.instruction == "block_value":
        if one.identifier_type not in IDENTIFIER_TYPES:
            valid = ", ".join(IDENTIFIER_TYPES)
            said.append(f"unknown identifier type {one.identifier_type!r}; valid are {valid}")
        elif not one.identifier_value or not identifier_key(
            one.identifier_type, one.identifier_value
        ):
            said.append(f"the value is empty or no {one.identifier_type}")
        return said
    if not one.left_record_id or not one.right_record_id:
        return [*said, f"{one.instruction} needs two records"]
    if one.left_record_id == one.right_record_id:
        said.append(f"both records are {one.left_record_id}: name two different ones")
    for record in dict.fromkeys((one.left_record_id, one.right_record_id)):
        place = bisect_left(known, record)
        if place == len(known) or known[place] != record:
            near = ", ".join(nearest(record, known)) or "none begins like it"
            said.append(f"no record {record!r} in identity_map; nearest: {near}")
    return said


def _holding(
    overrides: pd.DataFrame, record_ids: pd.Series, as_of: pd.Timestamp | None
) -> dict[tuple[str, ...], tuple[str, str, pd.Timestamp | None]]:
    """Of everything that an active override is about: its id, what it says, and its end."""
    active = active_overrides(overrides, record_ids, as_of)
    in_force = {*active.must_links["override_id"], *active.cannot_links["override_id"]}
    blocked = set(active.blocked.itertuples(index=False, name=None))
    held = {}
    rows = overrides.reindex(columns=list(OVERRIDE_COLUMNS))
    for row in rows[rows["withdrawn_at"].isna()].to_dict("records"):
        end = None if pd.isna(row["valid_until"]) else pd.Timestamp(row["valid_until"])
        one = Instruction(
            str(row["instruction"]),
            _text(row["left_record_id"]),
            _text(row["right_record_id"]),
            _text(row["identifier_type"]),
            _text(row["identifier_value"]),
        )
        is_over = end is not None and as_of is not None and end <= as_of
        if row["override_id"] in in_force or (
            one.instruction == "block_value" and one.same_thing()[1:] in blocked and not is_over
        ):
            held[one.same_thing()] = (str(row["override_id"]), one.instruction, end)
    return held


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _clash(
    one: Instruction, override_id: str, instruction: str, end: pd.Timestamp | None
) -> list[str]:
    way_out = "" if override_id.startswith(_NEW) else f": withdraw {override_id} first"
    if instruction != one.instruction:
        return [f"{override_id} says {instruction} of the same records{way_out}"]
    if end != one.valid_until:
        until = "without an end" if end is None else f"until {end:%Y-%m-%d}"
        return [f"{override_id} says the same, {until}{way_out}"]
    return []


def _broken_chains(
    new: Sequence[Instruction],
    overrides: pd.DataFrame,
    record_ids: pd.Series,
    as_of: pd.Timestamp | None,
) -> list[str]:
    """Cannot-links that must-links would go around once the new instructions hold."""
    columns = list(OVERRIDE_COLUMNS)
    before = overrides.reindex(columns=columns).astype(object)
    rows = [
        {**asdict(one), "override_id": f"{_NEW}{number}", "created_at": as_of}
        for number, one in enumerate(new, start=1)
    ]
    together = [part for part in (before, pd.DataFrame(rows).astype(object)) if len(part)]
    after = pd.concat(together, ignore_index=True).reindex(columns=columns)

    def broken(frame: pd.DataFrame) -> set[str]:
        issues = active_overrides(frame, record_ids, as_of).issues
        return set(issues.loc[issues["issue"] == "contradictory", "override_id"])

    return [
        f"must_link instructions together would join what {name} (cannot_link) keeps apart"
        for name in sorted(broken(after) - broken(before))
    ]


def _place(number: int, new: Sequence[Instruction]) -> str:
    return "" if len(new) == 1 else f"instruction {number}: "


def _listed(problems: list[str]) -> str:
    if len(problems) == 1:
        return f"nothing was written: {problems[0]}"
    lines = "\n".join(f"  - {problem}" for problem in problems)
    return f"nothing was written, because of {len(problems)} problems:\n{lines}"

"""What audiences of advertising platforms have in common: members are hashes, and hashes only.

A row becomes identifiers (a hash of the address, of the number, of names). What was sent is handed
back to the engine as ``remembered``: a member can only be taken away by the very hashes that were
added, whatever has become of the address or of the rules since. On a change, hashes that are no
longer sent are removed first.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse_cdp.activation.hashing import identifier, is_sha256
from warehouse_cdp.activation.protocol import ACKNOWLEDGED, Outcome
from warehouse_cdp.activation.values import joined_key, to_text
from warehouse_cdp.destinations.answers import NOT_REMEMBERED, base_name, rejected, with_outdated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from warehouse_cdp.activation.protocol import Batch, Row

HASHED_ENDING = "_sha256"


@dataclass(frozen=True)
class Member:
    """One row as the platform knows it: identifiers by field, hashed or in clear as it wants."""

    key: str
    identifiers: Mapping[str, str]


class HashedAudience:
    """Carries out batches with three calls of a platform.

    Args:
        rules: the set of normalising rules.
        fields: what columns may map to, and the rules' name of each.
        findable: fields whose hash finds a member again; a row needs one of them, and these are
            remembered.
        add: adds members.
        remove: takes members away.
        most: members of a call.
        key: the columns that tell customers apart.
    """

    def __init__(
        self,
        rules: str,
        fields: Mapping[str, str],
        findable: Sequence[str],
        add: Callable[[Sequence[Member]], None],
        remove: Callable[[Sequence[Member]], None],
        most: int,
        key: Sequence[str],
    ) -> None:
        self._most = most
        self._key = key
        # An address may pass from one customer to another within a run, the new owner first.
        self._owners: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        self._rules = rules
        self._fields = fields
        self._findable = findable
        self._add = add
        self._remove = remove

    def remembered_of(self, row: Row) -> dict[str, str] | None:
        """The hashes by which a row can be found while its answer is out: new ones and old."""
        return with_outdated(self._remembered(row), row.remembered)

    def _remembered(self, row: Row) -> dict[str, str]:
        """The hashes by which a row will be found; empty where it has none."""
        found = self._identifiers(row)
        return {name: found[name] for name in self._findable if name in found}

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        """Remove, or remove what changed and add; a row without an identifier is rejected.

        Raises:
            BatchRefusedError, DestinationUnauthorisedError, DestinationUnavailableError: as the
                platform's calls do.
        """
        with self._lock:
            return self._delivered(batch)

    def _delivered(self, batch: Batch) -> Mapping[str, Outcome]:
        if batch.lane == "remove":
            if batch.rows[0].on_leave == "keep":
                return {row.key: ACKNOWLEDGED for row in batch.rows}
            self._removed([one for row in batch.rows for one in _members(row.key, row.remembered)])
            return {
                row.key: NOT_REMEMBERED if row.remembered is None else ACKNOWLEDGED
                for row in batch.rows
            }
        outcomes: dict[str, Outcome] = {}
        members: list[Member] = []
        outdated: list[Member] = []
        owners: dict[tuple[str, str], str] = {}
        for row in batch.rows:
            remembered = self._remembered(row)
            owner = str(joined_key(row.values[name] for name in self._key))
            before = (row.remembered or {}).items()
            old = {name: one for name, one in before if remembered.get(base_name(name)) != one}
            taken = {
                name
                for name, one in old.items()
                if self._owners.get((base_name(name), one), owner) != owner
            }
            outdated += _members(row.key, {name: old[name] for name in old if name not in taken})
            if not remembered:
                outcomes[row.key] = rejected("no_identifier")
                continue
            members.append(Member(row.key, self._identifiers(row)))
            owners |= dict.fromkeys(members[-1].identifiers.items(), owner)
            outcomes[row.key] = Outcome("acknowledged", remembered=remembered)
        self._removed(outdated)
        if members:
            self._add(members)
        self._owners |= owners
        return outcomes

    def _removed(self, members: Sequence[Member]) -> None:
        for start in range(0, len(members), self._most):
            self._remove(members[start : start + self._most])

    def _identifiers(self, row: Row) -> dict[str, str]:
        """Identifiers by field; a column that holds hashes already must hold SHA-256."""
        found: dict[str, str] = {}
        for name, value in row.values.items():
            text = to_text(value)
            field = name.removesuffix(HASHED_ENDING)
            if text is None or field not in self._fields:
                continue
            if name.endswith(HASHED_ENDING):
                said = text if is_sha256(text) else None
            else:
                said = identifier(self._rules, self._fields[field], text)
            if said is not None:
                found[field] = said
        return found


def _members(key: str, remembered: Mapping[str, str] | None) -> list[Member]:
    """What is remembered of a row as members to remove: hashes of one field in one each."""
    found: dict[str, dict[str, str]] = {}
    for name, value in (remembered or {}).items():
        field, _, number = name.partition("~")
        found.setdefault(number, {})[field] = value
    return [Member(key, identifiers) for identifiers in found.values()]


def column_names(fields: Mapping[str, str], hashable: Sequence[str]) -> tuple[str, ...]:
    """Return what columns may map to: the fields, and those that may come hashed."""
    return (*fields, *(f"{name}{HASHED_ENDING}" for name in hashable))

"""What an explanation is made from: records, links with their evidence, what runs changed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warehouse_cdp.errors import InputDataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LINKED, REVIEW, CUT, REJECTED = "linked", "review", "cut", "rejected"
DECISIONS = (LINKED, REVIEW, CUT, REJECTED)
PRIOR = "prior"
_ROUNDING = 0.05
"""Bits by which weights that were rounded one by one may miss their sum."""


@dataclass(frozen=True)
class Field:
    """The level that a field reached, and what it weighed in bits (None where not recorded)."""

    name: str
    level: str
    weight: float | None


@dataclass(frozen=True)
class Link:
    """A pair of records of ``identity_links``, with what was decided of it.

    ``weight`` is the match weight in bits (log2 odds); None is certain. ``fields`` begin with the
    prior, if it was recorded.
    """

    left: str
    right: str
    rule: str
    decision: str
    cut_by: str | None
    weight: float | None
    probability: float | None
    fields: tuple[Field, ...]

    @property
    def ends(self) -> frozenset[str]:
        """Both record ids."""
        return frozenset((self.left, self.right))

    @property
    def has_weights(self) -> bool:
        """Whether the evidence says what each field weighed."""
        return bool(self.fields) and all(one.weight is not None for one in self.fields)

    @property
    def field_sum(self) -> float | None:
        """The sum of the fields' weights, if they were recorded."""
        if not self.has_weights:
            return None
        return sum(one.weight for one in self.fields if one.weight is not None)

    @property
    def beyond_fields(self) -> float:
        """What the match weight has beyond the sum of the fields: what a rule put on top."""
        found = self.field_sum
        if found is None or self.weight is None or abs(self.weight - found) <= _ROUNDING:
            return 0.0
        return self.weight - found

    def other(self, record: str) -> str:
        """The end that is not ``record``."""
        return self.right if record == self.left else self.left


@dataclass(frozen=True)
class Record:
    """A person record and the customer it belongs to (None when it is gone)."""

    record_id: str
    source: str
    customer_id: str | None
    assigned_at: datetime | None = None


@dataclass(frozen=True)
class Exchange:
    """Records that a run took from one customer to another (None: from or to nobody)."""

    from_customer: str | None
    to_customer: str | None
    record_count: int


@dataclass(frozen=True)
class Change:
    """What a run did to a customer (``identity_changes``); where records came from or went."""

    customer_id: str
    change_type: str
    run_id: str
    recorded_at: datetime
    record_count: int
    exchanges: tuple[Exchange, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A name that was given, and what it means now; ``record_id`` is None if it was a customer."""

    given: str
    customer_id: str
    record_id: str | None = None

    @property
    def is_retired_id(self) -> bool:
        """Whether a customer was named by an id that it no longer has."""
        return self.record_id is None and self.given != self.customer_id


@dataclass(frozen=True)
class Facts:
    """All that is known about one customer, or about two records.

    ``records`` hold those of the customers asked for and, beside them, every other end of
    ``links``, which are all listed pairs with an end at one of the customers. ``values`` (record,
    field, values) are what the matcher saw; empty unless they were asked for.
    """

    asked: tuple[Asked, ...]
    records: Mapping[str, Record]
    links: tuple[Link, ...]
    changes: tuple[Change, ...] = ()
    values: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def customers(self) -> tuple[str, ...]:
        """The customers asked for, in the order of asking, each once."""
        return tuple(dict.fromkeys(one.customer_id for one in self.asked))

    def members(self, customer_id: str) -> tuple[Record, ...]:
        """The records of a customer, in order."""
        return tuple(
            self.records[name]
            for name in sorted(self.records)
            if self.records[name].customer_id == customer_id
        )

    def customer_of(self, record_id: str) -> str | None:
        """The customer of a record; None when it is gone."""
        return self.records[record_id].customer_id

    def between(self, one: str, other: str) -> Link | None:
        """The listed pair of two records, if there is one."""
        wanted = frozenset((one, other))
        return next((link for link in self.links if link.ends == wanted), None)


def parse_evidence(text: str | None) -> tuple[Field, ...]:
    """The fields of ``identity_links.evidence``, the prior first.

    Either form is read: a level a field, or an object of ``level`` and ``weight`` a field.

    Raises:
        InputDataError: it is neither.
    """
    try:
        read = json.loads(text or "{}")
        fields = [_field(str(name), value) for name, value in read.items()]
    except (AttributeError, KeyError, TypeError, ValueError):
        message = (
            "the evidence of a link is no JSON object of a level, or of level and weight, a field: "
            "was identity_links built by another version? Run `dbt build`"
        )
        raise InputDataError(message) from None
    return tuple(sorted(fields, key=lambda one: one.name != PRIOR))


def _field(name: str, value: object) -> Field:
    if isinstance(value, str):
        return Field(name, value, None)
    if not isinstance(value, dict):
        raise TypeError
    weight = value.get("weight")
    return Field(name, str(value["level"]), None if weight is None else float(weight))

"""A person to be erased or told about: how they are named, and the keys of what is theirs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.privacy.keys import erased_name, key_version, normalise_email, tombstone
from warehouse_cdp.privacy.routes import CUSTOMER, EVENT, RECORD, VISITOR

if TYPE_CHECKING:
    from collections.abc import Iterable

REQUEST_ID = "request"
IDENTIFIER_TYPES = ("email", "phone", "loyalty_card", "national_id", "social_handle", "device_id")
FINDABLE = (CUSTOMER, RECORD, REQUEST_ID, *IDENTIFIER_TYPES)
"""Kinds of value by which a person can be named."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PHONE_SIGNS = re.compile(r"[\s()./-]")


@dataclass(frozen=True)
class Naming:
    """What the user named a person by; the value stays out of every repr."""

    kind: str
    value: str = field(repr=False)


def naming(kind: str, text: str) -> Naming:
    """Bring a value into the form in which the warehouse holds it.

    Raises:
        ConfigurationError: the kind is unknown or the value is empty or cannot be one.
    """
    if kind not in FINDABLE:
        message = f"unknown kind of identifier {kind!r}; valid are {', '.join(FINDABLE)}"
        raise ConfigurationError(message)
    value = text.strip()
    if kind == "email":
        value = normalise_email(value)
        if value.count("@") != 1 or value.startswith("@") or value.endswith("@"):
            message = "the e-mail address that was given is none (expected name@domain)"
            raise ConfigurationError(message)
    elif kind == "phone":
        value = re.sub("^00", "+", _PHONE_SIGNS.sub("", value))
        if not _E164.fullmatch(value):
            message = "the phone number must be given with its country, such as +44 7700 900123"
            raise ConfigurationError(message)
    elif kind == "social_handle":
        value = value.lower()
    if not value:
        message = f"the {kind.replace('_', ' ')} that was given is empty"
        raise ConfigurationError(message)
    return Naming(kind, value)


@dataclass(frozen=True)
class HeldValue:
    """An identifier of a person's record, or a visitor: whether others hold it too."""

    kind: str
    value: str = field(repr=False)
    is_shared: bool
    is_blocked: bool = False


@dataclass(frozen=True)
class Person:
    """A customer and all that is theirs.

    ``customer_ids`` are the customer's own id and the retired ones that mean it; ``private_ids``
    those of them that no record of another customer ever had, ``keys`` more kinds of key by
    which rows are found (orders, events, consents): (kind, value).
    """

    customer_id: str
    customer_ids: frozenset[str]
    private_ids: frozenset[str]
    record_ids: frozenset[str]
    held: tuple[HeldValue, ...]
    keys: frozenset[tuple[str, str]] = frozenset()

    @property
    def own_values(self) -> list[HeldValue]:
        """Identifiers and visitors that are this person's alone and name somebody at all."""
        return [one for one in self.held if not one.is_shared and not one.is_blocked]

    @property
    def shared_count(self) -> int:
        """Identifiers and visitors that others hold too, or that name nobody: not suppressed."""
        return len(self.held) - len(self.own_values)

    def row_keys(self) -> list[tuple[str, str]]:
        """Every (kind, value) that makes a row this person's, ordered."""
        found = set(self.keys)
        found |= {(CUSTOMER, value) for value in self.customer_ids}
        found |= {(RECORD, value) for value in self.record_ids}
        found |= {(one.kind, one.value) for one in self.own_values}
        return sorted(found)

    def tombstones(self, key: str) -> list[tuple[str, str, str]]:
        """(identifier_type, identifier_hash, key_version), one per record and own value.

        A value that another living customer holds gets none: it would suppress them too. The
        records that carried it are suppressed by their own ids.
        """
        values = {(RECORD, record_id) for record_id in self.record_ids}
        values |= {(one.kind, one.value) for one in self.own_values}
        version = key_version(key)
        return sorted((kind, tombstone(kind, value, key), version) for kind, value in values)

    def masks(self, key: str) -> list[tuple[str, str, str]]:
        """(kind, value, what stands in its place) for every value that state may hold.

        An id that others once had stays: their history needs it, and it is theirs as well.
        """
        values = {(RECORD, record_id) for record_id in self.record_ids}
        values |= {(kind, value) for kind, value in self.keys if kind == EVENT}
        values |= {(CUSTOMER, customer_id) for customer_id in self.private_ids}
        values |= {(one.kind, one.value) for one in self.own_values}
        return sorted((kind, value, erased_name(kind, value, key)) for kind, value in values)


def visitors(found: Iterable[tuple[str, bool]]) -> list[HeldValue]:
    """Anonymous ids with whether others used them too."""
    return [HeldValue(VISITOR, value, is_shared) for value, is_shared in found]

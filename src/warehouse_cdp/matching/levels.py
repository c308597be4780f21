"""Levels of agreement: their numbers and names, by kind of column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN: Final = 0
DIFFERENT: Final = 1
LEVEL_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "given_name": ("different", "similar", "initial", "nickname", "close", "swapped", "exact"),
    "middle_name": ("different", "initial", "close", "exact"),
    "family_name": ("different", "similar", "part", "close", "exact"),
    "date": ("different", "same_year", "two_parts", "one_error", "swapped", "exact"),
    "age": ("different", "near", "exact"),
    "email": ("different", "similar", "same_local_part", "close", "exact"),
    "phone": ("different", "one_error", "exact"),
    "address": ("different", "similar", "same_street", "close", "exact"),
    "text": ("different", "similar", "close", "exact"),
    "postal_code": ("different", "same_area", "one_error", "exact"),
    "category": ("different", "exact"),
    "identifier": ("different", "two_errors", "one_error", "exact"),
}
"""Names of the levels from 1 on, by kind of column."""


def level(kind: str, name: str) -> int:
    """Number of a named level."""
    return LEVEL_NAMES[kind].index(name) + 1


def exact_level(kind: str) -> int:
    """Number of the level of full agreement."""
    return len(LEVEL_NAMES[kind])

"""Values that too many people share to identify one, found by counting or listed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from warehouse_cdp.linkage.records import identifier_key

if TYPE_CHECKING:
    from collections.abc import Mapping

BAD_VALUE_COLUMNS = (
    "identifier_type",
    "identifier_key",
    "identifier_value",
    "record_count",
    "person_proxy_count",
    "reason",
)

# What no list can hold: values of one repeated sign or a run on the keyboard.
_PLACEHOLDERS: Mapping[str, re.Pattern[str]] = {
    "email": re.compile(r"^(no-?e?-?mail|none|null|na|test|unknown|anonymous|kein-?email|xxx*)@"),
    "phone": re.compile(r"^\d{0,4}?(\d)\1{5,}$|^\d{0,4}?123456\d{0,4}$"),
    "loyalty_card": re.compile(r"^(\w)\1*$"),
    "national_id": re.compile(r"^(\w)\1*$"),
    "social_handle": re.compile(r"^(null|none|unknown|anonymous)$"),
    "device_id": re.compile(r"^(\w)\1*$|^(null|none|unknown)$"),
}


def is_placeholder(identifier_type: str, key: str) -> bool:
    """Whether a match key is what people type when they must type something."""
    pattern = _PLACEHOLDERS.get(identifier_type)
    return bool(pattern and pattern.search(key))


def listed_values(distinct: pd.DataFrame, junk: pd.DataFrame | None) -> pd.Series:
    """Which of the values (``identifier_type, identifier_key``) a list of junk names.

    ``junk`` has ``identifier_type, match_type, junk_value``; match types: ``exact`` (the whole
    value), ``prefix`` (how it begins), ``mailbox`` (an e-mail's local part).
    """
    found = pd.Series(data=False, index=distinct.index)
    if junk is None or junk.empty:
        return found
    for kind, rows in distinct.groupby("identifier_type"):
        listed = junk[junk["identifier_type"] == kind]
        by_type = {
            match: {_junk_key(str(kind), str(match), str(value)) for value in group["junk_value"]}
            for match, group in listed.groupby("match_type")
        }
        keys = rows["identifier_key"]
        hit = keys.isin(by_type.get("exact", set()))
        hit |= keys.str.startswith(tuple(sorted(by_type.get("prefix", set()))))
        hit |= keys.str.rpartition("@")[0].isin(by_type.get("mailbox", set()))
        found.loc[rows.index] = hit
    return found


def _junk_key(identifier_type: str, match_type: str, value: str) -> str:
    if match_type == "mailbox":
        return value.strip().lower()
    if match_type == "exact":
        return identifier_key(identifier_type, value) or value
    return re.sub(r"[^a-z0-9]", "", value.lower())


def find_bad_values(
    identifiers: pd.DataFrame,
    records: pd.DataFrame,
    bad_value_people: Mapping[str, int],
    blocked: pd.DataFrame | None = None,
    junk: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Identifier values that identify nobody (``BAD_VALUE_COLUMNS``), ordered.

    A person is counted by proxy: the number of different folded full names seen with a value.
    ``identifiers`` and ``records`` come from ``prepare_identifiers`` and ``prepare_records``;
    ``blocked`` (``identifier_type, identifier_key``) lists what an override blocks, ``junk``
    (see ``listed_values``) what never identified anybody.
    """
    if identifiers.empty:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in BAD_VALUE_COLUMNS})
    proxies = records[["record_id"]].assign(
        person_proxy=_person_proxy(records["given_name_sound"], records["family_name_sound"])
    )
    seen = identifiers.merge(proxies, on="record_id", how="left")
    # The smallest value; pandas takes a second for min() of texts, which it does group by group.
    counts = (
        seen.sort_values("identifier_value")
        .groupby(["identifier_type", "identifier_key"])
        .agg(
            identifier_value=("identifier_value", "first"),
            record_count=("record_id", "nunique"),
            person_proxy_count=("person_proxy", "nunique"),
        )
        .reset_index()
    )
    limit = counts["identifier_type"].map(dict(bad_value_people))
    listed = pd.Series(
        [
            is_placeholder(kind, key)
            for kind, key in zip(counts["identifier_type"], counts["identifier_key"], strict=True)
        ],
        index=counts.index,
        dtype=bool,
    )
    listed |= listed_values(counts, junk)
    overridden = _in_list(counts, blocked)
    shared = limit.notna() & (counts["person_proxy_count"] > limit)
    counts["reason"] = None
    counts.loc[shared, "reason"] = "shared_by_too_many_people"
    counts.loc[listed, "reason"] = "listed_as_placeholder"
    counts.loc[overridden, "reason"] = "blocked_by_override"
    found = counts[counts["reason"].notna()]
    return (
        found[list(BAD_VALUE_COLUMNS)]
        .sort_values(["identifier_type", "identifier_key"])
        .reset_index(drop=True)
    )


def mark_blocked(identifiers: pd.DataFrame, bad_values: pd.DataFrame) -> pd.DataFrame:
    """``identifiers`` with ``identifier_key``, ``is_blocked`` and ``block_reason``."""
    marked = identifiers.assign(
        identifier_key=pd.Series(
            [
                identifier_key(str(kind), str(value))
                for kind, value in zip(
                    identifiers["identifier_type"], identifiers["identifier_value"], strict=True
                )
            ],
            index=identifiers.index,
            dtype=object,
        )
    )
    reasons = bad_values[["identifier_type", "identifier_key", "reason"]].rename(
        columns={"reason": "block_reason"}
    )
    marked = marked.merge(reasons, on=["identifier_type", "identifier_key"], how="left")
    marked["is_blocked"] = marked["block_reason"].notna()
    return marked


def _person_proxy(given: pd.Series, family: pd.Series) -> pd.Series:
    # Sounds, so that a typo does not make a second person; a record without a name counts none.
    both = given.fillna("") + "/" + family.fillna("")
    return both.where(both != "/")


def _in_list(counts: pd.DataFrame, blocked: pd.DataFrame | None) -> pd.Series:
    if blocked is None or blocked.empty:
        return pd.Series(data=False, index=counts.index)
    listed = set(zip(blocked["identifier_type"], blocked["identifier_key"], strict=True))
    pairs = zip(counts["identifier_type"], counts["identifier_key"], strict=True)
    return pd.Series([pair in listed for pair in pairs], index=counts.index, dtype=bool)

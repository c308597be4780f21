"""Values that too many people share to identify one, found by counting or listed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.linkage.identifier_keys import identifier_key, match_keys

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
    listed = _listed(counts, junk)
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


def bad_values_of(
    identifiers: pa.Table,
    records: pa.Table,
    bad_value_people: Mapping[str, int],
    blocked: pd.DataFrame | None = None,
    junk: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What ``find_bad_values`` finds among all identifiers, which come as columns.

    ``identifiers`` are as they were received (``record_id, identifier_type, identifier_value``);
    those on the records themselves are added, as ``prepare_identifiers`` does. Few values are
    blocked, listed, or held by enough records to be held by too many people: only what is may be
    bad, so only the rows of those are looked at one by one.
    """
    held = _all_held(identifiers, records)
    names = ["identifier_type", "identifier_key"]
    counts = held.group_by(names).aggregate([([], "count_all")])
    suspects = counts.select(names).to_pandas()
    limit = suspects["identifier_type"].map(dict(bad_value_people))
    many = limit.notna() & (counts["count_all"].to_numpy() > limit)
    suspects = suspects[many | _listed(suspects, junk) | _in_list(suspects, blocked)]
    keys = pa.array(suspects["identifier_key"], type=pa.string())
    held = held.filter(pc.is_in(held["identifier_key"], value_set=keys))
    names = ["record_id", "given_name_sound", "family_name_sound"]
    people = records.select(names).filter(
        pc.is_in(records["record_id"], value_set=pc.unique(held["record_id"]))
    )
    return find_bad_values(held.to_pandas(), people.to_pandas(), bad_value_people, blocked, junk)


def _all_held(identifiers: pa.Table, records: pa.Table) -> pa.Table:
    """``record_id, identifier_type, identifier_value, identifier_key``, known records only."""
    names = ["record_id", "identifier_type", "identifier_value"]
    known = pc.is_in(identifiers["record_id"], value_set=_one_chunk(records["record_id"]))
    parts = [identifiers.select(names).filter(known).cast(_HELD)]
    for kind in ("email", "phone", "national_id"):
        on_record = records.select(["record_id", f"{kind}_key"]).rename_columns(names[::2])
        kinds = pa.array([kind]).take(pa.array(np.zeros(len(on_record), dtype=np.int64)))
        parts.append(on_record.append_column(names[1], kinds).select(names).cast(_HELD))
    rows = pa.concat_tables(parts)
    rows = rows.filter(pc.is_valid(rows["identifier_value"])).combine_chunks()
    keys = match_keys(_one_chunk(rows[names[1]]), _one_chunk(rows[names[2]]))
    return rows.append_column("identifier_key", keys).filter(pc.is_valid(keys))


_HELD: Final = pa.schema(
    [(name, pa.string()) for name in ("record_id", "identifier_type", "identifier_value")]
)


def mark_blocked(identifiers: pa.Table, bad_values: pd.DataFrame) -> pa.Table:
    """``identifiers`` with ``identifier_key``, ``is_blocked`` and ``block_reason``."""
    kinds, values = (
        _one_chunk(identifiers[name]).cast(pa.string())
        for name in ("identifier_type", "identifier_value")
    )
    keys = match_keys(kinds, values)
    reasons = pa.nulls(len(keys), pa.string())
    for kind, bad in bad_values.groupby("identifier_type"):
        listed = (pa.array(bad[name], pa.string()) for name in ("identifier_key", "reason"))
        bad_keys, told = listed
        place = pc.index_in(keys, value_set=bad_keys)
        reasons = pc.if_else(pc.equal(kinds, str(kind)), told.take(place), reasons)
    return (
        identifiers.append_column("identifier_key", keys)
        .append_column("block_reason", reasons)
        .append_column("is_blocked", pc.is_valid(reasons))
    )


def _one_chunk(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _listed(distinct: pd.DataFrame, junk: pd.DataFrame | None) -> pd.Series:
    """Which of some values are placeholders, or on the list of junk."""
    kinds, keys = distinct["identifier_type"], distinct["identifier_key"]
    listed = [is_placeholder(kind, key) for kind, key in zip(kinds, keys, strict=True)]
    return pd.Series(listed, index=distinct.index, dtype=bool) | listed_values(distinct, junk)


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

"""Decisions of people about pairs and values: which hold now, and which want attention."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.linkage.clusters import cluster_records
from warehouse_cdp.linkage.identifier_keys import identifier_key
from warehouse_cdp.linkage.settings import IDENTIFIER_TYPES
from warehouse_cdp.privacy import ERASED

OVERRIDE_COLUMNS = (
    "override_id",
    "instruction",
    "left_record_id",
    "right_record_id",
    "identifier_type",
    "identifier_value",
    "reason",
    "created_by",
    "created_at",
    "valid_until",
    "withdrawn_at",
    "withdrawn_by",
    "review_stratum",
    "review_model_id",
)
ISSUE_COLUMNS = ("override_id", "instruction", "issue", "explanation")
INSTRUCTIONS = ("must_link", "cannot_link", "block_value")


@dataclass(frozen=True)
class ActiveOverrides:
    """What holds at one time.

    ``must_links`` and ``cannot_links`` have ``left_record_id, right_record_id, override_id``,
    left before right; ``blocked`` has ``identifier_type, identifier_key``; ``issues`` has
    ``ISSUE_COLUMNS``.
    """

    must_links: pd.DataFrame
    cannot_links: pd.DataFrame
    blocked: pd.DataFrame
    issues: pd.DataFrame


def no_overrides() -> pd.DataFrame:
    """An empty frame of overrides."""
    return pd.DataFrame({name: pd.Series(dtype=object) for name in OVERRIDE_COLUMNS})


def active_overrides(
    overrides: pd.DataFrame, record_ids: pd.Series | pa.ChunkedArray, as_of: pd.Timestamp | None
) -> ActiveOverrides:
    """The instructions that hold at ``as_of``, and every one that is stale or contradictory.

    What was withdrawn is as if it had not been. Where instructions on one pair contradict each
    other the newest holds; where must-links would join what a cannot-link keeps apart, the
    cannot-link holds. Both are reported.
    """
    frame = overrides.reindex(columns=list(OVERRIDE_COLUMNS))
    known = _known_ids(frame, record_ids)
    frame = frame[frame["withdrawn_at"].isna()].copy()
    frame["created_at"] = pd.to_datetime(frame["created_at"])
    frame["valid_until"] = pd.to_datetime(frame["valid_until"])
    frame = frame.sort_values(["created_at", "override_id"], na_position="first", kind="stable")
    issues: list[tuple[str, str, str, str]] = []
    pairs: dict[tuple[str, str], tuple[str, str]] = {}
    blocked: set[tuple[str, str]] = set()
    for row in frame.itertuples(index=False):
        if _is_erased(row):
            continue
        issue = _issue_of(row, known, as_of)
        if issue:
            issues.append((str(row.override_id), str(row.instruction), *issue))
            continue
        if row.instruction == "block_value":
            key = identifier_key(str(row.identifier_type), str(row.identifier_value))
            blocked.add((str(row.identifier_type), str(key)))
            continue
        one, other = sorted((str(row.left_record_id), str(row.right_record_id)))
        earlier = pairs.get((one, other))
        if earlier and earlier[0] != row.instruction:
            issues.append(
                (
                    earlier[1],
                    earlier[0],
                    "contradicted",
                    f"override {row.override_id} is newer and says {row.instruction}; it holds",
                )
            )
        pairs[(one, other)] = (str(row.instruction), str(row.override_id))
    must, cannot = _pair_frame(pairs, "must_link"), _pair_frame(pairs, "cannot_link")
    issues += _broken_by_must_links(must, cannot)
    return ActiveOverrides(
        must_links=must,
        cannot_links=cannot,
        blocked=pd.DataFrame(sorted(blocked), columns=["identifier_type", "identifier_key"]),
        issues=pd.DataFrame(sorted(issues), columns=list(ISSUE_COLUMNS)),
    )


def _known_ids(overrides: pd.DataFrame, record_ids: pd.Series | pa.ChunkedArray) -> set[str]:
    """Which records that instructions name are there: few, of perhaps millions."""
    if isinstance(record_ids, pd.Series):
        record_ids = pa.chunked_array([pa.array(record_ids.astype(str), type=pa.string())])
    named = pd.concat([overrides["left_record_id"], overrides["right_record_id"]])
    ids = pa.array(named.dropna().astype(str).unique(), type=pa.string())
    return set(ids.filter(pc.is_in(ids, value_set=record_ids.combine_chunks())).to_pylist())


def _is_erased(row: object) -> bool:
    """Whether an erasure put hashes in place of whom it was about: then it means nobody."""
    return any(
        str(getattr(row, name, "")).startswith(ERASED)
        for name in ("left_record_id", "right_record_id", "identifier_value")
    )


def _issue_of(row: object, known: set[str], as_of: pd.Timestamp | None) -> tuple[str, str] | None:
    instruction = getattr(row, "instruction", None)
    if instruction not in INSTRUCTIONS:
        return "unknown_instruction", f"valid instructions: {', '.join(INSTRUCTIONS)}"
    until = getattr(row, "valid_until", pd.NaT)
    if as_of is not None and not pd.isna(until) and until <= as_of:
        return "expired", "valid_until has passed; delete it or extend it"
    if instruction == "block_value":
        return _value_issue(
            getattr(row, "identifier_type", None), getattr(row, "identifier_value", None)
        )
    return _pair_issue(
        getattr(row, "left_record_id", None), getattr(row, "right_record_id", None), known
    )


def _value_issue(kind: object, value: object) -> tuple[str, str] | None:
    if kind not in IDENTIFIER_TYPES:
        return "incomplete", f"identifier_type must be one of {', '.join(IDENTIFIER_TYPES)}"
    if not isinstance(value, str) or identifier_key(str(kind), value) is None:
        return "incomplete", "identifier_value is empty or no value of its type"
    return None


def _pair_issue(left: object, right: object, known: set[str]) -> tuple[str, str] | None:
    if not isinstance(left, str) or not isinstance(right, str) or left == right:
        return "incomplete", "left_record_id and right_record_id must name two different records"
    missing = sum(record not in known for record in (left, right))
    if missing:
        return "stale", f"{missing} of the two records no longer exist in the input"
    return None


def _pair_frame(pairs: dict[tuple[str, str], tuple[str, str]], instruction: str) -> pd.DataFrame:
    return pd.DataFrame(
        sorted(
            (left, right, override_id)
            for (left, right), (kind, override_id) in pairs.items()
            if kind == instruction
        ),
        columns=["left_record_id", "right_record_id", "override_id"],
    )


def _broken_by_must_links(
    must: pd.DataFrame, cannot: pd.DataFrame
) -> list[tuple[str, str, str, str]]:
    if must.empty or cannot.empty:
        return []
    named = pd.Series(
        sorted(
            {
                *must["left_record_id"],
                *must["right_record_id"],
                *cannot["left_record_id"],
                *cannot["right_record_id"],
            }
        ),
        dtype=object,
    )
    cluster = cluster_records(named, must).set_index("record_id")["cluster_key"]
    joined = cannot[cannot["left_record_id"].map(cluster) == cannot["right_record_id"].map(cluster)]
    return [
        (
            str(row.override_id),
            "cannot_link",
            "contradictory",
            "must_link overrides would join what it keeps apart; one of them is cut",
        )
        for row in joined.itertuples(index=False)
    ]

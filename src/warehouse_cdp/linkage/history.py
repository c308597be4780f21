"""The log of assignments as a history: who was who, what an old id means now, and undoing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from warehouse_cdp.errors import StateRefusedError
from warehouse_cdp.linkage.assignment import as_log, newest_rows
from warehouse_cdp.linkage.settled import Log

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

ALIAS_COLUMNS = ("customer_id", "resolved_customer_id", "retired_in_run_number")


def current_map(assignments: pd.DataFrame) -> pd.DataFrame:
    """``record_id, customer_id`` of every record that is there, ordered."""
    newest = newest_rows(assignments)
    present = newest[newest["customer_id"].notna()]
    return present[["record_id", "customer_id"]].reset_index(drop=True)


def aliases(assignments: pd.DataFrame) -> pd.DataFrame:
    """What each retired id resolves to now (``ALIAS_COLUMNS``), chains resolved.

    A retired id means the customer that most of the records hold now that left it last; ties go
    to the smaller id. An id whose records are all gone resolves to nothing (null). An id that
    lives again is no alias.
    """
    current = current_map(assignments)
    living = set(current["customer_id"])
    now = dict(zip(current["record_id"], current["customer_id"], strict=True))
    left = assignments[
        assignments["previous_customer_id"].notna()
        & (assignments["previous_customer_id"] != assignments["customer_id"])
        & ~assignments["previous_customer_id"].isin(living)
    ]
    left = left.assign(
        resolved_customer_id=left["record_id"].map(now), run_number=left["run_number"].astype(int)
    )
    counted = (
        left.groupby(["previous_customer_id", "resolved_customer_id"], dropna=False)
        .agg(records=("record_id", "nunique"), retired_in_run_number=("run_number", "max"))
        .reset_index()
        .assign(unknown=lambda frame: frame["resolved_customer_id"].isna())
        .sort_values(
            [
                "previous_customer_id",
                "unknown",
                "retired_in_run_number",
                "records",
                "resolved_customer_id",
            ],
            ascending=[True, True, False, False, True],
        )
        .drop_duplicates("previous_customer_id")
        .rename(columns={"previous_customer_id": "customer_id"})
    )
    return counted[list(ALIAS_COLUMNS)].reset_index(drop=True)


@dataclass(frozen=True)
class ChangeLimits:
    """How much one run may change before it is refused as a likely mistake."""

    max_records_lost_share: float = 0.1
    max_ids_changed_share: float = 0.1
    allow_large_change: bool = False

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> ChangeLimits:
        """Limits from plain values, as dbt's configuration hands them over."""
        return cls(
            float(values["max_records_lost_share"]),
            float(values["max_ids_changed_share"]),
            str(values["allow_large_change"]).lower() == "true",
        )


def check_change(
    changes: pd.DataFrame,
    assignments: pd.DataFrame | Log,
    limits: ChangeLimits,
    expected_run_number: int | None = None,
) -> None:
    """Refuse changes that look like a mistake (``StateRefusedError``); nothing is written then.

    ``expected_run_number`` is the newest run when this build began to read; another one means
    that somebody else wrote in between. The first run is never refused for its size.
    """
    if not isinstance(assignments, Log):
        names = ["record_id", "customer_id", "run_number"]
        columns = zip(names, (pa.string(), pa.string(), pa.int64()), strict=True)
        assignments = Log(
            pa.Table.from_pandas(assignments[names], pa.schema(columns), preserve_index=False)
        )
    newest = assignments.newest_run_number
    if expected_run_number is not None and newest != expected_run_number:
        msg = (
            f"identity state moved on: this build read run {expected_run_number}, the newest is "
            f"{newest}. Nothing was written. Build again, one build at a time; with --select, "
            "int_build_context and identity_run_start belong to it."
        )
        raise StateRefusedError(msg)
    before = assignments.record_count
    if before == 0 or limits.allow_large_change:
        return
    way_out = (
        "Nothing was written. If this is meant, run once with "
        "--vars '{identity_allow_large_change: true}'."
    )
    lost = int((changes["change_type"] == "removed").sum())
    if lost / before > limits.max_records_lost_share:
        msg = (
            f"{lost} of {before} person records are gone ({lost / before:.1%}; "
            f"identity_max_records_lost_share is {limits.max_records_lost_share:.1%}): is a "
            f"source empty or half loaded? {way_out}"
        )
        raise StateRefusedError(msg)
    changed = int(changes["change_type"].isin(["merged", "split", "moved"]).sum())
    if changed / before > limits.max_ids_changed_share:
        msg = (
            f"{changed} of {before} person records would change their customer "
            f"({changed / before:.1%}; identity_max_ids_changed_share is "
            f"{limits.max_ids_changed_share:.1%}). {way_out}"
        )
        raise StateRefusedError(msg)


def rollback(
    assignments: pd.DataFrame,
    run_id: str,
    new_run_id: str,
    recorded_at: pd.Timestamp | None,
) -> pd.DataFrame:
    """The rows that undo a run, to be appended to the log; nothing is deleted.

    Refused (``StateRefusedError``) when the run is unknown or a later run changed one of its
    records again: undo that one first. The next build decides afresh; mend the cause (data, an
    override, a threshold) before it.
    """
    of_run = assignments[assignments["run_id"] == run_id]
    if of_run.empty:
        msg = f"no run '{run_id}' changed anything; the table identity_runs lists runs that did"
        raise StateRefusedError(msg)
    number = int(of_run["run_number"].max())
    later = assignments[
        (assignments["run_number"] > number)
        & assignments["record_id"].isin(set(of_run["record_id"]))
    ]
    if len(later):
        culprits = sorted({str(run) for run in later["run_id"]})
        msg = (
            f"{later['record_id'].nunique()} records of run '{run_id}' were changed again by "
            f"{', '.join(culprits)}; roll back the newest of these first"
        )
        raise StateRefusedError(msg)
    before = newest_rows(assignments[assignments["run_number"] < number])
    held = before["customer_id"].to_dict()
    changes: list[tuple[str, str | None, str | None, str]] = []
    for record, customer in zip(of_run["record_id"], of_run["customer_id"], strict=True):
        earlier = held.get(record)
        back = earlier if isinstance(earlier, str) else None
        previous = customer if isinstance(customer, str) else None
        changes.append((str(record), back, previous, "rolled_back"))
    return as_log(changes, new_run_id, int(assignments["run_number"].max()) + 1, recorded_at)

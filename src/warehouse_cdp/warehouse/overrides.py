"""What people decide about who is who, as the state keeps it: read, recorded and withdrawn."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import (
    OVERRIDE_COLUMNS,
    active_overrides,
    identity_precision,
    newest_model_id,
    review_decisions,
)
from warehouse_cdp.linkage.instructions import check_instructions, nearest
from warehouse_cdp.warehouse.connection import in_target, open_warehouse, quoted
from warehouse_cdp.warehouse.profile import STATE_ALIAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.linkage.instructions import Instruction
    from warehouse_cdp.warehouse.profile import Target

NEEDS = (
    ("identity", "identity_map"), ("identity", "identity_review_queue"),
    ("intermediate", "int_build_context"),
)  # fmt: skip
"""Layer and name of what is read here beside the state."""
_TIMES = ("created_at", "valid_until", "withdrawn_at")


@dataclass(frozen=True)
class Change:
    """What is about to be written: rows to add (``OVERRIDE_COLUMNS``) and ids to withdraw.

    ``already`` are ids of overrides that say so already, or that are withdrawn: nothing to do.
    """

    added: pd.DataFrame
    withdrawn: tuple[str, ...]
    by: str
    at: pd.Timestamp
    already: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be written."""
        return self.added.empty and not self.withdrawn


def plan_recording(target: Target, new: Sequence[Instruction], by: str) -> Change:
    """Check instructions against the last build and say what recording them would write.

    A pair that the review sample holds takes its stratum along, so that the decision counts in
    ``identity_precision``; any other pair was not drawn and would bias it.

    Raises:
        InputDataError: nothing is built yet, the state is older than this checkout, or an
            instruction is wrong.
        StateRefusedError: an instruction contradicts another one.
        WarehouseBusyError: another process writes.
    """
    with open_warehouse(target) as connection:
        held = _held(connection, target)
        records = _built(connection, target, "select record_id from {identity}.identity_map")
        as_of = _clock(connection, target)
        already = check_instructions(new, held, records["record_id"], as_of)
        strata = _drawn_strata(connection, target)
        model_id = _model_id(connection, target)
    at = _now()
    rows = []
    for one, known in zip(new, already, strict=True):
        if known is not None:
            continue
        pair: tuple[str | None, ...] = (None, None)
        if one.instruction != "block_value":
            pair = tuple(one.same_thing()[1:])
        stratum = strata.get(pair)
        rows.append(
            {
                "override_id": f"ovr_{uuid.uuid4().hex[:12]}",
                "instruction": one.instruction,
                "left_record_id": pair[0],
                "right_record_id": pair[1],
                "identifier_type": one.identifier_type,
                "identifier_value": one.identifier_value,
                "reason": one.reason,
                "created_by": by,
                "created_at": at,
                "valid_until": one.valid_until,
                "review_stratum": stratum,
                "review_model_id": model_id if stratum else None,
            }
        )
    added = pd.DataFrame(rows, columns=list(OVERRIDE_COLUMNS))
    existing = [one for one in already if one is not None and one in set(held["override_id"])]
    return Change(added, (), by, at, tuple(dict.fromkeys(existing)))


def plan_withdrawal(target: Target, override_ids: Sequence[str], by: str) -> Change:
    """Check that overrides exist and say what taking them back would write.

    Raises:
        InputDataError: an id is unknown, or the state is older than this checkout.
        WarehouseBusyError: another process writes.
    """
    with open_warehouse(target) as connection:
        held = _held(connection, target)
    known = sorted(held["override_id"].astype(str))
    problems = [
        f"no override {one!r}; nearest: {', '.join(nearest(one, known)) or 'none begins like it'}"
        for one in dict.fromkeys(override_ids)
        if one not in set(known)
    ]
    if problems:
        message = "; ".join(problems) + ". `cdp identity override list` names them all"
        raise InputDataError(message)
    gone = set(held.loc[held["withdrawn_at"].notna(), "override_id"])
    asked = tuple(dict.fromkeys(override_ids))
    return Change(
        pd.DataFrame(columns=list(OVERRIDE_COLUMNS)),
        tuple(one for one in asked if one not in gone),
        by,
        _now(),
        tuple(one for one in asked if one in gone),
    )


def write_change(target: Target, change: Change) -> None:
    """Write a planned change into the state, all of it or nothing.

    Raises:
        InputDataError: the state could not be written; nothing was.
        WarehouseBusyError: another process has the state open.
    """
    if change.is_empty:
        return
    table = _table(target)
    with open_warehouse(target, writes_state=True) as connection:
        frame = change.added.astype(object)
        connection.register("new_overrides", frame.where(frame.notna(), None))
        try:
            connection.execute("begin")
            if len(frame):
                names = ", ".join(OVERRIDE_COLUMNS)
                values = ", ".join(
                    f"cast({name} as {'timestamp' if name in _TIMES else 'text'})"
                    for name in OVERRIDE_COLUMNS
                )
                # Names of constants and of the target: no value ever stands in this text.
                connection.execute(
                    f"insert into {table} ({names}) select {values} from new_overrides"  # noqa: S608
                )
            connection.execute(
                f"update {table} set withdrawn_at = $1, withdrawn_by = $2 "  # noqa: S608
                "where withdrawn_at is null and list_contains($3, override_id)",
                [change.at.to_pydatetime(), change.by, list(change.withdrawn)],
            )
            connection.execute("commit")
        except duckdb.Error as error:
            message = (
                f"{target.state_place} could not be written ({type(error).__name__}); nothing was. "
                "Run `dbt build`, which brings the state to this version"
            )
            raise InputDataError(message) from None


def list_overrides(target: Target) -> pd.DataFrame:
    """Every override with its ``status``, newest first; identifier values and reasons left out.

    The status is ``holds``, ``withdrawn``, or the issue that the next build would report.

    Raises:
        InputDataError: nothing is built yet, or the state is older than this checkout.
        WarehouseBusyError: another process writes.
    """
    with open_warehouse(target) as connection:
        held = _held(connection, target)
        records = _built(connection, target, "select record_id from {identity}.identity_map")
        as_of = _clock(connection, target)
    issues = active_overrides(held, records["record_id"], as_of).issues
    status = dict(zip(issues["override_id"], issues["issue"], strict=True))
    found = held.assign(
        status=[
            "withdrawn" if not pd.isna(gone) else status.get(override_id, "holds")
            for override_id, gone in zip(held["override_id"], held["withdrawn_at"], strict=True)
        ]
    ).drop(columns=["identifier_value", "reason"])
    return found.sort_values(
        ["created_at", "override_id"], ascending=[False, True], ignore_index=True
    )


def current_precision(target: Target) -> pd.DataFrame:
    """``linkage.PRECISION_COLUMNS`` from the sample of the last build and all decisions until now.

    Raises:
        InputDataError: nothing is built yet, or the state is older than this checkout.
        WarehouseBusyError: another process writes.
    """
    with open_warehouse(target) as connection:
        held = _held(connection, target)
        records = _built(connection, target, "select record_id from {identity}.identity_map")
        queue = _built(connection, target, "from {identity}.identity_review_queue")
        as_of = _clock(connection, target)
        model_id = _model_id(connection, target)
    decisions = review_decisions(held, records["record_id"], model_id, as_of)
    return identity_precision(queue, decisions)


def _held(connection: duckdb.DuckDBPyConnection, target: Target) -> pd.DataFrame:
    """The overrides in state.

    Raises:
        InputDataError: there is no such table, or it lacks columns of this version.
    """
    names = ", ".join(OVERRIDE_COLUMNS)
    try:
        # Names of a constant and of the target: no value ever stands in this text.
        query = f"select {names} from {_table(target)} order by created_at, override_id"  # noqa: S608
        found: pd.DataFrame = connection.execute(query).df()
    except duckdb.Error as error:
        message = (
            f"{target.state_place} has no identity_overrides as this version knows them "
            f"({type(error).__name__}): run `dbt build --target {target.name}` first"
        )
        raise InputDataError(message) from None
    texts = found.columns.difference(list(_TIMES))
    found[texts] = found[texts].astype(object).where(found[texts].notna(), None)
    return found


def _clock(connection: duckdb.DuckDBPyConnection, target: Target) -> pd.Timestamp | None:
    found = _built(connection, target, "select as_of from {intermediate}.int_build_context")
    return None if found.empty else pd.Timestamp(found["as_of"].max())


def _drawn_strata(
    connection: duckdb.DuckDBPyConnection, target: Target
) -> dict[tuple[str | None, ...], str]:
    drawn = _built(
        connection,
        target,
        "select left_record_id, right_record_id, stratum from {identity}.identity_review_queue "
        "where is_sampled",
    )
    pairs = zip(drawn["left_record_id"], drawn["right_record_id"], strict=True)
    return dict(zip(pairs, drawn["stratum"], strict=True))


def _model_id(connection: duckdb.DuckDBPyConnection, target: Target) -> str | None:
    table = quoted(STATE_ALIAS, target.state_schema, "identity_match_model")
    query = f"select distinct model_id, model_number from {table}"  # noqa: S608 - names only
    return newest_model_id(connection.execute(query).df())


def _built(connection: duckdb.DuckDBPyConnection, target: Target, template: str) -> pd.DataFrame:
    try:
        found: pd.DataFrame = connection.execute(in_target(template, target)).df()
    except duckdb.Error as error:
        message = (
            f"{target.place} lacks a table of this version ({type(error).__name__}): run "
            f"`dbt build --target {target.name}` first"
        )
        raise InputDataError(message) from None
    return found


def _table(target: Target) -> str:
    return quoted(STATE_ALIAS, target.state_schema, "identity_overrides")


def _now() -> pd.Timestamp:
    return pd.Timestamp(datetime.now(UTC).replace(tzinfo=None)).floor("us")

"""What syncs did and what is left of them: runs, rows that wait, one person at one destination."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from warehouse_cdp.activation.plan_statements import standings_parameters
from warehouse_cdp.activation.statements import SyncSql
from warehouse_cdp.activation.values import split_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from warehouse_cdp.activation import SyncConfig
    from warehouse_cdp.warehouse.sync_sessions import Session, Sessions


@dataclass(frozen=True)
class SyncStatus:
    """How one sync stands: its last run, what is there, what is not settled, by status."""

    sync_name: str
    last_run_id: str | None
    last_status: str | None
    last_finished_at: datetime | None
    there_count: int
    unsettled: dict[str, int] = field(default_factory=dict)
    next_attempt_at: datetime | None = None
    removal_keys: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class KeyAnswer:
    """Why one key is, or is not, at a destination."""

    sync_name: str
    key: str
    is_there: bool
    because: str
    facts: dict[str, Any]


def sync_statuses(sessions: Sessions, configs: Sequence[SyncConfig]) -> list[SyncStatus]:
    """Return how each sync stands."""
    with sessions.open(writes=False) as session:
        return [_status(session, config) for config in configs]


def retry_rejected(sessions: Sessions, configs: Sequence[SyncConfig]) -> dict[str, int]:
    """Let rejected rows, and those set aside, be sent by the next run; return how many by sync."""
    counted = {}
    with sessions.open(writes=True) as session, session.transaction():
        outbox = session.state("sync_outbox")
        for config in configs:
            named = {"sync": config.name}
            condition = "sync_name = $sync and status in ('rejected', 'set_aside')"
            rows = session.rows(f"select count(*) from {outbox} where {condition}", named)  # noqa: S608
            session.run(f"delete from {outbox} where {condition}", named)  # noqa: S608
            counted[config.name] = int(rows[0][0])
    return counted


def explain_key(sessions: Sessions, config: SyncConfig, key: str, hash_key: str) -> list[KeyAnswer]:
    """Say why the rows of a key, or of a customer, are or are not at the destination."""
    with sessions.open(writes=False) as session:
        sql = SyncSql(config, session)
        customer = split_key(key)[config.place_of_customer or 0]
        named: dict[str, object] = {
            **sql.parameters(hash_key),
            **standings_parameters(config),
            "key": key,
            "customer": customer,
        }
        keys = {key} | {str(row[0]) for row in session.rows(_keys_of_customer(session, sql), named)}
        answers = [_explain(session, sql, one, named) for one in sorted(keys)]
    known = [answer for answer in answers if answer.facts]
    return known or answers


def _status(session: Session, config: SyncConfig) -> SyncStatus:
    named = {"sync": config.name}
    runs = session.rows(
        "select run_id, status, finished_at "  # noqa: S608
        f"from {session.state('sync_runs')} where sync_name = $sync "
        "order by started_at desc, run_id desc limit 1",
        named,
    )
    there = session.rows(
        f"select count(*) from {session.state('sync_state')} where sync_name = $sync",  # noqa: S608
        named,
    )
    outbox = session.rows(
        "select status, count(*), min(next_attempt_at) "  # noqa: S608
        f"from {session.state('sync_outbox')} where sync_name = $sync group by status",
        named,
    )
    sealed = session.rows(
        "select substr(remembered, 8, 8), count(*) "  # noqa: S608
        f"from {session.state('sync_state')} "
        "where sync_name = $sync and remembered like 'sealed:%' group by 1 order by 1",
        named,
    )
    last = runs[0] if runs else (None, None, None)
    waiting = [row[2] for row in outbox if row[0] == "rejected"]
    return SyncStatus(
        config.name,
        last[0],
        last[1],
        last[2],
        there_count=int(there[0][0]),
        unsettled={str(status): int(number) for status, number, _ in sorted(outbox)},
        next_attempt_at=waiting[0] if waiting else None,
        removal_keys={str(key): int(number) for key, number in sealed},
    )


def _keys_of_customer(session: Session, sql: SyncSql) -> str:
    return (
        f"select sync_key from {session.state('sync_state')} "  # noqa: S608
        "where sync_name = $sync and customer_id = $customer "
        f"union select {sql.key('model')} from {sql.config.relation} as model "
        "where cast(model.customer_id as text) = $customer "
        f"union select {sql.key('candidate')} from {sql.config.candidates_relation} as candidate "
        "where cast(candidate.customer_id as text) = $customer"
    )


def _explain(session: Session, sql: SyncSql, key: str, shared: dict[str, object]) -> KeyAnswer:
    config = sql.config
    named = shared | {"key": key}
    state = session.rows(
        "select last_acknowledged_at, last_run_id, destination_key, row_hash "  # noqa: S608
        f"from {session.state('sync_state')} where sync_name = $sync and sync_key = $key",
        named,
    )
    model = session.rows(
        f"select {sql.row_hash('model')}, {sql.allowed('model')} "  # noqa: S608
        f"from {config.relation} as model where {sql.key('model')} = $key",
        named,
    )
    candidates = session.rows(
        f"select candidate.holdback_reason, {sql.granted('candidate')} "  # noqa: S608
        f"from {config.candidates_relation} as candidate where {sql.key('candidate')} = $key",
        named,
    )
    outbox = session.rows(
        "select status, operation, error_class, error_code, attempt_count, next_attempt_at "  # noqa: S608
        f"from {session.state('sync_outbox')} where sync_name = $sync and sync_key = $key",
        named,
    )
    log = session.rows(
        "select operation, reason, status, logged_at "  # noqa: S608
        f"from {session.state('sync_log')} where sync_name = $sync and sync_key = $key "
        "order by logged_at desc, run_id desc limit 1",
        named,
    )
    facts: dict[str, Any] = {}
    if state:
        facts |= {"acknowledged_at": state[0][0], "run_id": state[0][1]}
        if state[0][2] not in (None, key):
            facts["known_there_as"] = state[0][2]
    if outbox:
        names = ("status", "operation", "error_class", "error_code", "attempts", "next_attempt_at")
        facts["unsettled"] = dict(zip(names, outbox[0], strict=True))
    if log:
        facts["last_sent"] = dict(
            zip(("operation", "reason", "status", "logged_at"), log[0], strict=True)
        )
    reason, is_granted = candidates[0] if candidates else (None, None)
    if candidates:
        facts |= {"holdback_reason": reason, "is_granted": bool(is_granted)}
    place = _Place(
        is_there=bool(state),
        is_current=bool(state and model and state[0][3] == model[0][0]),
        is_in_model=bool(model),
        is_allowed=bool(model and model[0][1]),
        is_candidate=bool(candidates),
        is_granted=bool(is_granted),
        holdback_reason=reason,
        unsettled=str(outbox[0][0]) if outbox else None,
    )
    because = _because(place)
    return KeyAnswer(config.name, key, bool(state), because, facts)


@dataclass(frozen=True)
class _Place:
    """Where a row stands between the models and the destination."""

    is_there: bool
    is_current: bool
    is_in_model: bool
    is_allowed: bool
    is_candidate: bool
    is_granted: bool
    holdback_reason: str | None
    unsettled: str | None


_UNSETTLED = {
    "set_aside": "the destination rejected it too often; `cdp sync retry` sends it again",
    "rejected": "the destination rejected it; it is sent again later",
    "in_doubt": ("it was sent and the answer got lost; the next run sends it again or removes it"),
}


def _because(place: _Place) -> str:
    """The first thing that decides, in the order in which the engine asks."""
    cases = (
        (place.unsettled in _UNSETTLED, _UNSETTLED.get(place.unsettled or "", "")),
        (place.is_allowed and place.is_current, "it is there as it should be"),
        (place.is_allowed and place.is_there, "the next run sends a change"),
        (place.is_allowed, "it is wanted and was not sent yet: run the sync"),
        (
            place.is_there,
            "it is there and not wanted any more; the next run acts as on_leave says",
        ),
        (place.holdback_reason is not None, f"held back: {place.holdback_reason}"),
        (
            place.is_candidate and not place.is_granted,
            "a purpose of the sync is not granted",
        ),
        (
            place.is_in_model,
            "the model holds it, but the candidates do not allow it, or another address",
        ),
        (place.is_candidate, "it may be sent, but the model does not hold it"),
    )
    unknown = "neither the model nor the candidates know it, and it was never sent"
    return next((said for applies, said in cases if applies), unknown)

"""Taking a destination's answers into the state: row by row, and all of a chunk or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse_cdp.activation.keys import RETRY_INTERVALS
from warehouse_cdp.activation.sending import UNSENT
from warehouse_cdp.activation.statements import mapping_hash
from warehouse_cdp.warehouse.sync_journal import ANSWER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from warehouse_cdp.activation import Run, SyncConfig
    from warehouse_cdp.warehouse.sync_sessions import Session


def settle_answers(
    session: Session, config: SyncConfig, answers: Sequence[Sequence[Any]], now: datetime
) -> int:
    """Take answers (``ANSWER_COLUMNS``) into the state; return how many rows are in doubt.

    Acknowledged rows become or leave the state; rejected ones rest for a while; those without an
    answer are in doubt. Answers that were taken before find no open row and change nothing.
    """
    session.load("sync_answers", ANSWER_COLUMNS, answers)
    session.run(
        f"""
        create temporary table sync_answered as
        select
            outbox.*,
            sync_answers.answer,
            sync_answers.new_error_class,
            sync_answers.new_error_code,
            sync_answers.new_destination_id,
            sync_answers.new_remembered,
            sync_answers.batch_number,
            sync_answers.idempotency_key
        from {session.state("sync_outbox")} as outbox
        inner join sync_answers
            on outbox.run_id = sync_answers.run_id
            and outbox.sequence_number = sync_answers.sequence_number
        where outbox.sync_name = $sync and outbox.status = 'planned'
            and coalesce(sync_answers.new_error_class, '') <> '{UNSENT}'
        """,  # noqa: S608
        {"sync": config.name},
    )
    return _settle(session, config, now)


def settle_everything(session: Session, run: Run, now: datetime) -> None:
    """Take it that every row of the open plan was acknowledged."""
    session.run(
        f"""
        create temporary table sync_answered as
        select
            outbox.*,
            'acknowledged' as answer,
            cast(null as text) as new_error_class,
            cast(null as text) as new_error_code,
            cast(null as text) as new_destination_id,
            cast(null as text) as new_remembered,
            1 as batch_number,
            cast(null as text) as idempotency_key
        from {session.state("sync_outbox")} as outbox
        where outbox.sync_name = $sync and outbox.run_id = $run and outbox.status = 'planned'
        """,  # noqa: S608
        {"sync": run.config.name, "run": run.run_id},
    )
    _settle(session, run.config, now)


def release_unsent(session: Session, sync_name: str) -> None:
    """Drop what was planned and not sent: the next plan decides anew; what is in doubt stays so."""
    outbox = session.state("sync_outbox")
    session.run(
        f"update {outbox} set status = 'in_doubt' "  # noqa: S608
        "where sync_name = $sync and status = 'planned' and was_in_doubt",
        {"sync": sync_name},
    )
    session.run(
        f"delete from {outbox} where sync_name = $sync and status = 'planned'",  # noqa: S608
        {"sync": sync_name},
    )


def _settle(session: Session, config: SyncConfig, now: datetime) -> int:
    state, outbox = session.state("sync_state"), session.state("sync_outbox")
    values: dict[str, object] = {
        "sync": config.name,
        "now": now,
        "mapping": mapping_hash(config),
        "rules": config.hash_rules_version,
        "last_attempt": len(RETRY_INTERVALS),
        "final": now + RETRY_INTERVALS[-1],
    } | {f"next_{place}": now + interval for place, interval in enumerate(RETRY_INTERVALS)}
    _log(session, values)
    session.run(
        f"""
        create temporary table sync_acknowledged as
        select
            sync_answered.*,
            coalesce(acknowledged.first_acknowledged_at, cast($now as timestamp))
                as first_acknowledged_at
        from sync_answered
        left join {state} as acknowledged
            on acknowledged.sync_name = $sync
            and coalesce(sync_answered.rekeyed_from, sync_answered.sync_key)
            = acknowledged.sync_key
        where sync_answered.answer = 'acknowledged'
        """,  # noqa: S608
        values,
    )
    session.run(
        f"""
        delete from {state}
        where sync_name = $sync and (
            sync_key in (select sync_key from sync_acknowledged)
            or sync_key in (
                select rekeyed_from from sync_acknowledged where rekeyed_from is not null
            )
        )
        """,  # noqa: S608
        values,
    )
    session.run(
        f"""
        insert into {state} (
            sync_name, sync_key, customer_id, row_hash, first_acknowledged_at,
            last_acknowledged_at, last_run_id, key_rest, destination_key, destination_id,
            remembered, mapping_hash, hash_rules_version, column_hashes
        )
        select
            $sync, sync_key, customer_id, row_hash, first_acknowledged_at, $now, run_id, key_rest,
            destination_key, coalesce(new_destination_id, destination_id),
            coalesce(new_remembered, remembered), $mapping, $rules, column_hashes
        from sync_acknowledged
        where operation <> 'remove'
        """,  # noqa: S608
        values,
    )
    session.run(
        f"delete from {outbox} where sync_name = $sync "  # noqa: S608
        "and sync_key in (select sync_key from sync_acknowledged)",
        values,
    )
    waits = " ".join(
        f"when sync_answered.attempt_count = {place} then cast($next_{place} as timestamp)"
        for place in range(len(RETRY_INTERVALS))
    )
    # A removal is never set aside: the person would stay.
    session.run(
        f"""
        update {outbox} as outbox
        set
            status = case
                when sync_answered.answer <> 'rejected' then 'in_doubt'
                when sync_answered.attempt_count >= $last_attempt
                    and sync_answered.operation <> 'remove' then 'set_aside'
                else 'rejected'
            end,
            attempt_count = sync_answered.attempt_count + 1,
            first_rejected_at = coalesce(
                sync_answered.first_rejected_at, cast($now as timestamp)
            ),
            next_attempt_at = case {waits} else cast($final as timestamp) end,
            error_class = sync_answered.new_error_class,
            error_code = sync_answered.new_error_code,
            remembered = coalesce(sync_answered.new_remembered, sync_answered.remembered)
        from sync_answered
        where outbox.sync_name = $sync
            and outbox.sync_key = sync_answered.sync_key
            and outbox.run_id = sync_answered.run_id
            and sync_answered.answer <> 'acknowledged'
        """,  # noqa: S608
        values,
    )
    doubtful = session.rows(
        "select count(*) from sync_answered where answer not in ('acknowledged', 'rejected')"
    )
    for name in ("sync_acknowledged", "sync_answered"):
        session.run(f"drop table {name}")
    return int(doubtful[0][0])


def _log(session: Session, values: dict[str, object]) -> None:
    columns = (
        "run_id, sync_name, sync_key, operation, reason, status, error_code, row_hash, logged_at, "
        "error_class, changed_columns, idempotency_key, batch_number"
    )
    log = session.state("sync_log")
    session.run(
        f"""
        insert into {log} ({columns})
        select
            run_id, $sync, sync_key, operation, reason, answer, new_error_code, row_hash, $now,
            new_error_class, changed_columns, idempotency_key, batch_number
        from sync_answered
        """,  # noqa: S608
        values,
    )
    # The key that a merged customer had: the row goes on under another.
    session.run(
        f"""
        insert into {log} ({columns})
        select
            run_id, $sync, rekeyed_from, 'rename', 'merged', answer, null, null, $now, null, null,
            idempotency_key, batch_number
        from sync_answered
        where answer = 'acknowledged' and rekeyed_from is not null
        """,  # noqa: S608
        values,
    )

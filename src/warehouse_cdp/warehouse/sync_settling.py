"""Taking a destination's answers into the state: row by row, and all of a chunk or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse_cdp.activation.keys import RETRY_INTERVALS
from warehouse_cdp.activation.sending import UNSENT
from warehouse_cdp.activation.statements import mapping_hash
from warehouse_cdp.warehouse.sync_journal import ANSWER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from warehouse_cdp.activation import Run, SyncConfig
    from warehouse_cdp.warehouse.sync_sessions import Session

_OUTBOX = ", ".join(
    f"outbox.{name}"
    for name in (
        "run_id", "sync_key", "key_rest", "customer_id", "operation", "reason", "row_hash",
        "rekeyed_from", "destination_key", "destination_id", "remembered", "column_hashes",
        "changed_columns", "attempt_count", "first_rejected_at",
    )
)  # fmt: skip


def settle_answers(
    session: Session, config: SyncConfig, answers: Sequence[Sequence[Any]], now: datetime
) -> None:
    """Take answers (``ANSWER_COLUMNS``) into the state.

    Acknowledged rows become or leave the state; rejected ones rest for a while; those without an
    answer are in doubt. Answers that were taken before find no open row and change nothing.
    """
    session.load("sync_answers", ANSWER_COLUMNS, answers)
    answered = f"""(
        select
            {_OUTBOX},
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
    )"""  # noqa: S608
    _settle(session, config, now, answered, {})


def settle_everything(session: Session, run: Run, now: datetime) -> None:
    """Take it that every row of the open plan was acknowledged."""
    answered = f"""(
        select
            {_OUTBOX},
            'acknowledged' as answer,
            cast(null as text) as new_error_class,
            cast(null as text) as new_error_code,
            cast(null as text) as new_destination_id,
            cast(null as text) as new_remembered,
            1 as batch_number,
            cast(null as text) as idempotency_key
        from {session.state("sync_outbox")} as outbox
        where outbox.sync_name = $sync and outbox.run_id = $run and outbox.status = 'planned'
    )"""  # noqa: S608
    _settle(session, run.config, now, answered, {"run": run.run_id})


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


def _settle(
    session: Session,
    config: SyncConfig,
    now: datetime,
    answered: str,
    parameters: Mapping[str, object],
) -> None:
    """Carry out what was answered.

    ``answered`` is a query of open rows with their answers. It is read anew by each statement:
    a join by numbers costs less than a copy of all rows. The last statement ends what it finds.
    """
    state, outbox = session.state("sync_state"), session.state("sync_outbox")
    values: dict[str, object] = {
        **parameters,
        "sync": config.name,
        "now": now,
        "mapping": mapping_hash(config),
        "rules": config.hash_rules_version,
        "last_attempt": len(RETRY_INTERVALS),
        "final": now + RETRY_INTERVALS[-1],
    } | {f"next_{place}": now + interval for place, interval in enumerate(RETRY_INTERVALS)}
    _log(session, answered, values)
    session.run(
        f"""
        create temporary table sync_earlier as
        select
            answered.sync_key,
            acknowledged.sync_key as earlier_key,
            acknowledged.first_acknowledged_at
        from {answered} as answered
        inner join {state} as acknowledged
            on acknowledged.sync_name = $sync
            and coalesce(answered.rekeyed_from, answered.sync_key) = acknowledged.sync_key
        where answered.answer = 'acknowledged'
        """,  # noqa: S608
        values,
    )
    session.run(
        f"""
        delete from {state}
        where sync_name = $sync and (
            sync_key in (select earlier_key from sync_earlier)
            or sync_key in (
                select answered.sync_key
                from {answered} as answered
                where answered.answer = 'acknowledged' and answered.rekeyed_from is not null
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
            $sync, answered.sync_key, answered.customer_id, answered.row_hash,
            coalesce(sync_earlier.first_acknowledged_at, cast($now as timestamp)), $now,
            answered.run_id, answered.key_rest, answered.destination_key,
            coalesce(answered.new_destination_id, answered.destination_id),
            coalesce(answered.new_remembered, answered.remembered), $mapping, $rules,
            answered.column_hashes
        from {answered} as answered
        left join sync_earlier on answered.sync_key = sync_earlier.sync_key
        where answered.answer = 'acknowledged' and answered.operation <> 'remove'
        """,  # noqa: S608
        values,
    )
    session.run("drop table sync_earlier")
    session.run(
        f"""
        delete from {outbox}
        where sync_name = $sync and sync_key in (
            select answered.sync_key
            from {answered} as answered
            where answered.answer = 'acknowledged'
        )
        """,  # noqa: S608
        values,
    )
    waits = " ".join(
        f"when answered.attempt_count = {place} then cast($next_{place} as timestamp)"
        for place in range(len(RETRY_INTERVALS))
    )
    # A removal is never set aside: the person would stay.
    session.run(
        f"""
        update {outbox} as outbox
        set
            status = case
                when answered.answer <> 'rejected' then 'in_doubt'
                when answered.attempt_count >= $last_attempt
                    and answered.operation <> 'remove' then 'set_aside'
                else 'rejected'
            end,
            attempt_count = answered.attempt_count + 1,
            first_rejected_at = coalesce(
                answered.first_rejected_at, cast($now as timestamp)
            ),
            next_attempt_at = case {waits} else cast($final as timestamp) end,
            error_class = answered.new_error_class,
            error_code = answered.new_error_code,
            remembered = coalesce(answered.new_remembered, answered.remembered)
        from {answered} as answered
        where outbox.sync_name = $sync
            and outbox.sync_key = answered.sync_key
            and outbox.run_id = answered.run_id
            and answered.answer <> 'acknowledged'
        """,  # noqa: S608
        values,
    )


def _log(session: Session, answered: str, values: dict[str, object]) -> None:
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
        from {answered} as answered
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
        from {answered} as answered
        where answer = 'acknowledged' and rekeyed_from is not null
        """,  # noqa: S608
        values,
    )

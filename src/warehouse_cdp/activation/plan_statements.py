"""From what differs to what is done about it: the second half of the plan, over few rows.

Each function returns the statement that creates one temporary table; they build on one another in
this order: ``sync_difference`` (statements.py), ``sync_duplicates``, ``sync_gone``, ``sync_plan``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse_cdp.activation.statements import (
    ERASURE_REASONS,
    PRIVACY_REASONS,
    SyncSql,
    quoted,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.activation.config import SyncConfig

PRIVACY_LIST = ", ".join(f"'{reason}'" for reason in sorted(PRIVACY_REASONS))
ERASURE_LIST = ", ".join(f"'{reason}'" for reason in sorted(ERASURE_REASONS))


def duplicates_statement(sql: SyncSql) -> str:
    """Create ``sync_duplicates``: keys of changed rows that the model holds more than once."""
    return f"""
        create temporary table sync_duplicates as
        select keyed.sync_key
        from (
            select {sql.key("model")} as sync_key
            from {sql.config.relation} as model
        ) as keyed
        where keyed.sync_key in (
            select sync_key from sync_difference where is_wanted and sync_key is not null
        )
        group by keyed.sync_key
        having count(*) > 1
    """  # noqa: S608


def gone_statement(sql: SyncSql) -> str:
    """Create ``sync_gone``: why each row that should not be there any more should not.

    A retired customer stands as the customer that it means now.
    """
    config = sql.config
    purposes = [f"$purpose_{place}" for place in range(len(config.purposes))]
    standing = f"standing.{quoted(config.standing_column)}"
    return f"""
        create temporary table sync_gone as
        with gone as (
            select
                difference.sync_key,
                difference.key_rest,
                difference.customer_id,
                difference.is_acknowledged,
                standing.customer_id is not null as is_known,
                coalesce(standing.current_customer_id, difference.customer_id)
                    as current_customer_id,
                {standing} as standing_reason
            from sync_difference as difference
            left join {config.standings_relation} as standing
                on difference.customer_id = standing.customer_id
            where not difference.is_wanted
        ),
        candidates as (
            select
                {sql.key("candidate")} as sync_key,
                {sql.rest("candidate")} as key_rest,
                {text_of("candidate", "customer_id")} as customer_id,
                min(case
                    when candidate.holdback_reason is not null then candidate.holdback_reason
                    when not ({sql.granted("candidate")}) then 'not_granted'
                end) as reason
            from {config.candidates_relation} as candidate
            where candidate.customer_id in (
                select customer_id from gone union all select current_customer_id from gone
            )
            group by 1, 2, 3
        ),
        refusals as (
            select distinct customer_id
            from {config.customer_consents_relation}
            where not coalesce(is_granted, false)
                and purpose in ({", ".join(purposes)})
        )
        select
            gone.sync_key,
            gone.key_rest,
            gone.customer_id,
            gone.current_customer_id,
            gone.is_acknowledged,
            gone.customer_id <> gone.current_customer_id as is_retired,
            coalesce(
                case when own.reason in ({PRIVACY_LIST}) then own.reason end,
                case when heir.reason in ({PRIVACY_LIST}) then heir.reason end,
                case when gone.standing_reason in ({PRIVACY_LIST}) then gone.standing_reason end,
                case when $has_standings and not gone.is_known then 'suppressed' end,
                case when refusals.customer_id is not null then 'not_granted' end
            ) as privacy_reason,
            coalesce(own.reason, heir.reason, gone.standing_reason) as other_reason
        from gone
        left join candidates as own on gone.sync_key = own.sync_key
        left join candidates as heir
            on gone.current_customer_id = heir.customer_id
            and gone.key_rest = heir.key_rest
            and gone.customer_id <> gone.current_customer_id
        left join refusals on gone.current_customer_id = refusals.customer_id
    """  # noqa: S608


def plan_statement(sql: SyncSql) -> str:
    """Create ``sync_plan``: what happens to each row of ``sync_difference``, and why.

    ``verdict``: send, invalid (no key, or one that is not unique), kept (it may stay), waiting (it
    was rejected, and its time has not come), ignored (the mode does not send changes), rekeyed
    (the destination knows the row by it, under which another customer goes on).
    """
    config = sql.config
    outbox = sql.dialect.state("sync_outbox")
    follows = "false" if config.takes_snapshots or config.mode == "append" else "true"
    no_changes = "true" if config.mode in ("insert", "append") else "false"
    return f"""
        create temporary table sync_plan as
        with heirs as (
            select
                difference.sync_key,
                min(gone.sync_key) as rekeyed_from
            from sync_difference as difference
            inner join sync_gone as gone
                on difference.customer_id = gone.current_customer_id
                and difference.key_rest = gone.key_rest
            where {follows} and difference.is_wanted and not difference.is_there
                and gone.is_retired and gone.is_acknowledged and gone.privacy_reason is null
                and difference.sync_key not in (select sync_key from sync_duplicates)
            group by difference.sync_key
        ),
        judged as (
            select
                difference.sync_key,
                difference.key_rest,
                difference.customer_id,
                difference.row_hash,
                difference.is_there,
                difference.acknowledged_hash,
                difference.doubt_operation,
                difference.doubt_hash,
                difference.doubt_run_id,
                heirs.rekeyed_from,
                coalesce(forebear.destination_key, difference.destination_key) as destination_key,
                coalesce(forebear.destination_id, difference.destination_id) as destination_id,
                coalesce(forebear.remembered, difference.remembered) as remembered,
                difference.sync_key is null or duplicates.sync_key is not null as is_invalid,
                taken.rekeyed_from is not null as is_rekeyed,
                gone.privacy_reason is not null as is_privacy,
                case
                    when not difference.is_wanted then 'remove'
                    when heirs.sync_key is not null then 'change'
                    when difference.doubt_operation = 'remove' then 'add'
                    when difference.is_acknowledged then 'change'
                    else 'add'
                end as operation,
                case
                    when gone.privacy_reason is not null then gone.privacy_reason
                    when gone.is_retired then 'merged'
                    when not difference.is_wanted then coalesce(gone.other_reason, 'left')
                    when heirs.sync_key is not null then 'merged'
                    when difference.doubt_operation is not null then 'resend'
                    when not difference.has_mapping then 'mapping'
                    when not difference.has_rules then 'hash_rules'
                    when difference.row_hash = difference.acknowledged_hash then 'resend'
                    when not difference.is_there and standing.split_from_customer_id is not null
                        then 'split'
                    else 'data'
                end as reason
            from sync_difference as difference
            left join sync_duplicates as duplicates on difference.sync_key = duplicates.sync_key
            left join sync_gone as gone
                on difference.sync_key = gone.sync_key and not difference.is_wanted
            left join heirs on difference.sync_key = heirs.sync_key and difference.is_wanted
            left join sync_difference as forebear on heirs.rekeyed_from = forebear.sync_key
            left join (select distinct rekeyed_from from heirs) as taken
                on difference.sync_key = taken.rekeyed_from and not difference.is_wanted
            left join {config.standings_relation} as standing
                on difference.customer_id = standing.customer_id
        ),
        decided as (
            select
                judged.*,
                case
                    when judged.operation <> 'remove' then null
                    when judged.reason in ({ERASURE_LIST}) then $on_erasure
                    when judged.is_privacy then $on_withdrawal
                    else $on_leave
                end as on_leave,
                case
                    when judged.operation = 'remove' then coalesce(judged.acknowledged_hash, '')
                    else judged.row_hash
                end as sent_hash
            from judged
        ),
        earlier as (
            select sync_key, operation, row_hash, attempt_count, first_rejected_at,
                next_attempt_at, status
            from {outbox}
            where sync_name = $sync and status in ('rejected', 'set_aside')
        )
        select
            decided.sync_key,
            decided.key_rest,
            decided.customer_id,
            decided.operation,
            decided.reason,
            decided.is_there,
            decided.is_privacy,
            decided.on_leave,
            decided.sent_hash as row_hash,
            coalesce(decided.destination_key, decided.sync_key) as destination_key,
            decided.destination_id,
            decided.remembered,
            decided.rekeyed_from,
            decided.doubt_operation,
            decided.doubt_hash,
            case
                when decided.doubt_operation = decided.operation
                    and (decided.operation = 'remove' or decided.doubt_hash = decided.row_hash)
                    then decided.doubt_run_id
                else $run
            end as origin_run_id,
            coalesce(earlier.attempt_count, 0) as attempt_count,
            earlier.first_rejected_at,
            case
                when decided.is_invalid then 'invalid'
                when decided.is_rekeyed then 'rekeyed'
                when decided.on_leave = 'keep' then 'kept'
                when {no_changes} and decided.operation = 'change'
                    and decided.doubt_operation is null then 'ignored'
                when earlier.status = 'set_aside' or earlier.next_attempt_at > $now then 'waiting'
                else 'send'
            end as verdict
        from decided
        left join earlier
            on decided.sync_key = earlier.sync_key
            and decided.operation = earlier.operation
            and decided.sent_hash = earlier.row_hash
    """  # noqa: S608


def standings_parameters(config: SyncConfig) -> Mapping[str, str]:
    """What happens to a row that leaves, by why it does."""
    return {
        "on_leave": config.on_leave,
        "on_withdrawal": config.on_withdrawal,
        "on_erasure": config.on_erasure,
    }

-- grain: one row per sync and key whose destination refused it and that waits for another attempt
-- Read from state as it is now: a row leaves as soon as the destination takes it, or when nobody
-- wants to send it any more.
with

unsettled_rows as (
    select
        sync_name,
        sync_key,
        run_id,
        operation,
        reason,
        status,
        error_class,
        error_code,
        changed_columns,
        attempt_count,
        first_rejected_at,
        next_attempt_at
    from {{ source('cdp_state', 'sync_outbox') }}
    where status in ('rejected', 'set_aside')
)

select
    sync_name,
    sync_key,
    run_id,
    operation,
    reason,
    error_class,
    error_code,
    changed_columns,
    attempt_count,
    status = 'set_aside' as is_set_aside,
    first_rejected_at,
    case when status = 'rejected' then next_attempt_at end as next_attempt_at
from unsettled_rows

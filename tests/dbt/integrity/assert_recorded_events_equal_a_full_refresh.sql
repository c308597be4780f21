-- The incremental table holds, row for row, what a full refresh would put there now.
with

incoming as (
    select
        event_id,
        {{ hash_columns(recorded_event_columns()) | indent(8) }} as row_hash
    from {{ ref('customer_events_incoming') }}
),

recorded as (
    select
        event_id,
        {{ hash_columns(recorded_event_columns()) | indent(8) }} as row_hash
    from {{ ref('customer_events_recorded') }}
)

select
    incoming.row_hash as incoming_row_hash,
    recorded.row_hash as recorded_row_hash,
    coalesce(incoming.event_id, recorded.event_id) as event_id
from incoming
full outer join recorded on incoming.event_id = recorded.event_id
where
    incoming.event_id is null
    or recorded.event_id is null
    or incoming.row_hash <> recorded.row_hash

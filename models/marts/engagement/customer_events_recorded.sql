-- grain: one row per event of any channel, as recorded
-- Stores what the event says of its author (record, visitor, card, contact point), never who that
-- is now: customer_events resolves it at reading, so that a merge rewrites nothing here.
-- However late an event comes or is corrected, it is taken in: an incremental run writes the events
-- that are new or whose row_hash differs, and forgets those that the input no longer has, so that
-- the table is what a full refresh would make it. A window of hours would miss what changes
-- without a new load, such as the receipt of an order that arrives a week after it.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='event_id',
    on_schema_change='append_new_columns',
    post_hook='{{ forget_vanished_events() }}',
) }}
with

incoming as (
    select
        incoming_events.*,
        {{ hash_columns(recorded_event_columns()) | indent(8) }} as row_hash
    from {{ ref('customer_events_incoming') }} as incoming_events
)

{%- if is_incremental() %},

recorded as (
    select
        event_id,
        row_hash
    from {{ this }}
)
{%- endif %}

select
    incoming.event_id,
    {%- for column in recorded_event_columns() %}
        incoming.{{ column }},
    {%- endfor %}
    incoming.row_hash
from incoming
{%- if is_incremental() %}
left join recorded on incoming.event_id = recorded.event_id
where recorded.event_id is null or recorded.row_hash <> incoming.row_hash
{%- endif %}

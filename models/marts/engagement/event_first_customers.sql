-- grain: one row per event of any channel
-- STATE: whom we took an event's author for when it was first processed cannot be rebuilt, since
-- later runs know more. Each run adds the events that are new and touches no other row, so that
-- merges, corrections and a rebuilt warehouse leave it as it was. Nothing is written under --empty
-- or --sample, whose identity is partial.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='event_id',
    on_schema_change='append_new_columns',
    full_refresh=false,
    schema='cdp_state',
) }}
with

{% if is_incremental() -%}
remembered as (
    select event_id from {{ this }}
),

{% endif -%}
events as (
    select
        event_id,
        customer_id_at_event
    from {{ ref('customer_events') }}
)

select
    events.event_id,
    events.customer_id_at_event,
    {{ as_of() }} as first_processed_at
from events
{%- if is_incremental() %}
left join remembered on events.event_id = remembered.event_id
where
    remembered.event_id is null
    and {{ 'false' if flags.EMPTY or flags.SAMPLE else 'true' }}
{%- else %}
    where {{ 'false' if flags.EMPTY or flags.SAMPLE else 'true' }}
{%- endif %}

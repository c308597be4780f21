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

recorded as (
    select
        event_id,
        person_record_id,
        anonymous_id,
        loyalty_card_number,
        contact_point_type,
        contact_point,
        occurred_at,
        loaded_at
    from {{ ref('customer_events_incoming') }}
),

{% if is_incremental() -%}
remembered as (
    select event_id from {{ this }}
),

{% endif -%}
events as (
    select recorded.*
    from recorded
    {%- if is_incremental() %}
    left join remembered on recorded.event_id = remembered.event_id
    where
        remembered.event_id is null
        and {{ 'false' if flags.EMPTY or flags.SAMPLE else 'true' }}
    {%- else %}
        where {{ 'false' if flags.EMPTY or flags.SAMPLE else 'true' }}
    {%- endif %}
),

{{ event_identity_ctes() }}

select
    events.event_id,
    {{ resolved_customer_id(event_evidence()) | indent(4) }} as customer_id_at_event,
    {{ as_of() }} as first_processed_at
from events
{{ event_identity_joins() }}

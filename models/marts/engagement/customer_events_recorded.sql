-- grain: one row per event of any channel, as recorded
-- Stores what the event says of its author (record, visitor, card, contact point), never who that
-- is now: customer_events resolves it at reading, so that a merge rewrites nothing here. Only
-- customer_id_at_event remembers whom we took it for when the event was first processed; a full
-- refresh sets it anew.
-- Recorded events are read again while their row is at most late_arrival_hours older than the
-- newest of its source; events not yet recorded are taken in however late they come.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='event_id',
    on_schema_change='append_new_columns',
    post_hook='{{ forget_vanished_events() }}',
) }}
with

incoming as (
    select * from {{ ref('customer_events_incoming') }}
),

{% if is_incremental() %}
recorded as (
    select
        event_id,
        source,
        interaction_type,
        customer_id_at_event,
        loaded_at
    from {{ this }}
),

newest_by_source as (
    select
        source,
        interaction_type,
        {{ add_hours('max(loaded_at)', -1 * var('late_arrival_hours')) }} as read_again_from
    from recorded
    group by source, interaction_type
),

events as (
    select
        incoming.*,
        recorded.event_id is not null as is_recorded,
        recorded.customer_id_at_event
    from incoming
    left join recorded on incoming.event_id = recorded.event_id
    left join newest_by_source
        on
            incoming.source = newest_by_source.source
            and incoming.interaction_type = newest_by_source.interaction_type
    where
        recorded.event_id is null
        or incoming.loaded_at is null
        or incoming.loaded_at >= newest_by_source.read_again_from
),
{% else %}
events as (
    select
        incoming.*,
        false as is_recorded,
        cast(null as text) as customer_id_at_event
    from incoming
),
{% endif %}

{{ event_identity_ctes() }}

select
    events.event_id,
    {%- for column in recorded_event_columns() %}
    events.{{ column }},
    {%- endfor %}
    case
        when events.is_recorded then events.customer_id_at_event
        else {{ resolved_customer_id(event_evidence()) | indent(8) }}
    end as customer_id_at_event
from events
{{ event_identity_joins() }}

-- grain: one row per web or app event that belongs to a visit
-- A visit ends after session_inactivity_minutes without an event, or when a new campaign brings
-- the visitor back. The first event names the visit, so that its id does not depend on the run.
{{ config(
    materialized='incremental',
    incremental_strategy='hourly',
    unique_key='event_id',
    on_schema_change='append_new_columns',
    meta={'hourly': 'unique_key'},
) }}
with

{% if is_incremental() -%}
lately_seen_visitors as (
    {{ lately_seen_visitors(ref('customer_events_incoming')) | indent(4) }}
),

{% endif -%}
events as (
    select
        incoming.event_id,
        incoming.source,
        incoming.anonymous_id,
        incoming.utm_campaign,
        incoming.occurred_at,
        incoming.loaded_at
    from {{ ref('customer_events_incoming') }} as incoming
    {%- if is_incremental() %}
    inner join lately_seen_visitors as seen
        on incoming.source = seen.source and incoming.anonymous_id = seen.anonymous_id
    {%- endif %}
    where
        incoming.interaction_type = 'event'
        and incoming.channel in ('web', 'app')
        and incoming.anonymous_id is not null
        and incoming.occurred_at is not null
),

events_with_previous as (
    select
        event_id,
        source,
        anonymous_id,
        utm_campaign,
        occurred_at,
        loaded_at,
        lag(occurred_at) over (
            partition by source, anonymous_id
            order by occurred_at asc nulls last, event_id asc nulls last
        ) as previous_occurred_at,
        lag(utm_campaign) over (
            partition by source, anonymous_id, case when utm_campaign is null then 0 else 1 end
            order by occurred_at asc nulls last, event_id asc nulls last
        ) as previous_utm_campaign
    from events
),

events_with_starts as (
    select
        event_id,
        source,
        anonymous_id,
        occurred_at,
        loaded_at,
        case
            when previous_occurred_at is null then 1
            when
                {{ seconds_between('previous_occurred_at', 'occurred_at') | indent(16) }}
                > {{ var('session_inactivity_minutes') * 60 }}
                then 1
            {%- if var('session_starts_on_campaign') %}
                when
                    utm_campaign is not null
                    and utm_campaign <> coalesce(previous_utm_campaign, '')
                    then 1
            {%- endif %}
            else 0
        end as is_start
    from events_with_previous
),

events_numbered as (
    select
        event_id,
        source,
        anonymous_id,
        occurred_at,
        loaded_at,
        is_start,
        sum(is_start) over (
            partition by source, anonymous_id
            order by occurred_at asc nulls last, event_id asc nulls last
            rows between unbounded preceding and current row
        ) as session_number
    from events_with_starts
)

select
    event_id,
    'ses_' || md5(
        first_value(event_id) over (
            partition by source, anonymous_id, session_number
            order by occurred_at asc nulls last, event_id asc nulls last
        )
    ) as session_id,
    row_number() over (
        partition by source, anonymous_id, session_number
        order by occurred_at asc nulls last, event_id asc nulls last
    ) as event_number,
    source,
    loaded_at
from events_numbered

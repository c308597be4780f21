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

events_in_order as (
    select
        event_id,
        source,
        anonymous_id,
        occurred_at,
        loaded_at,
        lag(occurred_at) over (
            partition by source, anonymous_id
            order by occurred_at asc nulls last, event_id asc nulls last
        ) as previous_occurred_at,
        row_number() over (
            partition by source, anonymous_id
            order by occurred_at asc nulls last, event_id asc nulls last
        ) as event_position
    from events
),

-- Few events name a campaign: only these are put in order once more.
campaign_events as (
    select
        event_id,
        utm_campaign,
        lag(utm_campaign) over (
            partition by source, anonymous_id
            order by occurred_at asc nulls last, event_id asc nulls last
        ) as previous_utm_campaign
    from events
    where utm_campaign is not null and {{ var('session_starts_on_campaign') | lower }}
),

returns_by_campaign as (
    select event_id
    from campaign_events
    where utm_campaign <> coalesce(previous_utm_campaign, '')
),

events_with_starts as (
    select
        ordered.event_id,
        ordered.source,
        ordered.anonymous_id,
        ordered.loaded_at,
        ordered.event_position,
        case
            when ordered.previous_occurred_at is null then 1
            when
                {{ seconds_between('ordered.previous_occurred_at', 'ordered.occurred_at') }}
                > {{ var('session_inactivity_minutes') * 60 }}
                then 1
            when returns_by_campaign.event_id is not null then 1
            else 0
        end as is_start
    from events_in_order as ordered
    left join returns_by_campaign on ordered.event_id = returns_by_campaign.event_id
),

events_numbered as (
    select
        event_id,
        source,
        anonymous_id,
        loaded_at,
        event_position,
        is_start,
        sum(is_start) over (
            partition by source, anonymous_id
            order by event_position
            rows between unbounded preceding and current row
        ) as session_number
    from events_with_starts
),

session_starts as (
    select
        source,
        anonymous_id,
        session_number,
        'ses_' || md5(event_id) as session_id,
        event_position
    from events_numbered
    where is_start = 1
)

select
    events_numbered.event_id,
    session_starts.session_id,
    events_numbered.event_position - session_starts.event_position + 1 as event_number,
    events_numbered.source,
    events_numbered.loaded_at
from events_numbered
inner join session_starts
    on
        events_numbered.source = session_starts.source
        and events_numbered.anonymous_id = session_starts.anonymous_id
        and events_numbered.session_number = session_starts.session_number

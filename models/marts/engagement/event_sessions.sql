-- grain: one row per web or app event that belongs to a visit
-- A visit ends after session_inactivity_minutes without an event, or when a new campaign brings
-- the visitor back. The first event names the visit, so that its id does not depend on the run.
with

events as (
    select
        event_id,
        source,
        anonymous_id,
        utm_campaign,
        occurred_at
    from {{ ref('customer_events_recorded') }}
    where
        interaction_type = 'event'
        and channel in ('web', 'app')
        and anonymous_id is not null
        and occurred_at is not null
),

events_with_previous as (
    select
        event_id,
        source,
        anonymous_id,
        utm_campaign,
        occurred_at,
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
    ) as event_number
from events_numbered

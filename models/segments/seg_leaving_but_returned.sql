-- grain: one row per customer in the segment
-- Said in a ticket or on the phone that they want to leave, and were on the website or in the app
-- after that: still to be won back.
with

events as (
    select
        event_id,
        customer_id,
        interaction_type,
        interaction_id,
        channel,
        has_leaving_intent,
        is_by_customer,
        occurred_at
    from {{ ref('customer_events') }}
    where customer_id is not null and occurred_at <= {{ as_of() }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
),

announcements_ranked as (
    select
        customer_id,
        interaction_type,
        interaction_id,
        occurred_at,
        row_number() over (
            partition by customer_id order by occurred_at desc nulls last, event_id asc nulls last
        ) as recency_rank
    from events
    where
        has_leaving_intent
        and interaction_type in ('ticket', 'call_note')
        and occurred_at >= {{ days_ago(var('leaving_announced_within_days')) }}
),

announcements as (
    select
        customer_id,
        interaction_type as announced_in,
        interaction_id as announcement_id,
        occurred_at as announced_at
    from announcements_ranked
    where recency_rank = 1
),

visits as (
    select
        announcements.customer_id,
        count(*) as visit_event_count,
        min(events.occurred_at) as first_returned_at,
        max(events.occurred_at) as last_visited_at
    from announcements
    inner join events
        on
            announcements.customer_id = events.customer_id
            and announcements.announced_at < events.occurred_at
    where events.channel in ('web', 'app')
    group by announcements.customer_id
)

select
    announcements.customer_id,
    announcements.announced_in,
    announcements.announcement_id,
    visits.visit_event_count,
    announcements.announced_at,
    visits.first_returned_at,
    visits.last_visited_at
from announcements
inner join visits on announcements.customer_id = visits.customer_id
inner join segmentable_customers
    on announcements.customer_id = segmentable_customers.customer_id

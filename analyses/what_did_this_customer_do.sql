-- Question: what did one customer do, in all channels, in order?
-- Takes the customer with the most events; put an id in its place to see another.
with

events as (
    select
        event_id,
        customer_id,
        channel,
        event_type,
        utm_campaign,
        order_number,
        value_amount,
        currency_code,
        occurred_at
    from {{ ref('customer_events') }}
    where customer_id is not null
),

event_counts as (
    select
        customer_id,
        count(*) as event_count
    from events
    group by customer_id
),

ranked_customers as (
    select
        customer_id,
        row_number() over (
            order by event_count desc nulls last, customer_id asc nulls last
        ) as customer_rank
    from event_counts
)

select
    events.occurred_at,
    events.channel,
    events.event_type,
    events.utm_campaign,
    events.order_number,
    events.value_amount,
    events.currency_code
from events
inner join ranked_customers on events.customer_id = ranked_customers.customer_id
where ranked_customers.customer_rank = 1
order by events.occurred_at asc nulls last, events.event_id asc nulls last

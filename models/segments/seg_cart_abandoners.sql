-- grain: one row per customer in the segment
-- Put something into a basket or began to pay, and bought nothing since, in any channel: who
-- fetched the thing from a shop needs no reminder.
with

events as (
    select
        event_id,
        customer_id,
        event_type,
        sku,
        session_id,
        occurred_at
    from {{ ref('customer_events') }}
    where customer_id is not null
),

{{ last_purchases_ctes() }},

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
),

basket_events as (
    select
        event_id,
        customer_id,
        event_type,
        sku,
        occurred_at,
        row_number() over (
            partition by customer_id order by occurred_at desc nulls last, event_id asc nulls last
        ) as recency_rank
    from events
    where
        {{ is_basket_event('event_type') }}
        and occurred_at >= {{ days_ago(var('cart_abandoned_within_days')) }}
        and occurred_at <= {{ as_of() }}
),

baskets as (
    select
        customer_id,
        max(case when recency_rank = 1 then event_type end) as last_basket_event_type,
        max(case when recency_rank = 1 then sku end) as last_basket_sku,
        count(*) as basket_event_count,
        max(occurred_at) as last_basket_at
    from basket_events
    group by customer_id
)

select
    baskets.customer_id,
    baskets.last_basket_event_type,
    baskets.last_basket_sku,
    baskets.basket_event_count,
    baskets.last_basket_at,
    last_purchases.last_purchased_at
from baskets
inner join segmentable_customers on baskets.customer_id = segmentable_customers.customer_id
left join last_purchases on baskets.customer_id = last_purchases.customer_id
where
    last_purchases.last_purchased_at is null
    or last_purchases.last_purchased_at < baskets.last_basket_at

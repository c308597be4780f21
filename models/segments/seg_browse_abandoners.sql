-- grain: one row per customer in the segment
-- Looked at articles, put none into a basket and bought nothing since, in any channel. Who filled
-- a basket in the days of either is left to seg_cart_abandoners, so that nobody gets two reminders.
with

events as (
    select
        event_id,
        customer_id,
        event_type,
        sku,
        occurred_at
    from {{ ref('customer_events') }}
    where customer_id is not null
),

{{ last_purchases_ctes() }},

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
),

views_ranked as (
    select
        customer_id,
        sku,
        occurred_at,
        row_number() over (
            partition by customer_id order by occurred_at desc nulls last, event_id asc nulls last
        ) as recency_rank
    from events
    where
        event_type = 'product_viewed'
        and occurred_at >= {{ days_ago(var('browse_abandoned_within_days')) }}
        and occurred_at <= {{ as_of() }}
),

views as (
    select
        customer_id,
        max(case when recency_rank = 1 then sku end) as last_viewed_sku,
        count(*) as product_view_count,
        max(occurred_at) as last_viewed_at
    from views_ranked
    group by customer_id
),

basket_fillers as (
    select distinct customer_id
    from events
    where
        {{ is_basket_event('event_type') }}
        and occurred_at >= {{ days_ago(
            [var('browse_abandoned_within_days'), var('cart_abandoned_within_days')] | max
        ) }}
        and occurred_at <= {{ as_of() }}
)

select
    views.customer_id,
    views.last_viewed_sku,
    views.product_view_count,
    views.last_viewed_at,
    last_purchases.last_purchased_at
from views
inner join segmentable_customers on views.customer_id = segmentable_customers.customer_id
left join basket_fillers on views.customer_id = basket_fillers.customer_id
left join last_purchases on views.customer_id = last_purchases.customer_id
where
    basket_fillers.customer_id is null
    and (
        last_purchases.last_purchased_at is null
        or last_purchases.last_purchased_at < views.last_viewed_at
    )

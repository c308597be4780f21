-- grain: one row per customer in the segment
-- Mostly buy what is reduced: to be told of sales, and to be left out where the margin is thin.
with

customer_traits as (
    select
        customer_id,
        order_count,
        discounted_order_count,
        net_amount_reporting,
        last_ordered_at,
        {{ safe_divide('discounted_order_count', 'order_count') }} as discounted_order_share
    from {{ ref('customer_traits') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select
    customer_traits.customer_id,
    customer_traits.order_count,
    customer_traits.discounted_order_count,
    customer_traits.net_amount_reporting,
    customer_traits.discounted_order_share,
    customer_traits.last_ordered_at
from customer_traits
inner join segmentable_customers
    on customer_traits.customer_id = segmentable_customers.customer_id
where
    customer_traits.order_count >= {{ var('discount_seeker_min_order_count') }}
    and customer_traits.discounted_order_share >= {{ var('discount_seeker_min_share') }}

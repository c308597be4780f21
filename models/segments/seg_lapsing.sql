-- grain: one row per customer in the segment
-- Regular customers who have gone quiet but are not lost yet.
with

customer_traits as (
    select
        customer_id,
        order_count,
        days_since_last_order,
        net_amount_reporting,
        last_ordered_at
    from {{ ref('customer_traits') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select
    customer_traits.customer_id,
    customer_traits.order_count,
    customer_traits.days_since_last_order,
    customer_traits.net_amount_reporting,
    customer_traits.last_ordered_at
from customer_traits
inner join segmentable_customers
    on customer_traits.customer_id = segmentable_customers.customer_id
where
    customer_traits.order_count >= {{ var('lapsing_min_order_count') }}
    and customer_traits.last_ordered_at < {{ days_ago(var('lapsing_after_days')) }}
    and customer_traits.last_ordered_at >= {{ days_ago(var('lifecycle_active_days')) }}

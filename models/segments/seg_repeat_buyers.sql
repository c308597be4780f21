-- grain: one row per customer in the segment
-- Came back to buy within the last 365 days: the base that carries the business.
with

customer_traits as (
    select
        customer_id,
        order_count,
        order_count_last_365_days,
        net_amount_reporting_last_365_days,
        last_ordered_at
    from {{ ref('customer_traits') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select
    customer_traits.customer_id,
    customer_traits.order_count,
    customer_traits.order_count_last_365_days,
    customer_traits.net_amount_reporting_last_365_days,
    customer_traits.last_ordered_at
from customer_traits
inner join segmentable_customers
    on customer_traits.customer_id = segmentable_customers.customer_id
where customer_traits.order_count_last_365_days >= {{ var('repeat_buyer_min_order_count') }}

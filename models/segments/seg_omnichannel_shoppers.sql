-- grain: one row per customer in the segment
-- Bought in a web shop and at a till. An order fetched from a shop is an order of the web shop.
with

customer_traits as (
    select
        customer_id,
        preferred_order_channel,
        online_order_count,
        till_order_count,
        net_amount_reporting,
        last_ordered_at
    from {{ ref('customer_traits') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select
    customer_traits.customer_id,
    customer_traits.preferred_order_channel,
    customer_traits.online_order_count,
    customer_traits.till_order_count,
    customer_traits.net_amount_reporting,
    customer_traits.last_ordered_at
from customer_traits
inner join segmentable_customers
    on customer_traits.customer_id = segmentable_customers.customer_id
where
    customer_traits.online_order_count > 0
    and customer_traits.till_order_count > 0

-- grain: one row per customer in the segment
-- Bought often and for much, and have not bought for longer than most: the customers one cannot
-- afford to lose, by the usual cells of recency, frequency and money.
with

customer_traits as (
    select
        customer_id,
        rfm_cell,
        order_count,
        days_since_last_order,
        net_amount_reporting,
        last_ordered_at,
        rfm_recency,
        rfm_frequency,
        rfm_monetary
    from {{ ref('customer_traits') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select
    customer_traits.customer_id,
    customer_traits.rfm_cell,
    customer_traits.order_count,
    customer_traits.days_since_last_order,
    customer_traits.net_amount_reporting,
    customer_traits.last_ordered_at
from customer_traits
inner join segmentable_customers
    on customer_traits.customer_id = segmentable_customers.customer_id
where
    customer_traits.rfm_recency <= 2
    and customer_traits.rfm_frequency >= 4
    and customer_traits.rfm_monetary >= 4

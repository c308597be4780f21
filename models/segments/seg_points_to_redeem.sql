-- grain: one row per customer in the segment
-- Loyalty points that are worth a visit.
with

customer_traits as (
    select
        customer_id,
        loyalty_points_balance,
        order_count,
        last_ordered_at
    from {{ ref('customer_traits') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select
    customer_traits.customer_id,
    customer_traits.loyalty_points_balance,
    customer_traits.order_count,
    customer_traits.last_ordered_at
from customer_traits
inner join segmentable_customers
    on customer_traits.customer_id = segmentable_customers.customer_id
where customer_traits.loyalty_points_balance >= {{ var('points_to_redeem_min_balance') }}

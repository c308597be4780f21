-- grain: one row per customer in the segment
-- Lapsed buyers who are worth one more try; the dormant beyond them are not written to.
with

customer_360 as (
    select
        customer_id,
        favourite_category,
        order_count,
        days_since_last_order,
        net_amount_reporting,
        last_ordered_at,
        lifecycle_stage
    from {{ ref('customer_360') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select
    customer_360.customer_id,
    customer_360.favourite_category,
    customer_360.order_count,
    customer_360.days_since_last_order,
    customer_360.net_amount_reporting,
    customer_360.last_ordered_at
from customer_360
inner join segmentable_customers
    on customer_360.customer_id = segmentable_customers.customer_id
where customer_360.lifecycle_stage = 'lapsed'

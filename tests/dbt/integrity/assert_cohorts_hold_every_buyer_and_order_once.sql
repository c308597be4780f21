-- Every known buyer is in one cohort, and orders and revenue of all cohorts are those of known
-- customers.
with

known_orders as (
    select
        count(*) as order_count,
        count(distinct customer_id) as customer_count,
        coalesce(sum(net_amount_reporting), 0) as net_amount_reporting
    from {{ ref('orders') }}
    where is_counted and customer_id is not null
),

cohorts as (
    select
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(case when month_number = 0 then customer_count end), 0) as customer_count,
        coalesce(sum(case when month_number = 0 then active_customer_count end), 0)
            as first_buyer_count,
        coalesce(sum(net_amount_reporting), 0) as net_amount_reporting
    from {{ ref('cohort_retention') }}
)

select
    known_orders.order_count,
    cohorts.order_count as cohort_order_count,
    known_orders.customer_count,
    cohorts.customer_count as cohort_customer_count,
    known_orders.net_amount_reporting,
    cohorts.net_amount_reporting as cohort_amount_reporting
from known_orders
cross join cohorts
where
    known_orders.order_count <> cohorts.order_count
    or known_orders.customer_count <> cohorts.customer_count
    or known_orders.customer_count <> cohorts.first_buyer_count
    or known_orders.net_amount_reporting <> cohorts.net_amount_reporting

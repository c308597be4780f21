-- grain: one row per customer in the segment
-- The buyers who brought the most in the last 365 days. The limit is the amount below which the
-- remaining buyers lie, so customers with equal amounts are in or out together.
with

customer_traits as (
    select
        customer_id,
        order_count_last_365_days,
        net_amount_reporting_last_365_days
    from {{ ref('customer_traits') }}
    where net_amount_reporting_last_365_days > 0
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
),

buyers as (
    select
        customer_traits.customer_id,
        customer_traits.order_count_last_365_days,
        customer_traits.net_amount_reporting_last_365_days
    from customer_traits
    inner join segmentable_customers
        on customer_traits.customer_id = segmentable_customers.customer_id
),

amounts as (
    select
        net_amount_reporting_last_365_days,
        count(*) as buyer_count
    from buyers
    group by net_amount_reporting_last_365_days
),

amounts_with_share as (
    select
        net_amount_reporting_last_365_days,
        sum(buyer_count) over (order by net_amount_reporting_last_365_days desc nulls last)
            as buyers_down_to_here,
        sum(buyer_count) over () as all_buyers
    from amounts
),

limits as (
    select
        coalesce(
            min(
                case
                    when buyers_down_to_here <= {{ var('high_value_share') }} * all_buyers
                        then net_amount_reporting_last_365_days
                end
            ),
            max(net_amount_reporting_last_365_days)
        ) as least_amount_reporting
    from amounts_with_share
)

select
    buyers.customer_id,
    buyers.order_count_last_365_days,
    buyers.net_amount_reporting_last_365_days,
    limits.least_amount_reporting
from buyers
cross join limits
where buyers.net_amount_reporting_last_365_days >= limits.least_amount_reporting

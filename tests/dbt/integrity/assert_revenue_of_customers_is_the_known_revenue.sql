-- What customer_traits says of all customers is what orders say of known ones: known, ambiguous
-- and anonymous revenue are the three terms of the total and none leaks into another.
with

known_orders as (
    select
        count(*) as order_count,
        coalesce(sum(net_amount_reporting), 0) as net_amount_reporting
    from {{ ref('orders') }}
    where is_counted and identity_status = 'known'
),

traits as (
    select
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(net_amount_reporting), 0) as net_amount_reporting
    from {{ ref('customer_traits') }}
)

select
    known_orders.order_count,
    traits.order_count as trait_order_count,
    known_orders.net_amount_reporting,
    traits.net_amount_reporting as trait_net_amount_reporting
from known_orders
cross join traits
where
    known_orders.order_count <> traits.order_count
    or known_orders.net_amount_reporting <> traits.net_amount_reporting

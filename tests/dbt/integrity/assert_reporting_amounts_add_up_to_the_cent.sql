-- What was asked for is the sum of its parts, and what was kept is what was asked for less what
-- went back, in the reporting currency as in the order's own; without a rate all are unknown.
select
    order_id,
    total_amount_reporting,
    refunded_amount_reporting,
    net_amount_reporting
from {{ ref('orders') }}
where
    total_amount_reporting - refunded_amount_reporting <> net_amount_reporting
    or gross_amount_reporting - discount_amount_reporting + shipping_amount_reporting
    <> total_amount_reporting
    or total_amount - refunded_amount <> net_amount
    or (net_amount_reporting is null) <> (total_amount_reporting is null)
    or (net_amount_reporting is null) <> (refunded_amount_reporting is null)
    or (net_amount_reporting is null) <> (gross_amount_reporting is null)

-- Counted and uncounted orders of the mart add up to the orders of the input layer, by source and
-- in every amount; refunds add up to those of orders that exist. What a till gives back for a
-- collected order is netted from the shop's order, so it ties to that order's source.
with

received as (
    select
        source,
        count(*) as order_count,
        sum(coalesce(gross_amount, 0)) as gross_amount,
        sum(coalesce(discount_amount, 0)) as discount_amount,
        sum(coalesce(tax_amount, 0)) as tax_amount,
        sum(coalesce(shipping_amount, 0)) as shipping_amount
    from {{ ref('int_orders_unioned') }}
    group by source
),

refunds_received as (
    select
        booked.source,
        sum(coalesce(refunds.refund_amount, 0)) as refunded_amount
    from {{ ref('int_refunds_unioned') }} as refunds
    inner join {{ ref('orders') }} as orders on refunds.order_id = orders.order_id
    left join {{ ref('orders') }} as collected
        on
            orders.not_counted_reason = 'collects_another_order'
            and orders.duplicate_of_order_id = collected.order_id
            and orders.currency_code = collected.currency_code
    inner join {{ ref('int_orders_unioned') }} as booked
        on coalesce(collected.order_id, orders.order_id) = booked.order_id
    group by booked.source
),

by_reason as (
    select
        source,
        coalesce(not_counted_reason, 'counted') as reason,
        count(*) as order_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(tax_amount) as tax_amount,
        sum(shipping_amount) as shipping_amount,
        sum(refunded_amount) as refunded_amount,
        sum(net_amount) as net_amount
    from {{ ref('orders') }}
    group by source, coalesce(not_counted_reason, 'counted')
),

built as (
    select
        source,
        sum(order_count) as order_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(tax_amount) as tax_amount,
        sum(shipping_amount) as shipping_amount,
        sum(refunded_amount) as refunded_amount,
        sum(net_amount) as net_amount
    from by_reason
    group by source
)

select
    received.order_count as received_order_count,
    built.order_count as built_order_count,
    received.gross_amount as received_gross_amount,
    built.gross_amount as built_gross_amount,
    coalesce(received.source, built.source) as order_source
from received
full outer join built on received.source = built.source
left join refunds_received on received.source = refunds_received.source
where
    received.source is null
    or built.source is null
    or received.order_count <> built.order_count
    or received.gross_amount <> built.gross_amount
    or received.discount_amount <> built.discount_amount
    or received.tax_amount <> built.tax_amount
    or received.shipping_amount <> built.shipping_amount
    or coalesce(refunds_received.refunded_amount, 0) <> built.refunded_amount
    or built.net_amount
    <> received.gross_amount
    - received.discount_amount
    + received.shipping_amount
    - coalesce(refunds_received.refunded_amount, 0)

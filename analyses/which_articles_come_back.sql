-- Question: which articles are given back more often than others, and what does it cost?
with

order_items as (
    select
        sku,
        product_name,
        quantity,
        refunded_quantity,
        net_amount_reporting
    from {{ ref('order_items') }}
    where is_counted and sku is not null
)

select
    sku,
    min(product_name) as product_name,
    sum(quantity) as unit_count,
    sum(refunded_quantity) as refunded_unit_count,
    {{ safe_divide('sum(refunded_quantity)', 'sum(quantity)') }} as refunded_share,
    sum(net_amount_reporting) as net_amount_reporting
from order_items
group by sku
having sum(quantity) >= 20
order by refunded_share desc nulls last, sku asc nulls last

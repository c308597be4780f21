-- grain: one row per order line
-- Lines of tills carry the article number only, so category and brand are found by product where
-- the line names one, and otherwise by article number: in the shop of the same currency, whose
-- words for categories fit, else in any shop.
with

items_received as (
    select * from {{ ref('int_order_items_unioned') }}
),

refunds_received as (
    select
        order_item_id,
        quantity,
        refund_amount
    from {{ ref('int_refunds_unioned') }}
    where order_item_id is not null
),

orders as (
    select
        order_id,
        customer_id,
        channel,
        currency_code,
        is_counted,
        ordered_date,
        ordered_at,
        coalesce(ordered_date, cast(loaded_at as date)) as rate_date
    from {{ ref('orders') }}
),

products as (
    select
        product_id,
        source,
        sku,
        product_name,
        category,
        brand,
        currency_code,
        is_active,
        updated_at
    from {{ ref('products') }}
),

currency_conversions as (
    select * from {{ ref('currency_conversions') }}
),

order_days as (
    select distinct
        currency_code,
        rate_date
    from orders
),

day_rates as (
    select
        order_days.currency_code,
        order_days.rate_date,
        currency_conversions.reporting_rate
    from order_days
    inner join currency_conversions
        on {{ is_rate_of_day(
            'currency_conversions', 'order_days.currency_code', 'order_days.rate_date'
        ) | indent(4) }}
),

products_ranked_by_sku as (
    select
        sku,
        product_id,
        product_name,
        category,
        brand,
        currency_code,
        row_number() over (
            partition by sku
            order by
                is_active desc nulls last, updated_at desc nulls last, product_id asc nulls last
        ) as sku_rank,
        row_number() over (
            partition by sku, currency_code
            order by
                is_active desc nulls last, updated_at desc nulls last, product_id asc nulls last
        ) as sku_and_currency_rank
    from products
    where sku is not null
),

products_by_sku as (
    select
        sku,
        product_name,
        category,
        brand
    from products_ranked_by_sku
    where sku_rank = 1
),

products_by_sku_and_currency as (
    select
        sku,
        currency_code,
        product_name,
        category,
        brand
    from products_ranked_by_sku
    where sku_and_currency_rank = 1
),

categories_ranked_by_sku as (
    select
        products.sku,
        products.category,
        row_number() over (
            partition by products.sku
            order by
                {{ source_rank('products.source') | indent(16) }} asc nulls last,
                products.source asc nulls last,
                products.is_active desc nulls last,
                products.updated_at desc nulls last,
                products.product_id asc nulls last
        ) as category_rank
    from products
    where products.sku is not null and products.category is not null
),

category_families as (
    select
        sku,
        category as category_family
    from categories_ranked_by_sku
    where category_rank = 1
),

refunds_by_item as (
    select
        order_item_id,
        sum(coalesce(refund_amount, 0)) as refunded_amount,
        sum(coalesce(quantity, 0)) as refunded_quantity
    from refunds_received
    group by order_item_id
)

select
    items_received.order_item_id,
    items_received.order_id,
    orders.customer_id,
    items_received.product_id,
    items_received.source,
    items_received.sku,
    {%- for column in ['product_name', 'category', 'brand'] %}
        coalesce(
            {%- if column == 'product_name' %}
                items_received.product_name,
            {%- endif %}
            products.{{ column }},
            products_by_sku_and_currency.{{ column }},
            products_by_sku.{{ column }}
        ) as {{ column }},
    {%- endfor %}
    coalesce(
        category_families.category_family,
        products.category,
        products_by_sku_and_currency.category,
        products_by_sku.category
    ) as category_family,
    orders.channel,
    orders.currency_code,
    items_received.line_number,
    coalesce(items_received.quantity, 0) as quantity,
    coalesce(cast(refunds_by_item.refunded_quantity as bigint), 0) as refunded_quantity,
    items_received.unit_price_amount,
    {{ order_gross_amount('items_received') }} as gross_amount,
    {{ order_discount_amount('items_received') }} as discount_amount,
    {{ order_tax_amount('items_received') }} as tax_amount,
    {{ order_refunded_amount('refunds_by_item') }} as refunded_amount,
    {{ order_item_net_amount('items_received', 'refunds_by_item') | indent(4) }} as net_amount,
    {{ in_reporting_currency(
        order_item_net_amount('items_received', 'refunds_by_item'), 'day_rates'
    ) | indent(4) }} as net_amount_reporting,
    coalesce(orders.is_counted, false) as is_counted,
    orders.ordered_date,
    orders.ordered_at,
    items_received.loaded_at
from items_received
left join orders on items_received.order_id = orders.order_id
left join products on items_received.product_id = products.product_id
left join products_by_sku_and_currency
    on
        items_received.sku = products_by_sku_and_currency.sku
        and orders.currency_code = products_by_sku_and_currency.currency_code
left join products_by_sku on items_received.sku = products_by_sku.sku
left join category_families on items_received.sku = category_families.sku
left join refunds_by_item on items_received.order_item_id = refunds_by_item.order_item_id
left join day_rates
    on
        orders.currency_code = day_rates.currency_code
        and orders.rate_date = day_rates.rate_date

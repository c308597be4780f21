-- grain: one row per product of a shop
with

products_received as (
    select * from {{ ref('int_products_unioned') }}
)

select
    product_id,
    source,
    sku,
    product_name,
    category,
    brand,
    currency_code,
    list_price_amount,
    coalesce(is_active, false) as is_active,
    created_at,
    updated_at,
    loaded_at
from products_received

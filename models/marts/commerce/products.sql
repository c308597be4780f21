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
    created_at,
    updated_at,
    loaded_at,
    coalesce(is_active, false) as is_active
from products_received

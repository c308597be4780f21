{#- Body of stg_<shop>__products: what one shop instance sells. -#}
{% macro shop_products(source_name) %}
{%- set shop = shop_settings(source_name) -%}
{%- set raw_columns = [
    "id", "sku", "title", "product_type", "vendor", "price", "status", "created_at", "updated_at",
] -%}
with products as (

    select * from {{ source(source_name, 'products') }}

),

products_read as (

    select
        {{ source_key('id') }} as source_pk,
        {{ source_key('sku') }} as sku,
        {{ clean_text('title') }} as product_name,
        {{ clean_text('product_type') }} as category,
        {{ clean_text('vendor') }} as brand,
        price as list_price_amount_raw,
        {{ shop_amount('price', shop) }} as list_price_amount,
        status as status_raw,
        {{ standardise_enum('status', {'active': 'active', 'archived': 'archived'}) }} as status,
        created_at as created_at_raw,
        {{ shop_timestamp('created_at', shop) }} as created_at_read,
        updated_at as updated_at_raw,
        {{ shop_timestamp('updated_at', shop) }} as updated_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from products

)

select
    '{{ source_name }}:' || source_pk as product_id,
    '{{ source_name }}' as source,
    source_pk,
    sku,
    product_name,
    category,
    brand,
    '{{ shop.currency_code }}' as currency_code,
    list_price_amount,
    status = 'active' as is_active,
    false as is_deleted,
    {{ plausible_timestamp('created_at_read') }} as created_at,
    {{ plausible_timestamp('updated_at_read') }} as updated_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        enums=['status'],
        numbers=['list_price_amount'],
        timestamps=['created_at', 'updated_at']
    ) }} as quality_issues
from products_read
{% endmacro %}

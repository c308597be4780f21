{#- Body of stg_<shop>__order_items: lines of the orders of one shop instance. -#}
{% macro shop_order_items(source_name) %}
{%- set shop = shop_settings(source_name) -%}
{%- set raw_columns = [
    "id", "order_id", "line_number", "product_id", "sku", "title", "quantity", "price",
    "total_discount", "tax",
] -%}
with order_lines as (

    select * from {{ source(source_name, 'order_lines') }}

),

order_lines_read as (

    select
        {{ source_key('id') }} as source_pk,
        {{ source_key('order_id') }} as order_source_pk,
        {{ source_key('product_id') }} as product_source_pk,
        {{ source_key('sku') }} as sku,
        {{ clean_text('title') }} as product_name,
        line_number as line_number_raw,
        {{ parse_integer('line_number') }} as line_number,
        quantity as quantity_raw,
        {{ number_up_to(1000000, parse_integer('quantity')) }} as quantity,
        price as unit_price_amount_raw,
        cast(
            {{ number_up_to(1000000000, shop_amount('price', shop)) }} as numeric(18, 2)
        ) as unit_price_amount,
        total_discount as discount_amount_raw,
        {{ shop_amount('total_discount', shop) }} as discount_amount,
        tax as tax_amount_raw,
        {{ shop_amount('tax', shop) }} as tax_amount,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from order_lines

)

select
    '{{ source_name }}:' || source_pk as order_item_id,
    '{{ source_name }}:' || order_source_pk as order_id,
    '{{ source_name }}' as source,
    '{{ source_name }}:' || product_source_pk as product_id,
    sku,
    product_name,
    line_number,
    quantity,
    unit_price_amount,
    cast(unit_price_amount * quantity as numeric(18, 2)) as gross_amount,
    discount_amount,
    tax_amount,
    false as is_deleted,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        numbers=['line_number', 'quantity', 'unit_price_amount', 'discount_amount', 'tax_amount']
    ) }} as quality_issues
from order_lines_read
{{ latest_loads() }}
{% endmacro %}

{{ config(
    enabled=is_listed_input(),
    tags=input_cadence(),
    materialized='incremental',
    incremental_strategy='hourly',
    on_schema_change='append_new_columns',
    meta={'hourly': 'latest_loads'},
) }}
{%- set raw_columns = [
    "receipt_no", "line_no", "sku", "description", "quantity", "unit_price", "discount", "tax",
] -%}
with receipt_lines as (

    select * from {{ source('pos', 'receipt_lines') }}

),

receipt_lines_read as (

    select
        {{ source_key('receipt_no') }} as order_source_pk,
        {{ source_key('receipt_no') }} || '/' || {{ source_key('line_no') }} as source_pk,
        {{ source_key('sku') }} as sku,
        {{ clean_text('description') }} as product_name,
        line_no as line_number_raw,
        {{ parse_integer('line_no') }} as line_number,
        quantity as quantity_raw,
        {{ number_up_to(1000000, parse_integer('quantity')) }} as quantity,
        unit_price as unit_price_amount_raw,
        cast(
            {{ number_up_to(1000000000, parse_number('unit_price')) }} as numeric(18, 2)
        ) as unit_price_amount,
        discount as discount_amount_raw,
        {{ parse_number('discount') }} as discount_amount,
        tax as tax_amount_raw,
        {{ parse_number('tax') }} as tax_amount,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from receipt_lines

)

select
    'pos:' || source_pk as order_item_id,
    'pos:' || order_source_pk as order_id,
    'pos' as source,
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
from receipt_lines_read
{{ latest_loads() }}

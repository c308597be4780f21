{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "receipt_no", "receipt_type", "original_receipt_no", "store_id", "store_country", "till_id",
    "sold_at", "loyalty_card", "phone", "web_order_number", "currency", "total",
    "discount_total", "tax_total", "payment_method",
] -%}
with receipts as (

    select * from {{ source('pos', 'receipts') }}

),

returns_read as (

    select
        {{ source_key('receipt_no') }} as source_pk,
        {{ source_key('original_receipt_no') }} as original_source_pk,
        total as refund_amount_raw,
        {{ parse_number('total') }} as refund_amount,
        sold_at as refunded_at_raw,
        {{ till_timestamp('sold_at') }} as refunded_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from receipts
    where lower(trim(receipt_type)) = 'return'

)

select
    'pos:' || source_pk as refund_id,
    'pos:' || original_source_pk as order_id,
    'pos' as source,
    -- tills print a return's total with or without a minus; money given back is positive here
    cast(abs(refund_amount) as numeric(18, 2)) as refund_amount,
    false as is_deleted,
    {{ plausible_timestamp('refunded_at_read') }} as refunded_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        numbers=['refund_amount'],
        timestamps=['refunded_at']
    ) }} as quality_issues
from returns_read

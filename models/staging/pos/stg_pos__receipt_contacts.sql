{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "receipt_no", "receipt_type", "original_receipt_no", "store_id", "store_country", "till_id",
    "sold_at", "loyalty_card", "phone", "web_order_number", "currency", "total",
    "discount_total", "tax_total", "payment_method",
] -%}
with receipts as (

    select * from {{ source('pos', 'receipts') }}

),

receipts_with_phone as (

    select
        'receipt/' || {{ source_key('receipt_no') }} as source_pk,
        {{ clean_text('phone') }} as phone_raw,
        {{ source_key('loyalty_card') }} as loyalty_card_number,
        store_country as default_country_code_raw,
        {{ standardise_enum('store_country', {'GB': 'GB', 'DE': 'DE'}) }} as default_country_code,
        sold_at as created_at_raw,
        {{ till_timestamp('sold_at') }} as created_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from receipts
    where {{ has_value('phone') }}

)

select
    'pos:' || source_pk as record_id,
    'pos' as source,
    source_pk,
    'interaction' as record_type,
    phone_raw,
    loyalty_card_number,
    default_country_code,
    false as is_deleted,
    {{ plausible_timestamp('created_at_read') }} as created_at,
    {{ plausible_timestamp('created_at_read') }} as updated_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        enums=['default_country_code'],
        timestamps=['created_at']
    ) }} as quality_issues
from receipts_with_phone

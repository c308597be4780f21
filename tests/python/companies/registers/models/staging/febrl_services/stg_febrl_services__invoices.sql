{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = ["invoice_no", "rec_id", "amount", "paid_at"] -%}
with invoices as (

    select * from {{ source('febrl_services', 'invoices') }}

),

invoices_read as (

    select
        {{ source_key('invoice_no') }} as source_pk,
        {{ source_key('rec_id') }} as person_source_pk,
        {{ parse_number('amount') }} as gross_amount,
        {{ parse_timestamp('paid_at', 'iso') }} as paid_at,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from invoices

)

select
    'febrl_services:' || source_pk as order_id,
    'febrl_services' as source,
    source_pk,
    'online' as channel,
    'febrl_b:' || person_source_pk as person_record_id,
    'AUD' as currency_code,
    'completed' as status,
    gross_amount,
    {{ local_date('paid_at', "'Australia/Sydney'") }} as ordered_date,
    {{ plausible_timestamp('paid_at') }} as ordered_at,
    loaded_at,
    row_hash
from invoices_read

{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = ["id", "contact_id", "stage", "amount", "currency", "closed_at"] -%}
with deals as (

    select * from {{ source('crm_sales', 'deals') }}

),

deals_read as (

    select
        {{ source_key('id') }} as source_pk,
        {{ source_key('contact_id') }} as contact_source_pk,
        stage as status_raw,
        {{ standardise_enum('stage', {
            'won': 'completed', 'open': 'pending', 'lost': 'cancelled',
        }) }} as status,
        amount as gross_amount_raw,
        {{ parse_number('amount') }} as gross_amount,
        upper({{ source_key('currency') }}) as currency_code,
        closed_at as ordered_at_raw,
        {{ parse_timestamp('closed_at', 'iso') }} as ordered_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from deals

),

deals_in_range as (

    select
        source_pk,
        contact_source_pk,
        status,
        gross_amount,
        currency_code,
        {{ plausible_timestamp('ordered_at_read') }} as ordered_at,
        loaded_at,
        row_hash,
        {{ staging_issues(
            key='source_pk', enums=['status'], numbers=['gross_amount'], timestamps=['ordered_at']
        ) }} as quality_issues
    from deals_read

)

select
    'crm:' || source_pk as order_id,
    'crm' as source,
    source_pk,
    'online' as channel,
    'crm:' || contact_source_pk as person_record_id,
    currency_code,
    status,
    gross_amount,
    {{ local_date('ordered_at', "'Europe/London'") }} as ordered_date,
    ordered_at,
    loaded_at,
    row_hash,
    quality_issues
from deals_in_range

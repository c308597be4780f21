{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = ["id", "email", "newsletter", "answered_at"] -%}
with permissions as (

    select * from {{ source('crm_sales', 'permissions') }}

)

select
    'crm:' || {{ source_key('id') }} as consent_event_id,
    'crm' as source,
    'email' as contact_point_type,
    {{ standardise_email('email') }} as contact_point,
    'marketing' as purpose,
    'email' as channel,
    {{ standardise_enum('newsletter', {'yes': 'granted', 'no': 'denied'}) }} as status,
    'crm_form' as method,
    {{ parse_timestamp('answered_at', 'iso') }} as occurred_at,
    {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
    {{ hash_columns(raw_columns) }} as row_hash
from permissions

{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = ["rec_id", "email", "newsletter", "answered_at"] -%}
with mailboxes as (

    select * from {{ source('febrl_services', 'mailboxes') }}

)

select
    'febrl_services:' || {{ source_key('rec_id') }} as consent_event_id,
    'febrl_services' as source,
    'email' as contact_point_type,
    {{ standardise_email('email') }} as contact_point,
    'marketing' as purpose,
    'email' as channel,
    {{ standardise_enum('newsletter', {'yes': 'granted', 'no': 'denied'}) }} as status,
    'web_form' as method,
    {{ parse_timestamp('answered_at', 'iso') }} as occurred_at,
    {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
    {{ hash_columns(raw_columns) }} as row_hash
from mailboxes

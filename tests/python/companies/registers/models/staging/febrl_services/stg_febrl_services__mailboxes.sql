{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = ["rec_id", "email", "newsletter", "answered_at"] -%}
with mailboxes as (

    select * from {{ source('febrl_services', 'mailboxes') }}

)

select
    'febrl_b:' || {{ source_key('rec_id') }} as record_id,
    'febrl_b' as source,
    'email' as identifier_type,
    {{ standardise_email('email') }} as identifier_value,
    'primary' as identifier_label,
    true as is_primary,
    {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
    {{ hash_columns(raw_columns) }} as row_hash
from mailboxes

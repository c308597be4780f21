{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "rec_id", "given_name", "surname", "street_number", "address_1", "address_2", "suburb",
    "postcode", "state", "date_of_birth", "soc_sec_id",
] -%}
with people as (

    select * from {{ source('febrl_a', 'people') }}

),

people_read as (

    select
        {{ source_key('rec_id') }} as source_pk,
        {{ standardise_name('given_name') }} as given_name,
        {{ standardise_name('surname') }} as family_name,
        nullif({{ string_concat_ws(
            ' ', [clean_text('street_number'), clean_text('address_1')]
        ) }}, '') as address_line_1,
        {{ clean_text('address_2') }} as address_line_2,
        {{ clean_text('suburb') }} as city,
        upper({{ source_key('state') }}) as region,
        {{ standardise_postal_code('postcode', "'AU'") }} as postal_code,
        {{ clean_text('date_of_birth') }} as birth_date_raw,
        {{ parse_date('date_of_birth', 'compact') }} as birth_date_read,
        {{ source_key('soc_sec_id') }} as national_id,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from people

)

select
    'febrl_a:' || source_pk as record_id,
    'febrl_a' as source,
    source_pk,
    'profile' as record_type,
    given_name,
    family_name,
    address_line_1,
    address_line_2,
    city,
    region,
    postal_code,
    'AU' as default_country_code,
    national_id,
    birth_date_raw,
    {{ plausible_birth_date('birth_date_read') }} as birth_date,
    loaded_at,
    row_hash,
    {{ staging_issues(key='source_pk', birth_dates=['birth_date']) }} as quality_issues
from people_read

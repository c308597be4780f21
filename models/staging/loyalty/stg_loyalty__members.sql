{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "card_no", "title", "forename", "surname", "dob", "email", "mobile", "street", "town",
    "postcode", "country", "tier", "referral_code", "joined_on", "updated_at", "_deleted",
] -%}
with members as (

    select * from {{ source('loyalty', 'members') }}

),

members_read as (

    select
        {{ source_key('card_no') }} as source_pk,
        {{ clean_text('title') }} as name_prefix,
        {{ standardise_name('forename') }} as given_name,
        {{ standardise_name('surname') }} as family_name,
        {{ clean_text('email') }} as email_raw,
        {{ standardise_email('email') }} as email,
        {{ clean_text('mobile') }} as phone_raw,
        {{ clean_text('street') }} as address_line_1,
        {{ clean_text('town') }} as city,
        {{ standardise_postal_code('postcode', upper_code('trim(country)')) }} as postal_code,
        {{ source_key('country') }} as country_raw,
        {{ lower_text(source_key('tier')) }} as loyalty_tier,
        {{ source_key('referral_code') }} as referral_code,
        {{ clean_text('dob') }} as birth_date_raw,
        {{ parse_date('dob', ['dmy_slash']) }} as birth_date_read,
        {{ parse_boolean('_deleted') }} as is_deleted,
        joined_on as created_at_raw,
        cast({{ parse_date('joined_on', ['iso']) }} as timestamp) as created_at_read,
        updated_at as updated_at_raw,
        {{ parse_timestamp('updated_at', 'iso') }} as updated_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from members

)

select
    'loyalty:' || source_pk as record_id,
    'loyalty' as source,
    source_pk,
    'profile' as record_type,
    source_pk as loyalty_card_number,
    name_prefix,
    given_name,
    family_name,
    nullif({{ string_concat_ws(' ', ['given_name', 'family_name']) }}, '') as full_name,
    email_raw,
    email,
    phone_raw,
    address_line_1,
    city,
    postal_code,
    country_raw,
    'GB' as default_country_code,
    loyalty_tier,
    referral_code,
    birth_date_raw,
    coalesce(is_deleted, false) as is_deleted,
    {{ plausible_birth_date('birth_date_read') }} as birth_date,
    {{ plausible_timestamp('created_at_read') }} as created_at,
    {{ plausible_timestamp('updated_at_read') }} as updated_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        emails=['email'],
        birth_dates=['birth_date'],
        timestamps=['created_at', 'updated_at']
    ) }} as quality_issues
from members_read

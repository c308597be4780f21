{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "id", "name", "email", "phone", "organization", "locale", "time_zone", "created_at",
    "updated_at", "_deleted",
] -%}
with requesters as (

    select * from {{ source('support', 'requesters') }}

),

requesters_read as (

    select
        {{ source_key('id') }} as source_pk,
        {{ standardise_name('name') }} as full_name,
        {{ clean_text('email') }} as email_raw,
        {{ standardise_email('email') }} as email,
        {{ clean_text('phone') }} as phone_raw,
        {{ clean_text('organization') }} as company,
        trim(locale) as locale_code,
        {{ source_key('time_zone') }} as time_zone,
        {{ parse_boolean('_deleted') }} as is_deleted,
        created_at as created_at_raw,
        {{ parse_timestamp('created_at', 'iso') }} as created_at_read,
        updated_at as updated_at_raw,
        {{ parse_timestamp('updated_at', 'iso') }} as updated_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from requesters

)

select
    'support:' || source_pk as record_id,
    'support' as source,
    source_pk,
    'profile' as record_type,
    {{ given_name_of('full_name') }} as given_name,
    {{ family_name_of('full_name') }} as family_name,
    full_name,
    email_raw,
    email,
    phone_raw,
    coalesce({{ country_of('locale_code') }}, 'GB') as default_country_code,
    company,
    {{ language_of('locale_code') }} as language,
    time_zone,
    coalesce(is_deleted, false) as is_deleted,
    {{ plausible_timestamp('created_at_read') }} as created_at,
    {{ plausible_timestamp('updated_at_read') }} as updated_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        emails=['email'],
        timestamps=['created_at', 'updated_at']
    ) }} as quality_issues
from requesters_read

{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "mac_address", "model", "owner_name", "owner_email", "owner_phone", "country", "firmware",
    "registered_at", "updated_at", "_deleted",
] -%}
with registrations as (

    select * from {{ source('devices', 'registrations') }}

),

registrations_read as (

    select
        {{ mac_address_key('mac_address') }} as source_pk,
        {{ standardise_name('owner_name') }} as full_name,
        {{ clean_text('owner_email') }} as email_raw,
        {{ standardise_email('owner_email') }} as email,
        {{ clean_text('owner_phone') }} as phone_raw,
        {{ source_key('country') }} as country_raw,
        {{ clean_text('model') }} as device_model,
        {{ source_key('firmware') }} as firmware_version,
        {{ parse_boolean('_deleted') }} as is_deleted,
        registered_at as created_at_raw,
        {{ parse_timestamp('registered_at', 'iso') }} as created_at_read,
        updated_at as updated_at_raw,
        {{ parse_timestamp('updated_at', 'iso') }} as updated_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from registrations

)

select
    'devices:' || source_pk as record_id,
    'devices' as source,
    source_pk,
    'profile' as record_type,
    source_pk as device_id,
    {{ given_name_of('full_name') }} as given_name,
    {{ family_name_of('full_name') }} as family_name,
    full_name,
    email_raw,
    email,
    phone_raw,
    country_raw,
    'GB' as default_country_code,
    device_model,
    firmware_version,
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
from registrations_read

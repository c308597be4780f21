{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "profile_id", "network", "handle", "display_name", "email", "location", "created_at",
] -%}
with profiles as (

    select * from {{ source('social', 'profiles') }}

),

profiles_read as (

    select
        {{ source_key('profile_id') }} as source_pk,
        network as network_raw,
        {{ standardise_enum('network', {
            'instagram': 'instagram',
            'facebook': 'facebook',
            'x': 'x',
            'tiktok': 'tiktok',
        }) }} as network,
        nullif({{ lower_text(regexp_replace_all('trim(handle)', '^@+', '')) }}, '') as handle,
        {{ standardise_name('display_name') }} as full_name,
        {{ clean_text('email') }} as email_raw,
        {{ standardise_email('email') }} as email,
        {{ clean_text(regexp_replace_all('location', ',.*$', '')) }} as city,
        created_at as created_at_raw,
        {{ parse_timestamp('created_at', 'iso') }} as created_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from profiles

)

select
    'social:' || source_pk as record_id,
    'social' as source,
    source_pk,
    'profile' as record_type,
    network,
    network || ':' || handle as social_handle,
    {{ given_name_of('full_name') }} as given_name,
    {{ family_name_of('full_name') }} as family_name,
    full_name,
    email_raw,
    email,
    city,
    false as is_deleted,
    {{ plausible_timestamp('created_at_read') }} as created_at,
    {{ plausible_timestamp('created_at_read') }} as updated_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        emails=['email'],
        enums=['network'],
        timestamps=['created_at']
    ) }} as quality_issues
from profiles_read

{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "email", "first_name", "last_name", "country", "list", "status", "signup_ts", "updated_ts",
    "_deleted",
] -%}
with subscribers as (

    select * from {{ source('email', 'subscribers') }}

),

subscribers_read as (

    select
        {{ email_key('email') }} as source_pk,
        {{ standardise_name('first_name') }} as given_name,
        {{ standardise_name('last_name') }} as family_name,
        {{ clean_text('email') }} as email_raw,
        {{ standardise_email('email') }} as email,
        {{ source_key('country') }} as country_raw,
        {{ clean_text('list') }} as list_name,
        status as subscription_status_raw,
        {{ standardise_enum('status', {
            'subscribed': 'subscribed',
            'unsubscribed': 'unsubscribed',
            'cleaned': 'cleaned',
        }) }} as subscription_status,
        {{ parse_boolean('_deleted') }} as is_deleted,
        signup_ts as created_at_raw,
        {{ parse_timestamp('signup_ts', 'epoch_seconds') }} as created_at_read,
        updated_ts as updated_at_raw,
        {{ parse_timestamp('updated_ts', 'epoch_seconds') }} as updated_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from subscribers

)

select
    'email:' || source_pk as record_id,
    'email' as source,
    source_pk,
    'profile' as record_type,
    given_name,
    family_name,
    nullif({{ string_concat_ws(' ', ['given_name', 'family_name']) }}, '') as full_name,
    email_raw,
    email,
    country_raw,
    'GB' as default_country_code,
    list_name,
    subscription_status,
    coalesce(is_deleted, false) as is_deleted,
    {{ plausible_timestamp('created_at_read') }} as created_at,
    {{ plausible_timestamp('updated_at_read') }} as updated_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        emails=['email'],
        enums=['subscription_status'],
        timestamps=['created_at', 'updated_at']
    ) }} as quality_issues
from subscribers_read

{{ config(
    enabled=is_listed_input(),
    tags=input_cadence(),
    materialized='incremental',
    incremental_strategy='hourly',
    on_schema_change='append_new_columns',
    meta={'hourly': 'latest_loads'},
) }}
{%- set raw_columns = [
    "consent_event_id", "contact_point_type", "contact_point", "purpose", "channel", "status",
    "legal_basis", "method", "notice_version", "occurred_at",
] -%}
with events as (

    select * from {{ source('consent', 'events') }}

),

events_read as (

    select
        {{ source_key('consent_event_id') }} as source_pk,
        contact_point_type as contact_point_type_raw,
        {{ standardise_enum('contact_point_type', {'email': 'email', 'phone': 'phone'}) }}
            as contact_point_type,
        {{ clean_text('contact_point') }} as contact_point_given,
        purpose as purpose_raw,
        {{ standardise_enum('purpose', {
            'marketing': 'marketing',
            'analytics': 'analytics',
            'personalisation': 'personalisation',
            'advertising': 'advertising',
        }) }} as purpose,
        channel as channel_raw,
        {{ standardise_enum('channel', {
            'email': 'email',
            'sms': 'sms',
            'phone': 'phone',
            'post': 'post',
            'any': 'any',
        }) }} as channel,
        status as status_raw,
        {{ standardise_enum('status', {
            'granted': 'granted',
            'denied': 'denied',
            'withdrawn': 'withdrawn',
        }) }} as status,
        {{ lower_text(source_key('legal_basis')) }} as legal_basis,
        {{ lower_text(source_key('method')) }} as method,
        {{ source_key('notice_version') }} as notice_version,
        occurred_at as occurred_at_raw,
        {{ parse_timestamp('occurred_at', 'iso') }} as occurred_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from events

),

events_with_address as (

    select
        source_pk,
        contact_point_type_raw,
        contact_point_type,
        contact_point_given,
        -- phones are read by the input layer, without assuming a country, so here only an e-mail
        -- can be a wrong one
        case when contact_point_type = 'email' then contact_point_given end as contact_point_raw,
        case
            when contact_point_type = 'email'
                then {{ standardise_email('contact_point_given') }}
        end as contact_point,
        purpose_raw,
        purpose,
        channel_raw,
        channel,
        status_raw,
        status,
        legal_basis,
        method,
        notice_version,
        occurred_at_raw,
        occurred_at_read,
        loaded_at_raw,
        loaded_at,
        row_hash
    from events_read

)

select
    'consent:' || source_pk as consent_event_id,
    'consent' as source,
    contact_point_type,
    contact_point_given as contact_point_raw,
    contact_point,
    purpose,
    channel,
    status,
    legal_basis,
    method,
    notice_version,
    false as is_deleted,
    {{ plausible_timestamp('occurred_at_read') }} as occurred_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        emails=['contact_point'],
        enums=['contact_point_type', 'purpose', 'channel', 'status'],
        timestamps=['occurred_at']
    ) }} as quality_issues
from events_with_address
{{ latest_loads() }}

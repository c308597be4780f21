{{ config(
    enabled=is_listed_input(),
    tags=input_cadence(),
    materialized='incremental',
    incremental_strategy='hourly',
    on_schema_change='append_new_columns',
    meta={'hourly': 'latest_loads'},
) }}
{%- set raw_columns = [
    "event_id", "campaign_id", "email", "type", "bounce_type", "url", "ts",
] -%}
with events as (

    select * from {{ source('email', 'events') }}

),

events_read as (

    select
        {{ source_key('event_id') }} as source_pk,
        {{ source_key('campaign_id') }} as campaign_source_pk,
        {{ email_key('email') }} as subscriber_source_pk,
        email as email_raw,
        {{ standardise_email('email') }} as email,
        type as event_type_raw,
        {{ standardise_enum('type', {
            'sent': 'sent',
            'open': 'opened',
            'click': 'clicked',
            'bounce': 'bounced',
            'unsubscribe': 'unsubscribed',
            'spam': 'complained',
        }, prefixes={
            'unsub': 'unsubscribed', 'complain': 'complained', 'spam': 'complained',
        }) }} as event_type,
        bounce_type as bounce_type_raw,
        {{ standardise_enum('bounce_type', {'hard': 'hard', 'soft': 'soft'}) }} as bounce_type,
        {{ source_key('url') }} as link_url,
        ts as occurred_at_raw,
        {{ parse_timestamp('ts', 'epoch_seconds') }} as occurred_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from events

)

select
    'email:' || source_pk as email_event_id,
    'email' as source,
    'email:' || campaign_source_pk as campaign_id,
    'email:' || subscriber_source_pk as person_record_id,
    email,
    event_type,
    bounce_type,
    link_url,
    false as is_deleted,
    {{ plausible_timestamp('occurred_at_read') }} as occurred_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        emails=['email'],
        enums=['event_type', 'bounce_type'],
        timestamps=['occurred_at']
    ) }} as quality_issues
from events_read
{{ latest_loads() }}

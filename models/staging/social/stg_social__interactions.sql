{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "interaction_id", "profile_id", "network", "type", "text", "sentiment", "utm_campaign",
    "occurred_at",
] -%}
with interactions as (

    select * from {{ source('social', 'interactions') }}

),

interactions_read as (

    select
        {{ source_key('interaction_id') }} as source_pk,
        {{ source_key('profile_id') }} as profile_source_pk,
        network as network_raw,
        {{ standardise_enum('network', {
            'instagram': 'instagram',
            'facebook': 'facebook',
            'x': 'x',
            'tiktok': 'tiktok',
        }) }} as network,
        type as interaction_type_raw,
        {{ standardise_enum('type', {
            'mention': 'mention',
            'comment': 'comment',
            'like': 'like',
            'message': 'message',
            'share': 'share',
        }) }} as interaction_type,
        {{ clean_text('text') }} as body,
        sentiment as sentiment_raw,
        {{ standardise_enum('sentiment', {
            'positive': 'positive',
            'neutral': 'neutral',
            'negative': 'negative',
        }) }} as sentiment,
        {{ source_key('utm_campaign') }} as utm_campaign,
        occurred_at as occurred_at_raw,
        {{ parse_timestamp('occurred_at', 'iso') }} as occurred_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from interactions

)

select
    'social:' || source_pk as social_interaction_id,
    'social' as source,
    network,
    'social:' || profile_source_pk as person_record_id,
    interaction_type,
    body,
    sentiment,
    utm_campaign,
    false as is_deleted,
    {{ plausible_timestamp('occurred_at_read') }} as occurred_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        enums=['network', 'interaction_type', 'sentiment'],
        timestamps=['occurred_at']
    ) }} as quality_issues
from interactions_read

{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "campaign_id", "name", "subject", "channel", "utm_campaign", "sent_ts",
] -%}
with campaigns as (

    select * from {{ source('email', 'campaigns') }}

),

campaigns_read as (

    select
        {{ source_key('campaign_id') }} as source_pk,
        {{ clean_text('name') }} as campaign_name,
        {{ lower_text(source_key('channel')) }} as channel,
        {{ clean_text('subject') }} as subject,
        {{ source_key('utm_campaign') }} as utm_campaign,
        sent_ts as started_at_raw,
        {{ parse_timestamp('sent_ts', 'epoch_seconds') }} as started_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from campaigns

)

select
    'email:' || source_pk as campaign_id,
    'email' as source,
    campaign_name,
    channel,
    subject,
    utm_campaign,
    false as is_deleted,
    {{ plausible_timestamp('started_at_read') }} as started_at,
    loaded_at,
    row_hash,
    {{ staging_issues(key='source_pk', timestamps=['started_at']) }} as quality_issues
from campaigns_read

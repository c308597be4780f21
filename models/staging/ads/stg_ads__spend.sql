{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "date", "platform", "campaign_id", "campaign_name", "utm_campaign", "impressions", "clicks",
    "cost", "currency",
] -%}
with spend as (

    select * from {{ source('ads', 'spend') }}

),

spend_read as (

    select
        {{ source_key('platform') }} || '/' || {{ source_key('campaign_id') }} || '/'
        || {{ source_key('date') }} as source_pk,
        platform as platform_raw,
        {{ standardise_enum('platform', {
            'google': 'google',
            'meta': 'meta',
            'tiktok': 'tiktok',
        }) }} as platform,
        {{ source_key('campaign_id') }} as campaign_source_pk,
        {{ clean_text('campaign_name') }} as campaign_name,
        {{ source_key('utm_campaign') }} as utm_campaign,
        {{ upper_code(source_key('currency')) }} as currency_code,
        impressions as impression_count_raw,
        {{ parse_integer('impressions') }} as impression_count,
        clicks as click_count_raw,
        {{ parse_integer('clicks') }} as click_count,
        cost as spend_amount_raw,
        {{ parse_number('cost') }} as spend_amount,
        date as spend_date_raw,
        {{ parse_date('date', ['iso']) }} as spend_date,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from spend

)

select
    'ads:' || source_pk as ad_spend_id,
    'ads' as source,
    platform,
    'ads:' || campaign_source_pk as campaign_id,
    campaign_name,
    utm_campaign,
    currency_code,
    impression_count,
    click_count,
    spend_amount,
    false as is_deleted,
    spend_date,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        enums=['platform'],
        numbers=['impression_count', 'click_count', 'spend_amount'],
        dates=['spend_date']
    ) }} as quality_issues
from spend_read

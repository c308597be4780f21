{{ config(
    enabled=is_listed_input(),
    tags=input_cadence(),
    materialized='incremental',
    incremental_strategy='hourly',
    on_schema_change='append_new_columns',
    meta={'hourly': 'latest_loads'},
) }}
{%- set raw_columns = [
    "transaction_id", "card_no", "points", "reason", "receipt_no", "occurred_at",
] -%}
with points as (

    select * from {{ source('loyalty', 'points') }}

),

points_read as (

    select
        {{ source_key('transaction_id') }} as source_pk,
        {{ source_key('card_no') }} as loyalty_card_number,
        {{ source_key('receipt_no') }} as order_number,
        reason as event_type_raw,
        {{ standardise_enum('reason', {
            'purchase': 'points_earned',
            'bonus': 'points_earned',
            'redeemed': 'points_redeemed',
            'expired': 'points_adjusted',
        }) }} as event_type,
        points as point_count_raw,
        {{ parse_integer('points') }} as point_count,
        occurred_at as occurred_at_raw,
        {{ parse_timestamp('occurred_at', 'iso') }} as occurred_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from points

)

select
    'loyalty:' || source_pk as event_id,
    'loyalty' as source,
    'loyalty' as channel,
    event_type,
    'loyalty:' || loyalty_card_number as person_record_id,
    loyalty_card_number,
    order_number,
    point_count,
    false as is_deleted,
    {{ plausible_timestamp('occurred_at_read') }} as occurred_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        enums=['event_type'],
        numbers=['point_count'],
        timestamps=['occurred_at']
    ) }} as quality_issues
from points_read
{{ latest_loads() }}

{{ config(
    enabled=is_listed_input(),
    tags=input_cadence(),
    materialized='incremental',
    incremental_strategy='hourly',
    on_schema_change='append_new_columns',
    meta={'hourly': 'latest_loads'},
) }}
{%- set raw_columns = ["event_id", "received_at", "payload"] -%}
{%- set payload_paths = {
    'event_type': ['event'],
    'anonymous_id': ['device_id'],
    'session_id': ['session'],
    'loyalty_card_number': ['member_card'],
    'order_number': ['props', 'order_number'],
    'sku': ['props', 'sku'],
    'search_query': ['props', 'query'],
    'device_type': ['platform'],
    'currency_code': ['props', 'currency'],
    'value_amount': ['props', 'value'],
    'occurred_at': ['ts'],
} -%}
{%- set payload_columns = [] -%}
{%- for name in payload_paths -%}
    {%- do payload_columns.append('payload_texts[' ~ loop.index ~ '] as ' ~ name ~ '_text') -%}
{%- endfor -%}
with events as (

    select * from {{ source('app', 'events') }}

),

payloads_parsed as (

    select
        event_id,
        received_at,
        payload,
        _loaded_at,
        {{ json_texts('payload', payload_paths.values() | list) }} as payload_texts
    from events

),

payloads_read as (

    select
        {{ payload_columns | join(', ') }},
        event_id,
        received_at,
        payload,
        _loaded_at
    from payloads_parsed

),

events_read as (

    select
        {{ source_key('event_id') }} as source_pk,
        payload as payload_raw,
        -- what names its type was read, hence is JSON: most payloads need no second look
        case when event_type_text is not null then true else {{ is_valid_json('payload') }} end
            as is_payload_readable,
        event_type_text as event_type_raw,
        {{ source_key('anonymous_id_text') }} as anonymous_id,
        {{ source_key('session_id_text') }} as session_id,
        {{ source_key('loyalty_card_number_text') }} as loyalty_card_number,
        {{ source_key('order_number_text') }} as order_number,
        {{ source_key('sku_text') }} as sku,
        {{ clean_text('search_query_text') }} as search_query,
        {{ source_key('device_type_text') }} as device_type,
        {{ upper_code(source_key('currency_code_text')) }} as currency_code,
        value_amount_text as value_amount_raw,
        occurred_at_text as occurred_at_raw,
        received_at as received_at_raw,
        {{ parse_timestamp('received_at', 'iso') }} as received_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from payloads_read

),

events_typed as (

    select
        source_pk,
        payload_raw,
        is_payload_readable,
        event_type_raw,
        {{ standardise_enum('event_type_raw', {
            'screen': 'page_viewed',
            'product': 'product_viewed',
            'search': 'searched',
            'cart_add': 'cart_added',
            'checkout_start': 'checkout_started',
            'checkout_abandon': 'checkout_abandoned',
            'purchase': 'purchased',
            'login': 'logged_in',
        }) }} as event_type,
        anonymous_id,
        session_id,
        loyalty_card_number,
        order_number,
        sku,
        search_query,
        device_type,
        currency_code,
        value_amount_raw,
        {{ parse_number('value_amount_raw') }} as value_amount,
        occurred_at_raw,
        {{ parse_timestamp('occurred_at_raw', 'epoch_millis') }} as occurred_at_read,
        received_at_raw,
        received_at_read,
        loaded_at_raw,
        loaded_at,
        row_hash
    from events_read

)

select
    'app:' || source_pk as event_id,
    'app' as source,
    'app' as channel,
    event_type,
    anonymous_id,
    session_id,
    'loyalty:' || loyalty_card_number as person_record_id,
    loyalty_card_number,
    order_number,
    sku,
    search_query,
    device_type,
    currency_code,
    value_amount,
    false as is_deleted,
    {{ plausible_timestamp('occurred_at_read') }} as occurred_at,
    {{ plausible_timestamp('received_at_read') }} as received_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        documents=['payload'],
        enums=['event_type'],
        numbers=['value_amount'],
        timestamps=['occurred_at', 'received_at']
    ) }} as quality_issues
from events_typed
{{ latest_loads() }}

{{ config(enabled=is_listed_input()) }}
{%- set raw_columns = ["event_id", "received_at", "payload"] -%}
with events as (

    select * from {{ source('app', 'events') }}

),

events_read as (

    select
        {{ source_key('event_id') }} as source_pk,
        payload as payload_raw,
        {{ is_valid_json('payload') }} as is_payload_readable,
        {{ json_text('payload', ['event']) }} as event_type_raw,
        {{ source_key(json_text('payload', ['device_id'])) }} as anonymous_id,
        {{ source_key(json_text('payload', ['session'])) }} as session_id,
        {{ source_key(json_text('payload', ['member_card'])) }} as loyalty_card_number,
        {{ source_key(json_text('payload', ['props', 'order_number'])) }} as order_number,
        {{ source_key(json_text('payload', ['props', 'sku'])) }} as sku,
        {{ clean_text(json_text('payload', ['props', 'query'])) }} as search_query,
        {{ source_key(json_text('payload', ['platform'])) }} as device_type,
        upper({{ source_key(json_text('payload', ['props', 'currency'])) }}) as currency_code,
        {{ json_text('payload', ['props', 'value']) }} as value_amount_raw,
        {{ json_text('payload', ['ts']) }} as occurred_at_raw,
        received_at as received_at_raw,
        {{ parse_timestamp('received_at', 'iso') }} as received_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from events

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

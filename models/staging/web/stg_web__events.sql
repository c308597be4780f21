{{ config(enabled=is_listed_input()) }}
{%- set raw_columns = ["event_id", "received_at", "payload"] -%}
with events as (

    select * from {{ source('web', 'events') }}

),

events_read as (

    select
        {{ source_key('event_id') }} as source_pk,
        payload as payload_raw,
        {{ is_valid_json('payload') }} as is_payload_readable,
        {{ json_text('payload', ['type']) }} as event_type_raw,
        {{ source_key(json_text('payload', ['anonymousId'])) }} as anonymous_id,
        {{ source_key(json_text('payload', ['sessionId'])) }} as session_id,
        {{ source_key(json_text('payload', ['userId'])) }} as user_id,
        {{ json_text('payload', ['site']) }} as country_code_raw,
        {{ json_text('payload', ['properties', 'email']) }} as email_raw,
        {{ source_key(json_text('payload', ['properties', 'order_number'])) }} as order_number,
        {{ source_key(json_text('payload', ['properties', 'sku'])) }} as sku,
        {{ clean_text(json_text('payload', ['properties', 'query'])) }} as search_query,
        {{ source_key(json_text('payload', ['page', 'url'])) }} as page_url,
        {{ source_key(json_text('payload', ['page', 'referrer'])) }} as referrer_url,
        {{ source_key(json_text('payload', ['utm', 'source'])) }} as utm_source,
        {{ source_key(json_text('payload', ['utm', 'medium'])) }} as utm_medium,
        {{ source_key(json_text('payload', ['utm', 'campaign'])) }} as utm_campaign,
        {{ source_key(json_text('payload', ['context', 'deviceType'])) }} as device_type,
        upper({{ source_key(json_text('payload', ['properties', 'currency'])) }}) as currency_code,
        {{ json_text('payload', ['properties', 'value']) }} as value_amount_raw,
        {{ json_text('payload', ['timestamp']) }} as occurred_at_raw,
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
            'page_view': 'page_viewed',
            'product_view': 'product_viewed',
            'search': 'searched',
            'add_to_cart': 'cart_added',
            'checkout_started': 'checkout_started',
            'checkout_abandoned': 'checkout_abandoned',
            'purchase': 'purchased',
            'login': 'logged_in',
        }) }} as event_type,
        anonymous_id,
        session_id,
        user_id,
        country_code_raw,
        {{ standardise_enum('country_code_raw', {'uk': 'GB', 'de': 'DE'}) }} as country_code,
        {{ standardise_enum('country_code_raw', {'uk': 'shop_uk', 'de': 'shop_de'}) }}
            as shop_source,
        email_raw,
        {{ standardise_email('email_raw') }} as email,
        order_number,
        sku,
        search_query,
        page_url,
        referrer_url,
        utm_source,
        utm_medium,
        utm_campaign,
        device_type,
        currency_code,
        value_amount_raw,
        {{ parse_number('value_amount_raw') }} as value_amount,
        occurred_at_raw,
        {{ parse_timestamp('occurred_at_raw', 'iso') }} as occurred_at_read,
        received_at_raw,
        received_at_read,
        loaded_at_raw,
        loaded_at,
        row_hash
    from events_read

)

select
    'web:' || source_pk as event_id,
    'web' as source,
    'web' as channel,
    event_type,
    anonymous_id,
    session_id,
    shop_source || ':' || user_id as person_record_id,
    email,
    order_number,
    sku,
    search_query,
    page_url,
    referrer_url,
    utm_source,
    utm_medium,
    utm_campaign,
    device_type,
    country_code,
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
        emails=['email'],
        enums=['event_type', 'country_code'],
        numbers=['value_amount'],
        timestamps=['occurred_at', 'received_at']
    ) }} as quality_issues
from events_typed

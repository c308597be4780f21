-- grain: one row per visit to a website or app
-- A visit is one person's if all its events that belong to anybody belong to the same customer.
{{ config(
    materialized='incremental',
    incremental_strategy='hourly',
    unique_key=['source', 'anonymous_id'],
    on_schema_change='append_new_columns',
    meta={'hourly': 'unique_key'},
) }}
with

{% if is_incremental() -%}
lately_seen_visitors as (
    {{ lately_seen_visitors(ref('customer_events')) | indent(4) }}
),

{% endif -%}
events as (
    select
        customer_events.event_id,
        customer_events.session_id,
        customer_events.customer_id,
        customer_events.identity_status,
        customer_events.anonymous_id,
        customer_events.source,
        customer_events.channel,
        customer_events.event_type,
        customer_events.page_url,
        customer_events.referrer_url,
        customer_events.utm_source,
        customer_events.utm_medium,
        customer_events.utm_campaign,
        customer_events.device_type,
        customer_events.country_code,
        customer_events.occurred_at,
        customer_events.loaded_at
    from {{ ref('customer_events') }} as customer_events
    {%- if is_incremental() %}
    inner join lately_seen_visitors as seen
        on
            customer_events.source = seen.source
            and customer_events.anonymous_id = seen.anonymous_id
    {%- endif %}
    where customer_events.session_id is not null
),

{%- set first_values = [
    'referrer_url', 'utm_source', 'utm_medium', 'utm_campaign', 'device_type', 'country_code',
] %}

numbered_events as (
    select
        events.*,
        event_sessions.event_number
    from events
    inner join {{ ref('event_sessions') }} as event_sessions
        on events.event_id = event_sessions.event_id
),

sessions_aggregated as (
    select
        session_id,
        max(source) as source,
        max(channel) as channel,
        max(anonymous_id) as anonymous_id,
        min(customer_id) as first_customer_id,
        max(customer_id) as last_customer_id,
        bool_or(identity_status = 'ambiguous') as has_ambiguous_event,
        {{ value_at_lowest('page_url', 'event_number') }} as landing_page_url,
        {{ value_at_highest('page_url', 'event_number') }} as exit_page_url,
        {%- for column in first_values %}
            max(case when event_number = 1 then {{ column }} end) as {{ column }},
        {%- endfor %}
        count(*) as event_count,
        {%- for name, event_type in [
            ('page_view', 'page_viewed'), ('product_view', 'product_viewed'),
            ('search', 'searched'), ('cart_add', 'cart_added'),
            ('checkout_start', 'checkout_started'), ('purchase', 'purchased'),
        ] %}
            sum(case when event_type = '{{ event_type }}' then 1 else 0 end) as {{ name }}_count,
        {%- endfor %}
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        max(loaded_at) as loaded_at
    from numbered_events
    group by session_id
)

select
    session_id,
    case when first_customer_id = last_customer_id then first_customer_id end as customer_id,
    anonymous_id,
    source,
    case
        when first_customer_id = last_customer_id then 'known'
        when first_customer_id <> last_customer_id or has_ambiguous_event then 'ambiguous'
        else 'anonymous'
    end as identity_status,
    channel,
    landing_page_url,
    exit_page_url,
    {%- for column in first_values %}
        {{ column }},
    {%- endfor %}
    event_count,
    cast(page_view_count as bigint) as page_view_count,
    cast(product_view_count as bigint) as product_view_count,
    cast(search_count as bigint) as search_count,
    cast(cart_add_count as bigint) as cart_add_count,
    cast(checkout_start_count as bigint) as checkout_start_count,
    cast(purchase_count as bigint) as purchase_count,
    {{ seconds_between('started_at', 'ended_at') | indent(4) }} as duration_seconds,
    purchase_count > 0 as has_purchase,
    event_count = 1 as is_bounce,
    started_at,
    ended_at,
    loaded_at
from sessions_aggregated

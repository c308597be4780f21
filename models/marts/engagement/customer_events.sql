-- grain: one row per event of any channel
-- An hourly run makes anew what was loaded lately, the other events of visitors who came back (a
-- visit may have grown), and orders, which change without a load when a receipt for one arrives.
{{ config(
    materialized='incremental',
    incremental_strategy='hourly',
    unique_key='event_id',
    on_schema_change='append_new_columns',
    meta={'hourly': 'unique_key'},
) }}
with

{% if is_incremental() -%}
lately_seen_visitors as (
    {{ lately_seen_visitors(ref('customer_events_incoming')) | indent(4) }}
),

load_cutoffs as (
    select
        interaction_type,
        source,
        {{ load_cutoff('max(loaded_at)') }} as loaded_from
    from {{ this }}
    group by interaction_type, source
),

{% endif -%}
events as (
    select incoming.*
    from {{ ref('customer_events_incoming') }} as incoming
    {%- if is_incremental() %}
    left join load_cutoffs
        on
            incoming.interaction_type = load_cutoffs.interaction_type
            and incoming.source = load_cutoffs.source
    left join lately_seen_visitors as seen
        on incoming.source = seen.source and incoming.anonymous_id = seen.anonymous_id
    where
        incoming.interaction_type in ('order', 'refund')
        or load_cutoffs.loaded_from is null
        or incoming.loaded_at is null
        or incoming.loaded_at >= load_cutoffs.loaded_from
        or seen.anonymous_id is not null
    {%- endif %}
),

first_customers as (
    {{ remembered_first_customers() | indent(4) }}
),

event_sessions as (
    select
        event_id,
        session_id
    from {{ ref('event_sessions') }}
),

{{ event_identity_ctes() }}

select
    events.event_id,
    {{ resolved_customer_id(event_evidence()) | indent(4) }} as customer_id,
    case
        when first_customers.event_id is null
            then {{ resolved_customer_id(event_evidence()) | indent(12) }}
        else first_customers.customer_id_at_event
    end as customer_id_at_event,
    events.interaction_id,
    events.person_record_id,
    events.anonymous_id,
    event_sessions.session_id,
    events.campaign_id,
    events.source,
    events.interaction_type,
    {{ identity_status(event_evidence()) | indent(4) }} as identity_status,
    events.channel,
    events.event_type,
    events.order_number,
    events.sku,
    events.search_query,
    events.page_url,
    events.referrer_url,
    events.utm_source,
    events.utm_medium,
    events.utm_campaign,
    events.device_type,
    events.country_code,
    events.currency_code,
    events.point_count,
    events.interaction_count,
    events.value_amount,
    events.is_by_customer,
    events.has_leaving_intent,
    events.occurred_at,
    events.loaded_at
from events
left join event_sessions on events.event_id = event_sessions.event_id
left join first_customers on events.event_id = first_customers.event_id
{{ event_identity_joins() }}

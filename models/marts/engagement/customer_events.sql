-- grain: one row per event of any channel
with

events as not materialized (
    select * from {{ ref('customer_events_recorded') }}
),

first_customers as (
    select
        event_id,
        customer_id_at_event
    from {{ ref('event_first_customers') }}
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
    first_customers.customer_id_at_event,
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

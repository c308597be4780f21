{# Columns that customer_events_recorded keeps as they came, in the order of its contract. #}
{% macro recorded_event_columns() -%}
    {{- return([
        'interaction_type', 'interaction_id', 'source', 'channel', 'event_type', 'campaign_id',
        'session_key', 'person_record_id', 'anonymous_id', 'loyalty_card_number',
        'contact_point_type', 'contact_point', 'order_number', 'sku', 'search_query', 'page_url',
        'referrer_url', 'utm_source', 'utm_medium', 'utm_campaign', 'device_type', 'country_code',
        'currency_code', 'point_count', 'interaction_count', 'value_amount', 'is_by_customer',
        'has_leaving_intent', 'occurred_at', 'loaded_at',
    ]) -}}
{%- endmacro %}


{#
    Evidence on whose an event is, as CTEs that follow a CTE `events`: identity_map, cards,
    contact_points and visitors, each with customer_id and is_ambiguous. A visitor counts for the
    period that identity gives and is ambiguous when several customers fit the moment.
#}
{% macro event_identity_ctes() -%}
identity_map as (
    select
        record_id,
        customer_id,
        false as is_ambiguous
    from {{ ref('identity_map') }}
),

identity_visitors as (
    select
        anonymous_id,
        person_record_id,
        is_ambiguous,
        valid_from,
        valid_to
    from {{ ref('identity_visitors') }}
),

identifier_owners as (
    select
        identifier_type,
        identifier_value,
        customer_id,
        is_ambiguous
    from {{ ref('identifier_owners') }}
),

visitor_customers as (
    select
        events.event_id,
        min(identity_map.customer_id) as any_customer_id,
        count(distinct identity_map.customer_id) > 1
        or bool_or(coalesce(identity_visitors.is_ambiguous, false)) as is_ambiguous
    from events
    inner join identity_visitors
        on
            events.anonymous_id = identity_visitors.anonymous_id
            and (
                identity_visitors.valid_from is null
                or identity_visitors.valid_from <= coalesce(events.occurred_at, events.loaded_at)
            )
            and (
                identity_visitors.valid_to is null
                or identity_visitors.valid_to > coalesce(events.occurred_at, events.loaded_at)
            )
    left join identity_map on identity_visitors.person_record_id = identity_map.record_id
    group by events.event_id
),

visitors as (
    select
        event_id,
        case when not is_ambiguous then any_customer_id end as customer_id,
        is_ambiguous
    from visitor_customers
)
{%- endmacro %}


{# The joins to those CTEs. #}
{% macro event_identity_joins() -%}
left join identity_map on events.person_record_id = identity_map.record_id
left join identifier_owners as cards
    on
        events.loyalty_card_number = cards.identifier_value
        and cards.identifier_type = 'loyalty_card'
left join identifier_owners as contact_points
    on
        events.contact_point = contact_points.identifier_value
        and events.contact_point_type = contact_points.identifier_type
left join visitors on events.event_id = visitors.event_id
{%- endmacro %}


{% macro event_evidence() -%}
    {{- return(['identity_map', 'cards', 'contact_points', 'visitors']) -}}
{%- endmacro %}

{#
    Evidence on whose an event is, as CTEs that follow a CTE `events`: identity_map, cards,
    contact_points and visitors, each with customer_id and is_ambiguous. A visitor counts for the
    period that identity gives and is ambiguous when several customers fit the moment.
    Most anonymous ids have one period, of which an event can meet no other: these are joined as
    they are (lone_visitors), and only the rest is gathered by event (shared_visitors). The CTE
    `events` is to be `not materialized`: a copy of every event costs more than a second look.
#}
{% macro event_identity_ctes() -%}
{%- set moment = event_moment() -%}
identity_map as (
    select
        record_id,
        customer_id,
        false as is_ambiguous
    from {{ ref('identity_map') }}
),

visitor_periods as (
    select
        anonymous_id,
        person_record_id,
        coalesce(is_ambiguous, false) as is_ambiguous,
        coalesce(valid_from, timestamp '0001-01-01 00:00:00') as valid_from,
        coalesce(valid_to, timestamp '9999-12-31 00:00:00') as valid_to,
        count(*) over (partition by anonymous_id) as period_count
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

lone_visitors as (
    select
        visitor_periods.anonymous_id,
        visitor_periods.is_ambiguous,
        visitor_periods.valid_from,
        visitor_periods.valid_to,
        case when not visitor_periods.is_ambiguous then identity_map.customer_id end as customer_id
    from visitor_periods
    left join identity_map on visitor_periods.person_record_id = identity_map.record_id
    where visitor_periods.period_count = 1
),

shared_visitor_customers as (
    select
        events.event_id,
        min(identity_map.customer_id) as any_customer_id,
        count(distinct identity_map.customer_id) > 1
        or bool_or(visitor_periods.is_ambiguous) as is_ambiguous
    from events
    inner join visitor_periods
        on
            events.anonymous_id = visitor_periods.anonymous_id
            and visitor_periods.period_count > 1
            and visitor_periods.valid_from <= {{ moment }}
            and visitor_periods.valid_to > {{ moment }}
    left join identity_map on visitor_periods.person_record_id = identity_map.record_id
    group by events.event_id
),

shared_visitors as (
    select
        event_id,
        case when not is_ambiguous then any_customer_id end as customer_id,
        is_ambiguous
    from shared_visitor_customers
)
{%- endmacro %}


{# When an event counts for a visitor's periods; without any time it fits those without bounds. #}
{% macro event_moment() -%}
coalesce(events.occurred_at, events.loaded_at, timestamp '0001-01-01 00:00:00')
{%- endmacro %}


{# The joins to those CTEs. #}
{% macro event_identity_joins() -%}
{%- set moment = event_moment() -%}
left join identity_map on events.person_record_id = identity_map.record_id
left join identifier_owners as cards
    on
        events.loyalty_card_number = cards.identifier_value
        and cards.identifier_type = 'loyalty_card'
left join identifier_owners as contact_points
    on
        events.contact_point = contact_points.identifier_value
        and events.contact_point_type = contact_points.identifier_type
left join lone_visitors
    on
        events.anonymous_id = lone_visitors.anonymous_id
        and lone_visitors.valid_from <= {{ moment }}
        and lone_visitors.valid_to > {{ moment }}
left join shared_visitors on events.event_id = shared_visitors.event_id
{%- endmacro %}


{% macro event_evidence() -%}
    {{- return([
        'identity_map', 'cards', 'contact_points', 'lone_visitors', 'shared_visitors',
    ]) -}}
{%- endmacro %}


{#
    A query for whom earlier runs took the authors of events for. It reads the state by its place,
    not by ref: event_first_customers comes after customer_events, from which it learns of the
    events that are new in this run.
#}
{% macro remembered_first_customers() -%}
{%- set remembered = load_relation(state_relation('event_first_customers')) -%}
select
    {% if remembered is not none -%}
        event_id,
        customer_id_at_event
    from {{ remembered }}
    {%- else -%}
        cast(null as text) as event_id,
        cast(null as text) as customer_id_at_event
    where 1 = 0
    {%- endif %}
{%- endmacro %}

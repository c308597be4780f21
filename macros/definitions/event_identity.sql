{#
    Evidence on whose an event is, as CTEs: identity_map, identifier_owners (joined as cards and as
    contact_points) and visitors, each with customer_id and is_ambiguous. A visitor counts for the
    period that identity gives and is ambiguous when several customers fit the moment.
    Most anonymous ids have one period. Where there are more, they are cut at every bound into
    spans that no two overlap, so that an event meets one row whichever it is, and no event has to
    be gathered.
#}
{% macro event_identity_ctes() -%}
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

shared_bounds as (
    select
        anonymous_id,
        valid_from as bound
    from visitor_periods
    where period_count > 1
    union
    select
        anonymous_id,
        valid_to as bound
    from visitor_periods
    where period_count > 1
),

shared_spans as (
    select
        anonymous_id,
        bound as valid_from,
        lead(bound) over (partition by anonymous_id order by bound) as valid_to
    from shared_bounds
),

visitors_of_spans as (
    select
        spans.anonymous_id,
        spans.valid_from,
        spans.valid_to,
        min(identity_map.customer_id) as any_customer_id,
        count(distinct identity_map.customer_id) > 1
        or bool_or(periods.is_ambiguous) as is_ambiguous
    from shared_spans as spans
    inner join visitor_periods as periods
        on
            spans.anonymous_id = periods.anonymous_id
            and spans.valid_from >= periods.valid_from
            and spans.valid_from < periods.valid_to
    left join identity_map on periods.person_record_id = identity_map.record_id
    group by spans.anonymous_id, spans.valid_from, spans.valid_to
),

visitors as (
    select
        periods.anonymous_id,
        periods.valid_from,
        periods.valid_to,
        case when not periods.is_ambiguous then identity_map.customer_id end as customer_id,
        periods.is_ambiguous
    from visitor_periods as periods
    left join identity_map on periods.person_record_id = identity_map.record_id
    where periods.period_count = 1
    union all
    select
        anonymous_id,
        valid_from,
        valid_to,
        case when not is_ambiguous then any_customer_id end as customer_id,
        is_ambiguous
    from visitors_of_spans
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
left join visitors
    on
        events.anonymous_id = visitors.anonymous_id
        and visitors.valid_from <= {{ moment }}
        and visitors.valid_to > {{ moment }}
{%- endmacro %}


{% macro event_evidence() -%}
    {{- return(['identity_map', 'cards', 'contact_points', 'visitors']) -}}
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

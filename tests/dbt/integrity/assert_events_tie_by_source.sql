-- Every interaction of the input layer is in the timeline exactly once, by kind and source. An
-- incremental table that drifted from its input shows here first.
with

{% set inputs = {
    'event': 'int_events_unioned',
    'order': 'int_orders_unioned',
    'refund': 'int_refunds_unioned',
    'email_event': 'int_email_events_unioned',
    'ticket': 'int_tickets_unioned',
    'call_note': 'int_call_notes_unioned',
    'survey_response': 'int_survey_responses_unioned',
    'social_interaction': 'int_social_interactions_unioned',
    'consent_event': 'int_consents_unioned',
    'device_reading': 'int_device_readings_unioned',
} -%}
received as (
    {% for interaction_type, model in inputs.items() -%}
        {% if not loop.first %}union all{% endif %}
        select
            '{{ interaction_type }}' as interaction_type,
            source,
            count(*) as interaction_count
        from {{ ref(model) }}
        group by source
    {% endfor %}
),

built as (
    select
        interaction_type,
        source,
        sum(interaction_count) as interaction_count
    from {{ ref('customer_events') }}
    group by interaction_type, source
)

select
    received.interaction_count as received_count,
    built.interaction_count as built_count,
    coalesce(received.interaction_type, built.interaction_type) as interaction_type,
    coalesce(received.source, built.source) as event_source
from received
full outer join built
    on received.interaction_type = built.interaction_type and received.source = built.source
where coalesce(received.interaction_count, 0) <> coalesce(built.interaction_count, 0)

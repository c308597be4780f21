-- grain: one row per event of any channel, as the input layer has it now
-- Brings every kind of interaction into one shape. Readings of a device are summed up per record
-- and day: a timeline of battery levels helps nobody, and the count keeps totals tying.
{% set columns = {
    'campaign_id': 'text', 'session_key': 'text', 'person_record_id': 'text',
    'anonymous_id': 'text', 'loyalty_card_number': 'text', 'contact_point_type': 'text',
    'contact_point': 'text', 'order_number': 'text', 'sku': 'text', 'search_query': 'text',
    'page_url': 'text', 'referrer_url': 'text', 'utm_source': 'text', 'utm_medium': 'text',
    'utm_campaign': 'text', 'device_type': 'text', 'country_code': 'text',
    'currency_code': 'text', 'value_amount': 'numeric(18, 2)',
} %}
{% set inputs = {
    'event': {
        'model': 'int_events_unioned', 'id': 'event_id', 'channel': 'channel',
        'event_type': 'event_type', 'occurred_at': 'occurred_at', 'session_key': 'session_id',
        'same': [
            'person_record_id', 'anonymous_id', 'loyalty_card_number', 'order_number', 'sku',
            'search_query', 'page_url', 'referrer_url', 'utm_source', 'utm_medium',
            'utm_campaign', 'device_type', 'country_code', 'currency_code', 'value_amount',
        ],
        'contact_point_type': "case when email is not null then 'email' end",
        'contact_point': 'email',
    },
    'order': {
        'model': 'orders', 'id': 'order_id', 'channel': 'channel',
        'event_type': "case when duplicate_of_order_id is null then 'order_placed'
                else 'order_collected' end",
        'occurred_at': 'ordered_at',
        'same': [
            'person_record_id', 'loyalty_card_number', 'order_number', 'country_code',
            'currency_code',
        ],
        'value_amount': 'total_amount',
    },
    'email_event': {
        'model': 'int_email_events_unioned', 'id': 'email_event_id', 'channel': "'email'",
        'event_type': "'email_' || event_type", 'occurred_at': 'occurred_at',
        'same': ['campaign_id', 'person_record_id'], 'page_url': 'link_url',
        'contact_point_type': "case when email is not null then 'email' end",
        'contact_point': 'email',
    },
    'ticket': {
        'model': 'int_tickets_unioned', 'id': 'ticket_id', 'channel': "'support'",
        'event_type': "'ticket_opened'", 'occurred_at': 'created_at',
        'same': ['person_record_id'],
        'announces': announces_leaving("coalesce(subject, '') || '. ' || coalesce(body, '')"),
    },
    'call_note': {
        'model': 'int_call_notes_unioned', 'id': 'call_note_id', 'channel': "'phone'",
        'event_type': "case when direction = 'outbound' then 'call_made'
                else 'call_received' end",
        'occurred_at': 'called_at', 'same': ['person_record_id'],
        'announces': announces_leaving('body'),
    },
    'survey_response': {
        'model': 'int_survey_responses_unioned', 'id': 'survey_response_id',
        'channel': "'survey'", 'event_type': "'survey_answered'",
        'occurred_at': 'responded_at', 'same': ['person_record_id'],
        'announces': announces_leaving('comment'),
    },
    'social_interaction': {
        'model': 'int_social_interactions_unioned', 'id': 'social_interaction_id',
        'channel': "'social'", 'event_type': "'social_' || interaction_type",
        'occurred_at': 'occurred_at', 'same': ['person_record_id', 'utm_campaign'],
        'announces': announces_leaving('body'),
    },
    'consent_event': {
        'model': 'int_consents_unioned', 'id': 'consent_event_id', 'channel': "'consent'",
        'event_type': "'consent_' || status", 'occurred_at': 'occurred_at',
        'same': ['contact_point_type', 'contact_point'],
    },
} %}
with

{% for interaction_type, input in inputs.items() %}
    {{ interaction_type }}_rows as (
        select
            '{{ interaction_type }}' as interaction_type,
            {{ input.id }} as interaction_id,
            source,
            {{ aliased(input.channel, 'channel') }},
            {{ aliased(input.event_type, 'event_type') | indent(12) }},
            {%- for column, data_type in columns.items() %}
                {% if column in input.same -%}
                    {{ column }}
                {%- elif column in input -%}
                    {{ input[column] | indent(8) }} as {{ column }}
                {%- else -%}
                    cast(null as {{ data_type }}) as {{ column }}
                {%- endif -%}
                ,
            {%- endfor %}
            cast(1 as bigint) as interaction_count,
            {{ (input.announces | default('false')) | indent(8) }} as has_leaving_intent,
            {{ aliased(input.occurred_at, 'occurred_at') }},
            loaded_at
        from {{ ref(input.model) }}
    ),

{% endfor %}
refund_rows as (
    select
        'refund' as interaction_type,
        refunds.refund_id as interaction_id,
        refunds.source,
        orders.channel,
        'order_refunded' as event_type,
        {%- for column, data_type in columns.items() %}
        {% if column in ['person_record_id', 'loyalty_card_number', 'order_number',
            'country_code', 'currency_code'] -%}
                orders.{{ column }}
            {%- elif column == 'value_amount' -%}
                refunds.refund_amount as value_amount
            {%- else -%}
                cast(null as {{ data_type }}) as {{ column }}
            {%- endif -%}
            ,
        {%- endfor %}
        cast(1 as bigint) as interaction_count,
        false as has_leaving_intent,
        refunds.refunded_at as occurred_at,
        refunds.loaded_at
    from {{ ref('int_refunds_unioned') }} as refunds
    left join {{ ref('orders') }} as orders on refunds.order_id = orders.order_id
),

device_reading_rows as (
    select
        'device_reading' as interaction_type,
        coalesce(person_record_id, source || ':') || '/' || coalesce(
            cast(cast(recorded_at as date) as text), 'undated'
        ) as interaction_id,
        source,
        'device' as channel,
        'device_reported' as event_type,
        {%- for column, data_type in columns.items() %}
            {% if column == 'person_record_id' -%}
                person_record_id
            {%- else -%}
                cast(null as {{ data_type }}) as {{ column }}
            {%- endif -%}
            ,
        {%- endfor %}
        count(*) as interaction_count,
        false as has_leaving_intent,
        max(recorded_at) as occurred_at,
        max(loaded_at) as loaded_at
    from {{ ref('int_device_readings_unioned') }}
    group by source, person_record_id, cast(recorded_at as date)
),

unioned as (
    {% for interaction_type in inputs.keys() | list + ['refund', 'device_reading'] -%}
        select
            interaction_type,
            interaction_id,
            source,
            channel,
            event_type,
            {%- for column in columns %}
                {{ column }},
            {%- endfor %}
            interaction_count,
            has_leaving_intent,
            occurred_at,
            loaded_at
        from {{ interaction_type }}_rows
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    interaction_type || '/' || interaction_id as event_id,
    interaction_type,
    interaction_id,
    source,
    channel,
    event_type,
    {%- for column in columns if column != 'value_amount' %}
        {{ column }},
    {%- endfor %}
    interaction_count,
    value_amount,
    coalesce({{ is_by_customer('event_type') | indent(4) }}, true) as is_by_customer,
    coalesce(has_leaving_intent, false) as has_leaving_intent,
    occurred_at,
    loaded_at
from unioned

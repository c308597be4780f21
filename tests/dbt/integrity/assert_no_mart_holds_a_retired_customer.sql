-- After a merge no mart holds a retired id, but for columns named …_at_event and …_at_entry. An id
-- whose records are all gone, erased ones included, means nobody: memberships remember it.
with

retired as (
    select retired_customer_id
    from {{ ref('customer_id_aliases') }}
    where customer_id is not null
),

{% set marts = [
    'customers', 'customer_traits', 'customer_identifiers', 'orders', 'order_items',
    'customer_events', 'sessions', 'customer_consents', 'segment_memberships',
    'account_contacts', 'support_tickets', 'survey_responses', 'email_engagement',
    'order_last_touches',
] -%}
held as (
    {% for mart in marts -%}
        {% if not loop.first %}union all{% endif %}
        select distinct
            '{{ mart }}' as model_name,
            customer_id
        from {{ ref(mart) }}
        where customer_id is not null
    {% endfor %}
)

select
    held.model_name,
    held.customer_id
from held
inner join retired on held.customer_id = retired.retired_customer_id

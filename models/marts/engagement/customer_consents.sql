-- grain: one row per customer and purpose that concerns the person
-- The most restrictive answer of all contact points wins: one denial anywhere is a no, and so is
-- silence everywhere. A grant on a value that strangers share (blocked) opens nothing, while a
-- denial on it still closes.
with

customers as (
    select customer_id from {{ ref('customers') }}
),

customer_identifiers as (
    select
        customer_id,
        identifier_type,
        identifier_value,
        is_blocked
    from {{ ref('customer_identifiers') }}
),

consents as (
    select
        contact_point_type,
        contact_point,
        purpose,
        status,
        rule,
        decided_by_event_id,
        decided_at
    from {{ ref('consents') }}
    where purpose <> 'marketing' and status <> 'unknown'
),

purposes as (
    {% for purpose in person_level_purposes() -%}
        {% if not loop.first %}union all{% endif %}
        select '{{ purpose }}' as purpose
    {% endfor %}
),

answers as (
    select
        customer_identifiers.customer_id,
        consents.purpose,
        consents.status,
        consents.rule,
        consents.decided_by_event_id,
        consents.decided_at,
        row_number() over (
            partition by customer_identifiers.customer_id, consents.purpose
            order by
                case when consents.status = 'denied' then 0 else 1 end asc nulls last,
                consents.decided_at desc nulls last,
                consents.decided_by_event_id desc nulls last,
                consents.contact_point asc nulls last
        ) as answer_rank
    from consents
    inner join customer_identifiers
        on
            consents.contact_point_type = customer_identifiers.identifier_type
            and consents.contact_point = customer_identifiers.identifier_value
    where consents.status = 'denied' or not customer_identifiers.is_blocked
),

answers_by_customer as (
    select
        customer_id,
        purpose,
        max(case when answer_rank = 1 then status end) as status,
        max(case when answer_rank = 1 then rule end) as reason,
        max(case when answer_rank = 1 then decided_by_event_id end) as decided_by_event_id,
        sum(case when status = 'granted' then 1 else 0 end) as granted_contact_point_count,
        sum(case when status = 'denied' then 1 else 0 end) as denied_contact_point_count,
        max(case when answer_rank = 1 then decided_at end) as decided_at
    from answers
    group by customer_id, purpose
)

select
    customers.customer_id,
    purposes.purpose,
    answers_by_customer.decided_by_event_id,
    answers_by_customer.decided_at,
    coalesce(answers_by_customer.status, 'unknown') as status,
    coalesce(answers_by_customer.reason, 'no_recorded_grant') as rule,  -- noqa: RF04
    coalesce(cast(answers_by_customer.granted_contact_point_count as bigint), 0)
        as granted_contact_point_count,
    coalesce(cast(answers_by_customer.denied_contact_point_count as bigint), 0)
        as denied_contact_point_count,
    coalesce(answers_by_customer.status = 'granted', false) as is_granted
from customers
cross join purposes
left join answers_by_customer
    on
        customers.customer_id = answers_by_customer.customer_id
        and purposes.purpose = answers_by_customer.purpose

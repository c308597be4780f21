-- grain: one row per event of an anonymous id that names a person
-- An event names a person by a login, an order placed in it, a loyalty card or an e-mail typed
-- in. A card or e-mail counts only if it leads to exactly one customer, an order number only if
-- exactly one order has it: two shops may number alike.
-- A login to an account that identity does not hold (deleted at its source, say) names somebody
-- too, whoever it is: without it a device would look as if only the other person used it.
with

-- Not materialized: the few columns of sessions are read again faster than copied with the rest.
events as not materialized (
    select
        event_id,
        anonymous_id,
        session_id,
        person_record_id,
        loyalty_card_number,
        email,
        order_number,
        device_type,
        occurred_at
    from {{ ref('int_events_unioned') }}
    where anonymous_id is not null and occurred_at is not null
),

identity_map as (
    select
        record_id,
        customer_id
    from {{ ref('identity_map') }}
),

identifiers as (
    select
        record_id,
        identifier_type,
        identifier_value
    from {{ ref('identity_identifiers') }}
    where not is_blocked
),

orders as (
    select
        order_number,
        person_record_id
    from {{ ref('int_orders_unioned') }}
    where order_number is not null
),

named_by_value as (
    select
        identifiers.identifier_type as evidence_type,
        identifiers.identifier_value as evidence_value,
        min(identity_map.customer_id) as customer_id,
        min(identity_map.record_id) as person_record_id
    from identifiers
    inner join identity_map on identifiers.record_id = identity_map.record_id
    where identifiers.identifier_type in ('email', 'loyalty_card')
    group by identifiers.identifier_type, identifiers.identifier_value
    having min(identity_map.customer_id) = max(identity_map.customer_id)
),

named_by_order as (
    select
        orders.order_number,
        min(identity_map.customer_id) as customer_id,
        min(identity_map.record_id) as person_record_id
    from orders
    left join identity_map on orders.person_record_id = identity_map.record_id
    group by orders.order_number
    having count(*) = 1 and min(identity_map.customer_id) is not null
),

sessions as (
    select
        anonymous_id,
        session_id,
        min(occurred_at) as session_started_at,
        max(occurred_at) as session_ended_at
    from events
    where session_id is not null
    group by anonymous_id, session_id
),

named_events as (
    select
        events.event_id,
        events.anonymous_id,
        events.session_id,
        coalesce(
            identity_map.customer_id,
            named_by_order.customer_id,
            cards.customer_id,
            emails.customer_id
        ) as customer_id,
        case
            when identity_map.customer_id is not null then events.person_record_id
            when named_by_order.customer_id is not null then named_by_order.person_record_id
            when cards.customer_id is not null then cards.person_record_id
            when emails.customer_id is not null then emails.person_record_id
            else events.person_record_id
        end as person_record_id,
        events.device_type,
        events.occurred_at
    from events
    left join identity_map on events.person_record_id = identity_map.record_id
    left join named_by_order on events.order_number = named_by_order.order_number
    left join named_by_value as cards
        on
            events.loyalty_card_number = cards.evidence_value
            and cards.evidence_type = 'loyalty_card'
    left join named_by_value as emails
        on
            events.email = emails.evidence_value
            and emails.evidence_type = 'email'
    -- Most events show nothing of anybody, and need not be joined to find that out.
    where
        events.person_record_id is not null
        or events.order_number is not null
        or events.loyalty_card_number is not null
        or events.email is not null
)

select
    named_events.event_id,
    named_events.anonymous_id,
    named_events.session_id,
    named_events.customer_id,
    named_events.person_record_id,
    named_events.device_type,
    named_events.occurred_at,
    coalesce(sessions.session_started_at, named_events.occurred_at) as session_started_at,
    coalesce(sessions.session_ended_at, named_events.occurred_at) as session_ended_at
from named_events
left join sessions
    on
        named_events.anonymous_id = sessions.anonymous_id
        and named_events.session_id = sessions.session_id
where named_events.person_record_id is not null

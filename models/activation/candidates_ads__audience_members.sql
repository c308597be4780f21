-- grain: one row per customer and segment
-- Advertising is about the person: one denial at any contact point holds all of them back. Yet
-- only an address that itself was granted is handed on.
with

segment_members as (
    select
        segment_name,
        customer_id
    from {{ ref('segment_members') }}
    where segment_name in (
        {%- for segment in var('advertising_segments') %}
            '{{ segment }}',
        {%- endfor %}
        ''
    )
),

customers as (
    select
        customer_id,
        is_test_account
    from {{ ref('customers') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
),

advertising_consents as (
    select
        customer_id,
        status,
        rule,
        decided_by_event_id,
        is_granted,
        decided_at
    from {{ ref('customer_consents') }}
    where purpose = 'advertising'
),

email_addresses as (
    select
        customer_id,
        identifier_value as email,
        is_primary,
        is_verified,
        last_seen_at
    from {{ ref('customer_identifiers') }}
    where identifier_type = 'email' and not coalesce(is_blocked, false)
),

granted_addresses as (
    select contact_point
    from {{ ref('consents') }}
    where contact_point_type = 'email' and purpose = 'advertising' and is_granted
),

addresses_by_rank as (
    select
        email_addresses.customer_id,
        email_addresses.email,
        row_number() over (
            partition by email_addresses.customer_id
            order by
                coalesce(email_addresses.is_verified, false) desc nulls last,
                coalesce(email_addresses.is_primary, false) desc nulls last,
                email_addresses.last_seen_at desc nulls last,
                email_addresses.email asc nulls last
        ) as address_rank
    from email_addresses
    inner join granted_addresses on email_addresses.email = granted_addresses.contact_point
),

customers_with_any_address as (
    select distinct customer_id from email_addresses
),

members_judged as (
    select
        segment_members.segment_name,
        segment_members.customer_id,
        addresses_by_rank.email,
        advertising_consents.rule,
        advertising_consents.decided_by_event_id,
        advertising_consents.decided_at,
        {{ holdback_reason(
            'customers', 'segmentable_customers', 'customers_with_any_address.customer_id',
            'advertising_consents'
        ) | indent(8) }} as person_holdback_reason
    from segment_members
    inner join customers on segment_members.customer_id = customers.customer_id
    left join segmentable_customers
        on segment_members.customer_id = segmentable_customers.customer_id
    left join advertising_consents
        on segment_members.customer_id = advertising_consents.customer_id
    left join customers_with_any_address
        on segment_members.customer_id = customers_with_any_address.customer_id
    left join addresses_by_rank
        on
            segment_members.customer_id = addresses_by_rank.customer_id
            and addresses_by_rank.address_rank = 1
),

addresses_judged as (
    select
        customer_id,
        segment_name,
        rule,
        decided_by_event_id,
        decided_at,
        case
            when person_holdback_reason is null and email is null then 'no_consent'
            else person_holdback_reason
        end as holdback_reason,
        case when person_holdback_reason is null then email end as email
    from members_judged
)

select
    customer_id,
    segment_name,
    holdback_reason,
    email,
    rule as consent_rule,
    decided_by_event_id as consent_event_id,
    decided_at as consent_decided_at
from addresses_judged

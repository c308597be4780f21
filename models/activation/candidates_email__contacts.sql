-- grain: one row per customer
-- Consent belongs to the address: of several, the best one whose own consent is granted is
-- chosen, and an address without a grant is never used because another one has it. A mailbox
-- that two customers share is written to once.
with

customers as (
    select
        customer_id,
        is_test_account
    from {{ ref('customers') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
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

email_consents as (
    select
        contact_point,
        status,
        rule,
        decided_by_event_id,
        is_granted,
        decided_at
    from {{ ref('consents') }}
    where contact_point_type = 'email' and purpose = 'marketing' and channel = 'email'
),

addresses_by_rank as (
    select
        email_addresses.customer_id,
        email_addresses.email,
        email_addresses.is_primary,
        email_addresses.last_seen_at,
        email_consents.status,
        email_consents.rule,
        email_consents.decided_by_event_id,
        email_consents.is_granted,
        email_consents.decided_at,
        row_number() over (
            partition by email_addresses.customer_id
            order by
                case
                    when email_consents.rule like 'erasure%' then 0
                    when email_consents.is_granted then 1
                    when email_consents.status = 'denied' then 2
                    else 3
                end asc nulls last,
                coalesce(email_addresses.is_verified, false) desc nulls last,
                coalesce(email_addresses.is_primary, false) desc nulls last,
                email_addresses.last_seen_at desc nulls last,
                email_addresses.email asc nulls last
        ) as address_rank
    from email_addresses
    left join email_consents on email_addresses.email = email_consents.contact_point
),

customers_judged as (
    select
        customers.customer_id,
        addresses_by_rank.email,
        addresses_by_rank.is_primary,
        addresses_by_rank.last_seen_at,
        addresses_by_rank.rule,
        addresses_by_rank.decided_by_event_id,
        addresses_by_rank.decided_at,
        {{ holdback_reason(
            'customers', 'segmentable_customers', 'addresses_by_rank.email', 'addresses_by_rank'
        ) | indent(8) }} as holdback_reason
    from customers
    left join segmentable_customers on customers.customer_id = segmentable_customers.customer_id
    left join addresses_by_rank
        on
            customers.customer_id = addresses_by_rank.customer_id
            and addresses_by_rank.address_rank = 1
),

mailboxes_by_rank as (
    select
        customer_id,
        row_number() over (
            partition by email
            order by
                coalesce(is_primary, false) desc nulls last,
                last_seen_at desc nulls last,
                customer_id asc nulls last
        ) as mailbox_rank
    from customers_judged
    where holdback_reason is null
),

mailboxes_judged as (
    select
        customers_judged.customer_id,
        customers_judged.rule,
        customers_judged.decided_by_event_id,
        customers_judged.decided_at,
        case
            when mailboxes_by_rank.mailbox_rank > 1 then 'shared_mailbox'
            else customers_judged.holdback_reason
        end as holdback_reason,
        case when mailboxes_by_rank.mailbox_rank = 1 then customers_judged.email end as email
    from customers_judged
    left join mailboxes_by_rank on customers_judged.customer_id = mailboxes_by_rank.customer_id
)

select
    customer_id,
    holdback_reason,
    email,
    rule as consent_rule,
    decided_by_event_id as consent_event_id,
    decided_at as consent_decided_at
from mailboxes_judged

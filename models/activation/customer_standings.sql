-- grain: one row per customer id, living or retired
-- What a person who left a segment still is to us. A sync reads it for what it once sent: whoever
-- asked to be erased, is erased or took consent back is removed for that, even when no candidate
-- speaks of them any more. A retired id stands as the customer that it means now; without one
-- nobody is left to deal with.
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

retired_ids as (
    select
        retired_customer_id,
        customer_id
    from {{ ref('retired_customers') }}
),

separated_customers as (
    select
        customer_id,
        split_from_customer_id
    from {{ ref('separated_customers') }}
),

advertising_consents as (
    select
        customer_id,
        status,
        rule,
        is_granted
    from {{ ref('customer_consents') }}
    where purpose = 'advertising'
),

living_customers as (
    select
        customers.customer_id,
        customers.customer_id as current_customer_id,
        separated_customers.split_from_customer_id,
        case
            when segmentable_customers.customer_id is not null then null
            when coalesce(customers.is_test_account, false) then 'test_account'
            else 'open_erasure'
        end as holdback_reason,
        {{ holdback_reason(
            'customers', 'segmentable_customers', 'customers.customer_id', 'advertising_consents'
        ) | indent(8) }} as advertising_holdback_reason
    from customers
    left join segmentable_customers on customers.customer_id = segmentable_customers.customer_id
    left join advertising_consents on customers.customer_id = advertising_consents.customer_id
    left join separated_customers on customers.customer_id = separated_customers.customer_id
),

retired_customers as (
    select
        retired_ids.retired_customer_id as customer_id,
        retired_ids.customer_id as current_customer_id,
        cast(null as text) as split_from_customer_id,
        case
            when living_customers.customer_id is null then 'suppressed'
            else living_customers.holdback_reason
        end as holdback_reason,
        case
            when living_customers.customer_id is null then 'suppressed'
            else living_customers.advertising_holdback_reason
        end as advertising_holdback_reason
    from retired_ids
    left join living_customers on retired_ids.customer_id = living_customers.customer_id
)

select
    customer_id,
    current_customer_id,
    split_from_customer_id,
    holdback_reason,
    advertising_holdback_reason
from living_customers
union all
select
    customer_id,
    current_customer_id,
    split_from_customer_id,
    holdback_reason,
    advertising_holdback_reason
from retired_customers

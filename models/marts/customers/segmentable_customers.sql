-- grain: one row per customer who may be in a segment
-- The one gate before every segment: nobody who asked to be erased (at any of their contact
-- points), nobody whose record is suppressed, no test account.
with

customers as (
    select
        customer_id,
        is_test_account
    from {{ ref('customers') }}
),

customer_identifiers as (
    select
        customer_id,
        identifier_type,
        identifier_value
    from {{ ref('customer_identifiers') }}
),

identity_map as (
    select
        record_id,
        customer_id
    from {{ ref('identity_map') }}
),

suppressed_records as (
    select record_id from {{ ref('int_suppressed_records') }}
),

open_erasures as (
    select
        contact_point_type,
        contact_point
    from {{ ref('int_privacy_requests_unioned') }}
    where request_type = 'erasure' and coalesce(status, 'open') in ('open', 'verified')
),

customers_to_erase as (
    select customer_identifiers.customer_id
    from customer_identifiers
    inner join open_erasures
        on
            customer_identifiers.identifier_type = open_erasures.contact_point_type
            and customer_identifiers.identifier_value = open_erasures.contact_point
    union
    select identity_map.customer_id
    from identity_map
    inner join suppressed_records on identity_map.record_id = suppressed_records.record_id
)

select customers.customer_id
from customers
left join customers_to_erase on customers.customer_id = customers_to_erase.customer_id
where customers_to_erase.customer_id is null and not customers.is_test_account

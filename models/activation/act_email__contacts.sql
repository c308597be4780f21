-- grain: one row per customer who may be written to, with the address to use
with

candidates as (
    select
        customer_id,
        email,
        consent_rule,
        consent_event_id,
        consent_decided_at
    from {{ ref('candidates_email__contacts') }}
    where holdback_reason is null
),

customers as (
    select
        customer_id,
        given_name,
        language,
        country_code,
        lifecycle_stage
    from {{ ref('customers') }}
),

segment_members as (
    select
        segment_name,
        customer_id
    from {{ ref('segment_members') }}
),

segments_by_customer as (
    select
        customer_id,
        bool_or(segment_name = 'seg_cart_abandoners') as is_cart_abandoner,
        bool_or(segment_name = 'seg_high_value') as is_high_value,
        bool_or(segment_name = 'seg_lapsing') as is_lapsing,
        bool_or(segment_name = 'seg_leaving_but_returned') as is_leaving_but_returned
    from segment_members
    group by customer_id
),

contacts as (
    select
        candidates.customer_id,
        candidates.email,
        customers.given_name,
        customers.language,
        customers.country_code,
        customers.lifecycle_stage,
        candidates.consent_rule,
        candidates.consent_event_id,
        candidates.consent_decided_at,
        coalesce(segments_by_customer.is_cart_abandoner, false) as is_cart_abandoner,
        coalesce(segments_by_customer.is_high_value, false) as is_high_value,
        coalesce(segments_by_customer.is_lapsing, false) as is_lapsing,
        coalesce(segments_by_customer.is_leaving_but_returned, false) as is_leaving_but_returned
    from candidates
    inner join customers on candidates.customer_id = customers.customer_id
    left join segments_by_customer on candidates.customer_id = segments_by_customer.customer_id
)

select
    customer_id,
    email,
    given_name,
    language,
    country_code,
    lifecycle_stage,
    consent_rule,
    consent_event_id,
    is_cart_abandoner,
    is_high_value,
    is_lapsing,
    is_leaving_but_returned,
    consent_decided_at
from contacts

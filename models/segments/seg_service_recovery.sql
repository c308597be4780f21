-- grain: one row per customer in the segment
-- Waiting for an answer of ours, or unhappy with the last one they rated: to be left out of
-- promotions until it is put right.
with

customer_traits as (
    select
        customer_id,
        last_satisfaction,
        ticket_count,
        open_ticket_count,
        last_satisfaction_at
    from {{ ref('customer_traits') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select
    customer_traits.customer_id,
    customer_traits.last_satisfaction,
    customer_traits.ticket_count,
    customer_traits.open_ticket_count,
    customer_traits.last_satisfaction_at
from customer_traits
inner join segmentable_customers
    on customer_traits.customer_id = segmentable_customers.customer_id
where
    customer_traits.open_ticket_count > 0
    or (
        customer_traits.last_satisfaction = 'bad'
        and customer_traits.last_satisfaction_at
        >= {{ days_ago(var('service_recovery_within_days')) }}
    )

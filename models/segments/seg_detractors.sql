-- grain: one row per customer in the segment
-- Would not recommend us, by their latest answer of late: to be called, not to be sold to.
-- An answer without a plausible time may be of any age and does not count.
with

customer_traits as (
    select
        customer_id,
        last_nps_score,
        last_nps_responded_at
    from {{ ref('customer_traits') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select
    customer_traits.customer_id,
    customer_traits.last_nps_score,
    customer_traits.last_nps_responded_at
from customer_traits
inner join segmentable_customers
    on customer_traits.customer_id = segmentable_customers.customer_id
where
    {{ nps_group('customer_traits.last_nps_score') | indent(4) }} = 'detractor'
    and customer_traits.last_nps_responded_at >= {{ days_ago(var('nps_answer_valid_days')) }}

-- Erased, suppressed and test people are in no segment, whatever its rules.
with

segment_members as (
    select
        segment_name,
        customer_id
    from {{ ref('segment_members') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select
    segment_members.segment_name,
    segment_members.customer_id
from segment_members
left join segmentable_customers
    on segment_members.customer_id = segmentable_customers.customer_id
where segmentable_customers.customer_id is null

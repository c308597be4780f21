-- The gate before segments holds for syncs too: open erasures, suppressed people, test accounts.
with

sent as (
    select customer_id from {{ ref('act_email__contacts') }}
    union
    select customer_id from {{ ref('act_ads__audience_members') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select sent.customer_id
from sent
left join segmentable_customers on sent.customer_id = segmentable_customers.customer_id
where segmentable_customers.customer_id is null

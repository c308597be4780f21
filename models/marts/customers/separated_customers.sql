-- grain: one row per customer who was separated from another
-- What identity's log says of splits, for whoever told somebody outside of the customer: a sync
-- reads here that a newcomer is none.
with

customers as (
    select customer_id from {{ ref('customers') }}
),

splits as (
    select
        customer_id,
        previous_customer_id
    from {{ ref('identity_assignments') }}
    where change_type = 'split' and previous_customer_id <> customer_id
)

select
    splits.customer_id,
    min(splits.previous_customer_id) as split_from_customer_id
from splits
inner join customers on splits.customer_id = customers.customer_id
group by splits.customer_id

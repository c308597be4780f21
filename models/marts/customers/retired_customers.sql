-- grain: one row per retired customer id
-- Identity's aliases, for whoever holds an id that was handed out before a merge: memberships,
-- syncs and analysts follow it here and need not know how identity works.
with

customer_id_aliases as (
    select
        retired_customer_id,
        customer_id,
        retired_at
    from {{ ref('customer_id_aliases') }}
)

select
    retired_customer_id,
    customer_id,
    retired_at
from customer_id_aliases

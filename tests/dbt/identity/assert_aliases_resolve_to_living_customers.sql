-- An alias leads in one step to a customer that lives, and never from one that lives.
with

living_customers as (
    select distinct customer_id from {{ ref('identity_map') }}
)

select aliases.retired_customer_id
from {{ ref('customer_id_aliases') }} as aliases
left join living_customers as resolved on aliases.customer_id = resolved.customer_id
left join living_customers as retired on aliases.retired_customer_id = retired.customer_id
where
    (aliases.customer_id is not null and resolved.customer_id is null)
    or retired.customer_id is not null

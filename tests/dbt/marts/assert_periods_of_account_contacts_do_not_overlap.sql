-- The periods of one customer at one account lie apart, and each begins before it ends.
with

account_contacts as (
    select
        account_id,
        customer_id,
        valid_from,
        coalesce(valid_to, timestamp '9999-12-31 00:00:00') as valid_to
    from {{ ref('account_contacts') }}
)

select
    earlier.account_id,
    earlier.customer_id,
    earlier.valid_from,
    earlier.valid_to
from account_contacts as earlier
left join account_contacts as later
    on
        earlier.account_id = later.account_id
        and earlier.customer_id = later.customer_id
        and earlier.valid_from < later.valid_from
        and earlier.valid_to >= later.valid_from
where later.account_id is not null or earlier.valid_to <= earlier.valid_from

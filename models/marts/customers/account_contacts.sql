-- grain: one row per account, customer and unbroken period
-- Records of one customer that name the same account overlap: their periods are joined into one. A
-- record that is gone belongs to whom it belonged last, if that customer is still known.
with

account_links as (
    select
        record_id,
        account_id,
        valid_from,
        valid_to
    from {{ ref('int_account_links') }}
),

accounts as (
    select account_id from {{ ref('int_accounts_unioned') }}
),

customers as (
    select customer_id from {{ ref('customers') }}
),

identity_map as (
    select
        record_id,
        customer_id
    from {{ ref('identity_map') }}
),

assignments as (
    select
        record_id,
        customer_id,
        row_number() over (
            partition by record_id
            order by valid_from desc nulls last, assignment_id desc nulls last
        ) as assignment_rank
    from {{ ref('identity_map_history') }}
),

aliases as (
    select
        retired_customer_id,
        customer_id
    from {{ ref('retired_customers') }}
),

last_assignments as (
    select
        assignments.record_id,
        coalesce(aliases.customer_id, assignments.customer_id) as customer_id
    from assignments
    left join aliases on assignments.customer_id = aliases.retired_customer_id
    where assignments.assignment_rank = 1
),

links as (
    select
        account_links.account_id,
        customers.customer_id,
        account_links.record_id,
        account_links.valid_from,
        account_links.valid_to
    from account_links
    inner join accounts on account_links.account_id = accounts.account_id
    left join identity_map on account_links.record_id = identity_map.record_id
    left join last_assignments on account_links.record_id = last_assignments.record_id
    inner join customers
        on coalesce(identity_map.customer_id, last_assignments.customer_id) = customers.customer_id
),

{{ joined_periods('links', ['account_id', 'customer_id'], 'record_id') }},

periods as (
    select
        account_id,
        customer_id,
        period_number,
        count(distinct record_id) as record_count,
        bool_or(valid_to is null) as is_current,
        min(valid_from) as valid_from,
        max(valid_to) as last_valid_to
    from links_numbered
    group by account_id, customer_id, period_number
)

select
    account_id,
    customer_id,
    record_count,
    is_current,
    valid_from,
    case when not is_current then last_valid_to end as valid_to
from periods

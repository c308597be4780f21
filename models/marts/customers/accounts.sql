-- grain: one row per company account
-- An account buys through people. What a contact bought counts while they were its contact; before
-- and after they bought for somebody else. A person of two accounts at a time counts in both.
with

accounts_received as (
    select * from {{ ref('int_accounts_unioned') }}
),

account_contacts as (
    select
        account_id,
        customer_id,
        is_current,
        valid_from,
        valid_to
    from {{ ref('account_contacts') }}
),

orders as (
    select
        orders.customer_id,
        orders.net_amount_reporting,
        {{ order_moment('orders') }} as ordered_at
    from {{ ref('orders') }} as orders
    where orders.is_counted and orders.customer_id is not null
),

contacts_by_account as (
    select
        account_id,
        count(distinct case when is_current then customer_id end) as contact_count,
        count(distinct customer_id) as contact_ever_count
    from account_contacts
    group by account_id
),

orders_by_account as (
    select
        account_contacts.account_id,
        count(*) as order_count,
        sum(coalesce(orders.net_amount_reporting, 0)) as net_amount_reporting,
        max(orders.ordered_at) as last_ordered_at
    from account_contacts
    inner join orders
        on
            account_contacts.customer_id = orders.customer_id
            and coalesce(account_contacts.valid_from <= orders.ordered_at, true)
            and coalesce(account_contacts.valid_to > orders.ordered_at, true)
    group by account_contacts.account_id
)

select
    accounts_received.account_id,
    accounts_received.source,
    accounts_received.account_name,
    accounts_received.domain,
    accounts_received.industry,
    accounts_received.city,
    accounts_received.postal_code,
    accounts_received.country_code,
    '{{ var('reporting_currency') }}' as reporting_currency_code,
    accounts_received.employee_count,
    coalesce(contacts_by_account.contact_count, 0) as contact_count,
    coalesce(contacts_by_account.contact_ever_count, 0) as contact_ever_count,
    coalesce(orders_by_account.order_count, 0) as order_count,
    cast(coalesce(orders_by_account.net_amount_reporting, 0) as numeric(18, 2))
        as net_amount_reporting,
    orders_by_account.last_ordered_at,
    accounts_received.created_at,
    accounts_received.updated_at,
    accounts_received.loaded_at
from accounts_received
left join contacts_by_account on accounts_received.account_id = contacts_by_account.account_id
left join orders_by_account on accounts_received.account_id = orders_by_account.account_id

-- Question: which share of revenue belongs to a customer we know, by channel and month?
with

orders as (
    select
        channel,
        identity_status,
        net_amount_reporting,
        {{ date_trunc_to('month', 'ordered_date') }} as ordered_month
    from {{ ref('orders') }}
    where is_counted
)

select
    ordered_month,
    channel,
    count(*) as order_count,
    sum(net_amount_reporting) as net_amount_reporting,
    {{ safe_divide(
        "sum(case when identity_status = 'known' then net_amount_reporting else 0 end)",
        'sum(net_amount_reporting)'
    ) }} as known_share,
    {{ safe_divide(
        "sum(case when identity_status = 'ambiguous' then net_amount_reporting else 0 end)",
        'sum(net_amount_reporting)'
    ) }} as ambiguous_share
from orders
group by ordered_month, channel
order by ordered_month asc nulls last, channel asc nulls last

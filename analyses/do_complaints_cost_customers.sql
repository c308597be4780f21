-- Question: do customers who rated a ticket as bad buy again less often than the others?
with

customer_traits as (
    select
        customer_id,
        order_count,
        order_count_last_90_days,
        net_amount_reporting,
        coalesce(last_satisfaction, 'never rated') as satisfaction
    from {{ ref('customer_traits') }}
    where order_count > 0
)

select
    satisfaction,
    count(*) as buyer_count,
    avg(order_count) as average_order_count,
    avg(net_amount_reporting) as average_net_amount_reporting,
    {{ safe_divide(
        'sum(case when order_count_last_90_days > 0 then 1 else 0 end)', 'count(*)'
    ) }} as share_with_order_in_last_90_days
from customer_traits
group by satisfaction
order by satisfaction asc nulls last

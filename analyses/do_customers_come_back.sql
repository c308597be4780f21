-- Question: which share of first-time buyers orders again 1, 3, 6 and 12 months later, and what has
-- a customer brought by then?
-- Over cohorts whose month is over, each weighed by its customers.
with

cohort_months as (
    select
        cohort_month,
        month_number,
        customer_count,
        active_customer_count,
        is_complete,
        sum(net_amount_reporting) over (
            partition by cohort_month
            order by month_number asc nulls last
            rows between unbounded preceding and current row
        ) as net_amount_so_far_reporting
    from {{ ref('cohort_retention') }}
)

select
    month_number,
    count(*) as cohort_count,
    sum(customer_count) as customer_count,
    sum(active_customer_count) as active_customer_count,
    {{ safe_divide('sum(active_customer_count)', 'sum(customer_count)') }} as active_share,
    {{ safe_divide('sum(net_amount_so_far_reporting)', 'sum(customer_count)') }}
        as net_amount_per_customer_so_far_reporting
from cohort_months
where is_complete and month_number in (0, 1, 3, 6, 12)
group by month_number
order by month_number asc nulls last

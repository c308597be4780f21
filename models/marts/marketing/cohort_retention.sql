-- grain: one row per month of first order and month since
-- Every month from the first order to the clock is there, months in which nobody bought as well,
-- so that an average over months is one. The current month is not over: is_complete says so.
with

orders as (
    select
        orders.customer_id,
        orders.net_amount_reporting,
        cast({{ date_trunc_to(
            'month', 'coalesce(orders.ordered_date, ' ~ order_moment('orders') ~ ')'
        ) }} as date) as ordered_month
    from {{ ref('orders') }} as orders
    where orders.is_counted and orders.customer_id is not null
),

orders_with_cohort as (
    select
        orders.*,
        min(orders.ordered_month) over (partition by orders.customer_id) as cohort_month
    from orders
),

cohorts as (
    select
        cohort_month,
        count(distinct customer_id) as customer_count,
        max(ordered_month) as last_ordered_month
    from orders_with_cohort
    group by cohort_month
),

activity as (
    select
        cohort_month,
        {{ months_between('cohort_month', 'ordered_month') | indent(8) }} as month_number,
        count(distinct customer_id) as active_customer_count,
        count(*) as order_count,
        sum(coalesce(net_amount_reporting, 0)) as net_amount_reporting
    from orders_with_cohort
    group by cohort_month, {{ months_between('cohort_month', 'ordered_month') | indent(8) }}
),

digits as (
    {%- for digit in range(10) %}
        select {{ digit }} as digit
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- A thousand months, 83 years: older customers than any shop has.
months as (
    select units.digit + 10 * tens.digit + 100 * hundreds.digit as month_number
    from digits as units
    cross join digits as tens
    cross join digits as hundreds
),

cohort_months as (
    select
        cohorts.cohort_month,
        cohorts.customer_count,
        months.month_number,
        cast({{ add_months('cohorts.cohort_month', 'months.month_number') }} as date)
            as activity_month
    from cohorts
    inner join months
        on months.month_number <= greatest(
            {{ months_between('cohorts.cohort_month', as_of()) | indent(12) }},
            {{ months_between('cohorts.cohort_month', 'cohorts.last_ordered_month')
                | indent(12) }}
        )
)

select
    '{{ var('reporting_currency') }}' as reporting_currency_code,
    cast(cohort_months.month_number as bigint) as month_number,
    cohort_months.customer_count,
    coalesce(activity.active_customer_count, 0) as active_customer_count,
    coalesce(activity.order_count, 0) as order_count,
    cast(coalesce(activity.net_amount_reporting, 0) as numeric(18, 2)) as net_amount_reporting,
    {{ safe_divide(
        'coalesce(activity.active_customer_count, 0)', 'cohort_months.customer_count'
    ) }} as active_share,
    cast({{ add_months('cohort_months.activity_month', 1) }} as date) <= cast({{ as_of() }} as date)
        as is_complete,
    cohort_months.cohort_month,
    cohort_months.activity_month
from cohort_months
left join activity
    on
        cohort_months.cohort_month = activity.cohort_month
        and cohort_months.month_number = activity.month_number

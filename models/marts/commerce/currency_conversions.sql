-- grain: one row per currency and period in which its rate to the reporting currency holds
-- The oldest rate also covers all days before it and the newest all days after it, so that an
-- order outside the seed's span is converted roughly rather than lost from totals. A company that
-- reports in a currency the seed does not know needs no rate for it: it is worth itself.
with

currency_rates as (
    select
        currency_code,
        units_per_eur,
        valid_from_date,
        valid_before_date
    from {{ ref('currency_rates') }}
),

rates_unbounded as (
    select
        currency_code,
        units_per_eur,
        case
            when
                valid_from_date = min(valid_from_date) over (partition by currency_code)
                then date '1900-01-01'
            else valid_from_date
        end as valid_from_date,
        case
            when
                valid_before_date = max(valid_before_date) over (partition by currency_code)
                then date '9999-12-31'
            else valid_before_date
        end as valid_before_date
    from currency_rates
),

reporting_rates as (
    select
        units_per_eur,
        valid_from_date,
        valid_before_date
    from rates_unbounded
    where currency_code = '{{ var('reporting_currency') }}'
),

currencies_that_need_no_rate as (
    select distinct '{{ var('reporting_currency') }}' as currency_code
    from rates_unbounded
    where not exists (select reporting_rates.units_per_eur from reporting_rates)
)

select
    cast(rates_unbounded.currency_code as text) as currency_code,
    cast(
        reporting_rates.units_per_eur / rates_unbounded.units_per_eur as numeric(18, 8)
    ) as reporting_rate,
    greatest(reporting_rates.valid_from_date, rates_unbounded.valid_from_date)
        as valid_from_date,
    least(reporting_rates.valid_before_date, rates_unbounded.valid_before_date)
        as valid_before_date
from rates_unbounded
inner join reporting_rates
    on
        rates_unbounded.valid_from_date < reporting_rates.valid_before_date
        and rates_unbounded.valid_before_date > reporting_rates.valid_from_date
union all
select
    cast(currency_code as text) as currency_code,
    cast(1 as numeric(18, 8)) as reporting_rate,
    date '1900-01-01' as valid_from_date,
    date '9999-12-31' as valid_before_date
from currencies_that_need_no_rate

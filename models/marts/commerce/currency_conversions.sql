-- grain: one row per currency and first day of validity of its rate
-- A rate holds until the next one; the first also covers all days before it, so that an order
-- older than the seed is converted at the oldest known rate rather than lost from totals.
with

currency_rates as (
    select
        rate_date,
        currency_code,
        units_per_eur
    from {{ ref('currency_rates') }}
),

rates_with_previous as (
    select
        currency_code,
        rate_date,
        units_per_eur,
        lag(rate_date) over (
            partition by currency_code order by rate_date asc nulls last
        ) as previous_rate_date,
        lead(rate_date) over (
            partition by currency_code order by rate_date asc nulls last
        ) as next_rate_date
    from currency_rates
),

reporting_rates as (
    select
        units_per_eur,
        case when previous_rate_date is null then date '1900-01-01' else rate_date end
            as valid_from,
        coalesce(next_rate_date, date '9999-12-31') as valid_to
    from rates_with_previous
    where currency_code = '{{ var('reporting_currency') }}'
)

select
    rates_with_previous.currency_code,
    cast(
        reporting_rates.units_per_eur / rates_with_previous.units_per_eur as numeric(18, 8)
    ) as reporting_rate,
    greatest(
        reporting_rates.valid_from,
        case
            when rates_with_previous.previous_rate_date is null then date '1900-01-01'
            else rates_with_previous.rate_date
        end
    ) as valid_from,
    least(
        reporting_rates.valid_to,
        coalesce(rates_with_previous.next_rate_date, date '9999-12-31')
    ) as valid_to
from rates_with_previous
inner join reporting_rates
    on
        reporting_rates.valid_from < coalesce(
            rates_with_previous.next_rate_date, date '9999-12-31'
        )
        and reporting_rates.valid_to > case
            when rates_with_previous.previous_rate_date is null then date '1900-01-01'
            else rates_with_previous.rate_date
        end

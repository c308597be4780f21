{#
    An amount in the reporting currency (var reporting_currency), at the rate of its day. Null
    where the seed knows no rate for the currency: better a gap that data_quality_issues counts
    than a sum over mixed currencies. `rates` is the alias of a joined currency_conversions row.
    Convert parts and add those up: a converted sum is not the sum of the converted parts.
#}
{% macro in_reporting_currency(amount, rates) -%}
    cast({{ amount }} * {{ rates }}.reporting_rate as numeric(18, 2))
{%- endmacro %}


{# The join that finds the rate of a day. #}
{% macro is_rate_of_day(rates, currency_code, day) -%}
    {{ rates }}.currency_code = {{ currency_code }}
        and {{ rates }}.valid_from_date <= {{ day }}
        and {{ rates }}.valid_before_date > {{ day }}
{%- endmacro %}


{#
    The body of a CTE: the rate of each currency and day that `orders` has (currency_code,
    rate_date, reporting_rate). Thousands of orders share a day: a period of rates is looked for
    once a day, and orders find their rate by equality.
#}
{% macro rates_of_days(orders, day, rates) -%}
    select
        days.currency_code,
        days.rate_date,
        {{ rates }}.reporting_rate
    from (
        select distinct
            {{ orders }}.currency_code,
            {{ day }} as rate_date
        from {{ orders }}
    ) as days
    inner join {{ rates }}
        on {{ is_rate_of_day(rates, 'days.currency_code', 'days.rate_date') | indent(4) }}
{%- endmacro %}

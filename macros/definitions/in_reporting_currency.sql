{#
    An amount in the reporting currency (var reporting_currency), at the rate of its day. Null
    where the seed knows no rate for the currency: better a gap that data_quality_issues counts
    than a sum over mixed currencies. `rates` is the alias of a joined currency_conversions row.
    Convert parts and add those up: a converted sum is not the sum of the converted parts.
#}
{% macro in_reporting_currency(amount, rates) -%}
    cast({{ amount }} * {{ rates }}.reporting_rate as numeric(18, 2))
{%- endmacro %}


{#
    The join that finds the rate of a day. Join the distinct days of many rows, and the rows to
    those by equality: a search by period for every row probes all periods of its currency.
#}
{% macro is_rate_of_day(rates, currency_code, day) -%}
    {{ rates }}.currency_code = {{ currency_code }}
        and {{ rates }}.valid_from_date <= {{ day }}
        and {{ rates }}.valid_before_date > {{ day }}
{%- endmacro %}

{#-
    Text to a date by the first layout it fits: iso (2026-03-01, a time after it is dropped),
    dmy_slash (01/03/2026), dmy_dots (01.03.2026), mdy_slash (03/01/2026), compact (20260301).
    Null when none fits, when the day does not exist, and for years outside 1000-2999. Never an
    error.
-#}
{% macro parse_date(expression, layouts) -%}
{%- set shapes = {
    'iso': ('^[ ]*([12][0-9]{3}-[0-9]{1,2}-[0-9]{1,2})(?:[Tt ][0-9:.,+Zz -]*)?$', none, none),
    'dmy_slash': (
        '^[ ]*([0-9]{1,2}/[0-9]{1,2}/[12][0-9]{3})[ ]*$', '^([0-9]+)/([0-9]+)/([0-9]+)$', '\\3-\\2-\\1'
    ),
    'mdy_slash': (
        '^[ ]*([0-9]{1,2}/[0-9]{1,2}/[12][0-9]{3})[ ]*$', '^([0-9]+)/([0-9]+)/([0-9]+)$', '\\3-\\1-\\2'
    ),
    'dmy_dots': (
        '^[ ]*([0-9]{1,2}[.][0-9]{1,2}[.][12][0-9]{3})[ ]*$',
        '^([0-9]+)[.]([0-9]+)[.]([0-9]+)$', '\\3-\\2-\\1'
    ),
    'compact': (
        '^[ ]*([12][0-9]{7})[ ]*$', '^([0-9]{4})([0-9]{2})([0-9]{2})$', '\\1-\\2-\\3'
    ),
} -%}
{%- set attempts = [] -%}
{%- for layout in ([layouts] if layouts is string else layouts) -%}
    {%- if layout not in shapes -%}
        {{ exceptions.raise_compiler_error(
            "parse_date: layout '" ~ layout ~ "' is unknown; valid are " ~ (shapes | join(', '))
        ) }}
    {%- endif -%}
    {%- set shape, parts, order = shapes[layout] -%}
    {%- set shaped = regexp_extract_first(expression, shape) -%}
    {%- set canonical = shaped if parts is none else regexp_replace_all(shaped, parts, order) -%}
    {%- do attempts.append(
        adapter.dispatch('date_of_canonical', 'warehouse_cdp')(canonical)
    ) -%}
{%- endfor -%}
{{ attempts[0] if attempts | length == 1 else 'coalesce(' ~ (attempts | join(', ')) ~ ')' }}
{%- endmacro %}

{% macro default__date_of_canonical(canonical) -%}
try_cast({{ canonical }} as date)
{%- endmacro %}

{% macro postgres__date_of_canonical(canonical) -%}
{{ helper_function('cdp_date_or_null') }}({{ canonical }})
{%- endmacro %}


{#- Whole calendar days from start to end, negative when end is earlier; bigint. -#}
{% macro days_between(start_expression, end_expression) -%}
    {{ return(adapter.dispatch('days_between', 'warehouse_cdp')(start_expression, end_expression)) }}
{%- endmacro %}

{% macro default__days_between(start_expression, end_expression) -%}
date_diff('day', cast({{ start_expression }} as date), cast({{ end_expression }} as date))
{%- endmacro %}

{% macro postgres__days_between(start_expression, end_expression) -%}
cast(cast({{ end_expression }} as date) - cast({{ start_expression }} as date) as bigint)
{%- endmacro %}


{#- Calendar months from start to end, whatever the days: 31 January to 1 February is 1; bigint. -#}
{% macro months_between(start_expression, end_expression) -%}
cast(
    12 * (
        extract(year from cast({{ end_expression }} as date))
        - extract(year from cast({{ start_expression }} as date))
    )
    + extract(month from cast({{ end_expression }} as date))
    - extract(month from cast({{ start_expression }} as date)) as bigint
)
{%- endmacro %}


{#- Whole seconds from start to end, cut towards zero, negative when end is earlier; bigint. -#}
{% macro seconds_between(start_expression, end_expression) -%}
    {{ return(adapter.dispatch('seconds_between', 'warehouse_cdp')(
        start_expression, end_expression
    )) }}
{%- endmacro %}

{% macro default__seconds_between(start_expression, end_expression) -%}
date_sub(
    'second', cast({{ start_expression }} as timestamp), cast({{ end_expression }} as timestamp)
)
{%- endmacro %}

{% macro postgres__seconds_between(start_expression, end_expression) -%}
cast(
    trunc(
        extract(
            epoch from
            cast({{ end_expression }} as timestamp) - cast({{ start_expression }} as timestamp)
        )
    ) as bigint
)
{%- endmacro %}


{#- A timestamp (cast a date's result back where a date is wanted); `days` may be an expression. -#}
{% macro add_days(expression, days) -%}
    {{ return(adapter.dispatch('add_interval', 'warehouse_cdp')(expression, days, 'day')) }}
{%- endmacro %}

{#- A timestamp; `hours` may be an expression. -#}
{% macro add_hours(expression, hours) -%}
    {{ return(adapter.dispatch('add_interval', 'warehouse_cdp')(expression, hours, 'hour')) }}
{%- endmacro %}

{#- A timestamp on the same day of the month so many months later, or on the last day of it. -#}
{% macro add_months(expression, months) -%}
    {{ return(adapter.dispatch('add_interval', 'warehouse_cdp')(expression, months, 'month')) }}
{%- endmacro %}

{% macro default__add_interval(expression, quantity, unit) -%}
(cast({{ expression }} as timestamp) + interval '1 {{ unit }}' * ({{ quantity }}))
{%- endmacro %}


{#- A timestamp at the start of its hour, day, week (Monday), month, quarter or year. -#}
{% macro date_trunc_to(unit, expression) -%}
    {{ return(adapter.dispatch('date_trunc_to', 'warehouse_cdp')(unit, expression)) }}
{%- endmacro %}

{% macro default__date_trunc_to(unit, expression) -%}
cast(date_trunc('{{ unit }}', cast({{ expression }} as timestamp)) as timestamp)
{%- endmacro %}

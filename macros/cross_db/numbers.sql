{#-
    Text to numeric(18,2), null when it is no number in the declared notation, never an error.
    Blanks and apostrophes group digits in either notation; `decimal_comma` says which of , and .
    does. '12,5' under a decimal point is null rather than 125. A currency sign may lead or
    follow. At most 15 digits before the point.
-#}
{% macro parse_number(expression, decimal_comma=false) -%}
    {{ return(adapter.dispatch('parse_number', 'warehouse_cdp')(expression, decimal_comma)) }}
{%- endmacro %}

{% macro default__parse_number(expression, decimal_comma=false) -%}
cast(
    {{ read_plain_spelling(
        expression,
        '^-?[0-9]{1,15}(?:' ~ (',' if decimal_comma else '[.]') ~ '[0-9]+)?$',
        "replace(" ~ expression ~ ", ',', '.')" if decimal_comma else expression,
        _bare_number(expression, decimal_comma)
    ) }} as numeric(18, 2)
)
{%- endmacro %}

{% macro _bare_number(expression, decimal_comma) -%}
{%- set group, point = ('[.]', ',') if decimal_comma else (',', '[.]') -%}
{%- set grouped = '[0-9]{1,3}(?:' ~ group ~ '[0-9]{3})+' -%}
{%- set shape = '^[+-]?(?:[0-9]+|' ~ grouped ~ ')(?:' ~ point ~ '[0-9]*)?$|^[+-]?' ~ point ~ '[0-9]+$' -%}
{%- set bare = regexp_replace_all(expression, "['’ \\t\\n\\r\u00a0\u202f]|^[ \u00a0]*[£€$]|[£€$][ \u00a0]*$", '') -%}
{%- set shaped = regexp_extract_first(bare, shape) -%}
{%- if decimal_comma -%}
    {%- set with_point = "replace(replace(" ~ shaped ~ ", '.', ''), ',', '.')" -%}
{%- else -%}
    {%- set with_point = "replace(" ~ shaped ~ ", ',', '')" -%}
{%- endif -%}
{{ regexp_extract_first(with_point, '^[+-]?[0-9]{0,15}(?:[.][0-9]*)?$') }}
{%- endmacro %}


{#- Text to bigint; '12.0' is 12, '12.5' is null, as are more than 18 digits. -#}
{% macro parse_integer(expression) -%}
    {{ return(adapter.dispatch('parse_integer', 'warehouse_cdp')(expression)) }}
{%- endmacro %}

{% macro default__parse_integer(expression) -%}
cast({{ regexp_extract_first(expression, '^[ ]*([+-]?[0-9]{1,18})(?:[.]0*)?[ ]*$') }} as bigint)
{%- endmacro %}


{#- As double precision; null when the denominator is null or zero. Engines differ on int / int. -#}
{% macro safe_divide(numerator, denominator) -%}
    {{ return(adapter.dispatch('safe_divide', 'warehouse_cdp')(numerator, denominator)) }}
{%- endmacro %}

{% macro default__safe_divide(numerator, denominator) -%}
(
    cast({{ numerator }} as double precision)
    / nullif(cast({{ denominator }} as double precision), 0)
)
{%- endmacro %}


{#-
    A double precision number as numeric(18, scale), half away from zero. The half is looked for in
    the number as a machine holds it (18.935 is a little less), since Postgres' own cast looks for
    it in fifteen decimal digits and would round some amounts to another cent than DuckDB.
-#}
{% macro numeric_of_double(expression, scale) -%}
    {{ return(adapter.dispatch('numeric_of_double', 'warehouse_cdp')(expression, scale)) }}
{%- endmacro %}

{% macro default__numeric_of_double(expression, scale) -%}
cast({{ expression }} as numeric(18, {{ scale }}))
{%- endmacro %}

{% macro postgres__numeric_of_double(expression, scale) -%}
{%- set scaled = '(' ~ expression ~ ') * ' ~ 10 ** scale ~ '::double precision' -%}
cast(
    cast(trunc({{ scaled }} + sign({{ expression }}) * 0.5) as bigint)::numeric
    / {{ 10 ** scale }} as numeric(18, {{ scale }})
)
{%- endmacro %}


{#- true, t, yes, y, 1 and false, f, no, n, 0 in any case; else null. -#}
{% macro parse_boolean(expression) -%}
    {{ return(adapter.dispatch('parse_boolean', 'warehouse_cdp')(expression)) }}
{%- endmacro %}

{% macro default__parse_boolean(expression) -%}
case lower(trim({{ expression }}))
    {% for word in ['true', 't', 'yes', 'y', '1'] %}when '{{ word }}' then true {% endfor %}
    {% for word in ['false', 'f', 'no', 'n', '0'] %}when '{{ word }}' then false {% endfor %}
end
{%- endmacro %}

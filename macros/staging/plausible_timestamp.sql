{#- The timestamp when it can be true, otherwise null. Clocks of tills and phones run ahead by up
    to a day; what lies beyond that, or before 1990 (epoch zero, mostly), is no time at all. -#}
{% macro plausible_timestamp(expression) -%}
    case
        when {{ is_before_sources_began(expression) }} then null
        when {{ is_after_the_clock(expression) }} then null
        else {{ expression }}
    end
{%- endmacro %}

{% macro is_before_sources_began(expression) -%}
    {{ expression }} < timestamp '1990-01-01 00:00:00'
{%- endmacro %}

{% macro is_after_the_clock(expression) -%}
    {{ expression }} > {{ as_of() }} + interval '1 day'
{%- endmacro %}

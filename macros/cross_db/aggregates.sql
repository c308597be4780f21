{#- Of the rows that have a value, the value of the one whose `order_expression` is lowest. -#}
{% macro value_at_lowest(value, order_expression) -%}
    {{ return(adapter.dispatch('value_at_lowest', 'warehouse_cdp')(value, order_expression)) }}
{%- endmacro %}

{% macro default__value_at_lowest(value, order_expression) -%}
arg_min({{ value }}, {{ order_expression }})
{%- endmacro %}

{% macro postgres__value_at_lowest(value, order_expression) -%}
(
    array_agg({{ value }} order by {{ order_expression }} asc)
    filter (where {{ value }} is not null)
)[1]
{%- endmacro %}


{#- The same for the highest. -#}
{% macro value_at_highest(value, order_expression) -%}
    {{ return(adapter.dispatch('value_at_highest', 'warehouse_cdp')(value, order_expression)) }}
{%- endmacro %}

{% macro default__value_at_highest(value, order_expression) -%}
arg_max({{ value }}, {{ order_expression }})
{%- endmacro %}

{% macro postgres__value_at_highest(value, order_expression) -%}
(
    array_agg({{ value }} order by {{ order_expression }} desc)
    filter (where {{ value }} is not null)
)[1]
{%- endmacro %}

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


{#-
    The value of the row that comes first in `ordering`, a list of sort terms such as
    'moment desc nulls last'; it must leave no ties. Null where that row's value is null. Much
    cheaper than a window when one row of each group is wanted.
-#}
{% macro value_of_first(value, ordering) -%}
    {{ return(adapter.dispatch('value_of_first', 'warehouse_cdp')(value, ordering)) }}
{%- endmacro %}

{% macro default__value_of_first(value, ordering) -%}
first({{ value }} order by {{ ordering | join(', ') }})
{%- endmacro %}

{% macro postgres__value_of_first(value, ordering) -%}
(array_agg({{ value }} order by {{ ordering | join(', ') }}))[1]
{%- endmacro %}

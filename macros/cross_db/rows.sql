{#-
    Explodes a delimited text into rows: a select of `key_columns`, `item` (text) and
    `item_position` (bigint, from 1). Rows whose text is null yield nothing. `relation` is a
    relation or the name of a CTE; use it as the body of a CTE.
-#}
{% macro unnest_delimited(relation, key_columns, column, delimiter=';') -%}
    {{ return(adapter.dispatch('unnest_delimited', 'warehouse_cdp')(
        relation, key_columns, column, delimiter
    )) }}
{%- endmacro %}

{% macro default__unnest_delimited(relation, key_columns, column, delimiter) -%}
select
    {% for key_column in key_columns -%}
    delimited.{{ key_column }},
    {% endfor -%}
    string_split(delimited.{{ column }}, {{ text_literal(delimiter) }})[positions.item_position]
        as item,
    positions.item_position
from {{ relation }} as delimited
cross join
    unnest(range(1, len(string_split(delimited.{{ column }}, {{ text_literal(delimiter) }})) + 1))
        as positions (item_position)
{%- endmacro %}

{% macro postgres__unnest_delimited(relation, key_columns, column, delimiter) -%}
select
    {% for key_column in key_columns -%}
    delimited.{{ key_column }},
    {% endfor -%}
    items.item,
    items.item_position
from {{ relation }} as delimited
cross join
    lateral unnest(string_to_array(delimited.{{ column }}, {{ text_literal(delimiter) }}))
        with ordinality as items (item, item_position)
{%- endmacro %}

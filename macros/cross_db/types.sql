{#- The engine's timestamp without zone: what every `_at` column is. -#}
{% macro type_timestamp() %}
    {{- return(adapter.dispatch('type_timestamp', 'warehouse_cdp')()) -}}
{% endmacro %}

{% macro default__type_timestamp() %}timestamp{% endmacro %}

{#- A Jinja value as a SQL text literal; backslashes are plain characters on both engines. -#}
{% macro text_literal(value) -%}
'{{ value | string | replace("'", "''") }}'
{%- endmacro %}

{# An expression under a name; a column that already has the name is left as it is. #}
{% macro aliased(expression, name) -%}
    {{ expression }}{% if expression != name %} as {{ name }}{% endif %}
{%- endmacro %}

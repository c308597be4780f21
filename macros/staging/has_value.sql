{#- True when the raw text holds anything but blanks; never null. -#}
{% macro has_value(expression) -%}
    (coalesce(trim({{ expression }}), '') <> '')
{%- endmacro %}

{#- A source's own key as it is written, without blanks around it; null when there is none. -#}
{% macro source_key(expression) -%}
    nullif({{ trim_text(expression) }}, '')
{%- endmacro %}

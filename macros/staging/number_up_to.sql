{#- The number unless it is larger than anything real: a product of two such would overflow, and
    an overflow stops the run and prints the value. -#}
{% macro number_up_to(limit, expression) -%}
    case when abs({{ expression }}) <= {{ limit }} then {{ expression }} end
{%- endmacro %}

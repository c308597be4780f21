{# By how many bits (log2 odds) a match weight lies above a probability. #}
{% macro bits_above(probability, weight) -%}
    ({{ weight }} - ln({{ probability }} / (1.0 - {{ probability }})) / ln(2.0))
{%- endmacro %}

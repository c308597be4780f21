{#-
    Nearly every value arrives as machines and careful people write it. Such a text is recognised
    by one pattern and read by `plain`; only the others pay for the patterns of `otherwise`, which
    must give the same for a plain text and null for null. Postgres, where each more pattern costs
    as much as the ones it spares, reads all by `otherwise`.
-#}
{% macro read_plain_spelling(expression, pattern, plain, otherwise) -%}
    {{ return(adapter.dispatch('read_plain_spelling', 'warehouse_cdp')(
        expression, pattern, plain, otherwise
    )) }}
{%- endmacro %}

{% macro default__read_plain_spelling(expression, pattern, plain, otherwise) -%}
case
    when {{ regexp_like(expression, pattern) }} then {{ plain }}
    when {{ expression }} is not null then {{ otherwise }}
end
{%- endmacro %}

{% macro postgres__read_plain_spelling(expression, pattern, plain, otherwise) -%}
{{ otherwise }}
{%- endmacro %}

{#-
    Patterns are written in what RE2 (DuckDB) and Postgres' ARE share: bracket classes, {m,n},
    non-capturing groups, anchors, a leading (?i). Not \s, \d, \w, \b, look-arounds or lazy
    quantifiers: they differ or depend on the server's locale. Alternatives must not be prefixes
    of one another, since Postgres takes the longest and RE2 the first.
-#}

{% macro regexp_like(expression, pattern) -%}
    {{ return(adapter.dispatch('regexp_like', 'warehouse_cdp')(expression, pattern)) }}
{%- endmacro %}

{% macro default__regexp_like(expression, pattern) -%}
regexp_matches({{ expression }}, {{ text_literal(pattern) }})
{%- endmacro %}

{% macro postgres__regexp_like(expression, pattern) -%}
(({{ expression }}) ~ {{ text_literal(pattern) }})
{%- endmacro %}


{#- The first match (or its first group, when the pattern has one); null when there is none. -#}
{% macro regexp_extract_first(expression, pattern) -%}
    {{ return(adapter.dispatch('regexp_extract_first', 'warehouse_cdp')(expression, pattern)) }}
{%- endmacro %}

{% macro default__regexp_extract_first(expression, pattern) -%}
{%- set has_group = '(' in pattern | replace('(?', '') -%}
nullif(regexp_extract({{ expression }}, {{ text_literal(pattern) }}, {{ 1 if has_group else 0 }}), '')
{%- endmacro %}

{% macro postgres__regexp_extract_first(expression, pattern) -%}
nullif(substring(({{ expression }}) from {{ text_literal(pattern) }}), '')
{%- endmacro %}


{% macro regexp_replace_all(expression, pattern, replacement) -%}
    {{ return(adapter.dispatch('regexp_replace_all', 'warehouse_cdp')(
        expression, pattern, replacement
    )) }}
{%- endmacro %}

{% macro default__regexp_replace_all(expression, pattern, replacement) -%}
regexp_replace({{ expression }}, {{ text_literal(pattern) }}, {{ text_literal(replacement) }}, 'g')
{%- endmacro %}

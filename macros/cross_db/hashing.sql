{#-
    md5 over columns, as text. Every value is written with its length, so that neither a null and
    an empty text nor ('ab', 'c') and ('a', 'bc') can collide by layout.
-#}
{% macro hash_columns(columns) -%}
    {{ return(adapter.dispatch('hash_columns', 'warehouse_cdp')(columns)) }}
{%- endmacro %}

{% macro default__hash_columns(columns) -%}
{%- set parts = [] -%}
{%- for column in columns -%}
    {%- set value = 'cast(' ~ column ~ ' as text)' -%}
    {#- concat passes over nulls, so that of a null only the dash is left. -#}
    {%- do parts.extend([
        "length(" ~ value ~ ")", "case when " ~ column ~ " is null then '-' else ':' end", value,
    ]) -%}
{%- endfor -%}
{#- One function of many texts: a chain of || copies what it has so far at every step. -#}
md5(concat({{ parts | join(", ") }}))
{%- endmacro %}


{#-
    The keyed hash of a text: hex HMAC-SHA256 under CDP_HASH_KEY, first 32 characters. Its Python
    twin is `warehouse_cdp.privacy.keyed_hash`. The key never stands in compiled SQL: it is a
    setting of the connection, read by the function that `create_helper_functions` makes.
-#}
{% macro keyed_hash(expression) -%}
    {{ return(adapter.dispatch('keyed_hash', 'warehouse_cdp')(expression)) }}
{%- endmacro %}

{% macro default__keyed_hash(expression) -%}
{{ helper_function('cdp_keyed_hash') }}({{ expression }})
{%- endmacro %}

{#- The key's blocks as scalar subqueries: Postgres works them out once a query, not once a row. -#}
{% macro postgres__keyed_hash(expression) -%}
{%- set hash_block = helper_function('cdp_hash_block') -%}
{{ helper_function('cdp_keyed_hash') }}(
    {{ expression }}, (select {{ hash_block }}(54)), (select {{ hash_block }}(92))
)
{%- endmacro %}

{#- Keys that are themselves personal leave the raw tables only as keyed hashes, of one spelling. -#}
{% macro email_key(expression) -%}
    {{ keyed_hash(lower_text(source_key(expression))) }}
{%- endmacro %}

{#- A MAC address is written with colons, dashes, dots or nothing: the hexadecimal digits count. -#}
{% macro mac_address_key(expression) -%}
    {{ keyed_hash(
        "nullif(" ~ regexp_replace_all("lower(" ~ expression ~ ")", "[^0-9a-f]", "") ~ ", '')"
    ) }}
{%- endmacro %}

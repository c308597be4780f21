{#- A till's time, as UTC: it is local to the country of the store. -#}
{% macro till_timestamp(expression) -%}
    {{ parse_local_timestamp(expression, 'iso', till_time_zone()) }}
{%- endmacro %}

{#- Time zone of the receipt's store, as an SQL expression; null for a country without tills. -#}
{% macro till_time_zone() -%}
    {{ standardise_enum('store_country', {'GB': 'Europe/London', 'DE': 'Europe/Berlin'}) }}
{%- endmacro %}

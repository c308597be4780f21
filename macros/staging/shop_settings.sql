{#- How each instance of the shop platform writes its values: one entry an instance, read by the
    shared bodies `shop_*` below. `time_zone` is that of the shop's zone-less times. -#}
{% macro shop_settings(source_name) %}
    {%- set instances = {
        "shop_uk": {
            "country_code": "GB",
            "currency_code": "GBP",
            "time_zone": "Europe/London",
            "timestamp_layout": "iso",
            "birth_date_layout": "dmy_slash",
            "decimal_comma": false,
        },
        "shop_de": {
            "country_code": "DE",
            "currency_code": "EUR",
            "time_zone": "Europe/Berlin",
            "timestamp_layout": "dmy_dots",
            "birth_date_layout": "dmy_dots",
            "decimal_comma": true,
        },
    } -%}
    {%- if source_name not in instances -%}
        {{ exceptions.raise_compiler_error(
            "shop_settings: no shop instance '" ~ source_name ~ "'; known: "
            ~ (instances | join(", ")) ~ ". Add it to macros/staging/shop_settings.sql."
        ) }}
    {%- endif -%}
    {{ return(instances[source_name]) }}
{% endmacro %}

{#- A local time of the shop, as UTC. -#}
{% macro shop_timestamp(expression, shop) -%}
    {{ parse_local_timestamp(expression, shop.timestamp_layout, "'" ~ shop.time_zone ~ "'") }}
{%- endmacro %}

{#- An amount as the shop writes numbers. -#}
{% macro shop_amount(expression, shop) -%}
    {{ parse_number(expression, decimal_comma=shop.decimal_comma) }}
{%- endmacro %}

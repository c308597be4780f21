{#- Joins the texts that are not null; an empty text counts as a value. -#}
{% macro string_concat_ws(separator, expressions) -%}
    {{ return(adapter.dispatch('string_concat_ws', 'warehouse_cdp')(separator, expressions)) }}
{%- endmacro %}

{% macro default__string_concat_ws(separator, expressions) -%}
concat_ws({{ text_literal(separator) }}, {{ expressions | join(', ') }})
{%- endmacro %}


{#- A text without the blanks around it. -#}
{% macro trim_text(expression) -%}
    {{ return(adapter.dispatch('trim_text', 'warehouse_cdp')(expression)) }}
{%- endmacro %}

{#- DuckDB's trim walks over every character, because it takes Unicode's blanks for blanks too: of
    ASCII only the space is one, so that a text of one byte a character needs a look at its ends. -#}
{% macro default__trim_text(expression) -%}
case
    when
        {{ expression }} like ' %'
        or {{ expression }} like '% '
        or strlen({{ expression }}) <> length({{ expression }})
        then trim({{ expression }})
    else {{ expression }}
end
{%- endmacro %}

{% macro postgres__trim_text(expression) -%}
trim({{ expression }})
{%- endmacro %}


{#-
    Unicode lower case, one character for one. Postgres' lower() depends on the database's locale
    (under "C" it leaves 'É' alone), hence a function of ours there.
-#}
{% macro lower_text(expression) -%}
    {{ return(adapter.dispatch('lower_text', 'warehouse_cdp')(expression)) }}
{%- endmacro %}

{% macro default__lower_text(expression) -%}
lower({{ expression }})
{%- endmacro %}

{% macro postgres__lower_text(expression) -%}
{{ helper_function('cdp_lower') }}({{ expression }})
{%- endmacro %}


{#- Unicode upper case, one character for one: 'ß' stays, where engines say 'ẞ', 'SS' or 'ß'. -#}
{% macro upper_text(expression) -%}
    {{ return(adapter.dispatch('upper_text', 'warehouse_cdp')(expression)) }}
{%- endmacro %}

{% macro default__upper_text(expression) -%}
replace(upper({{ expression }}), 'ẞ', 'ß')
{%- endmacro %}

{% macro postgres__upper_text(expression) -%}
{{ helper_function('cdp_upper') }}({{ expression }})
{%- endmacro %}


{#- Upper case of a code (a country, a currency, a postal code), whose letters are ASCII. -#}
{% macro upper_code(expression) -%}
    {{ return(adapter.dispatch('upper_code', 'warehouse_cdp')(expression)) }}
{%- endmacro %}

{% macro default__upper_code(expression) -%}
upper({{ expression }})
{%- endmacro %}

{% macro postgres__upper_code(expression) -%}
{{ helper_function('cdp_upper') }}({{ expression }})
{%- endmacro %}

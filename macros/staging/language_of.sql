{#- The language of a locale: 'en' of en-GB, en_GB or EN; null when it is written in no such way. -#}
{% macro language_of(locale) -%}
    case
        when {{ regexp_like(locale, "^[A-Za-z]{2}([-_].*)?$") }}
            then lower(substr({{ locale }}, 1, 2))
    end
{%- endmacro %}

{#- The country of a locale: 'GB' of en-GB; null when it names none. -#}
{% macro country_of(locale) -%}
    case
        when {{ regexp_like(locale, "^[A-Za-z]{2}[-_][A-Za-z]{2}$") }}
            then upper(substr({{ locale }}, 4, 2))
    end
{%- endmacro %}

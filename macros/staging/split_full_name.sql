{#- A full name is taken apart only where there is no doubt: exactly two words without digits,
    comma or title. Everything else stays whole in `full_name`; a wrong split would be evidence
    against a true match. -#}
{% macro given_name_of(full_name) -%}
    case
        when {{ is_two_plain_words(full_name) }}
            then {{ standardise_name(regexp_replace_all(full_name, " .*$", "")) }}
    end
{%- endmacro %}

{% macro family_name_of(full_name) -%}
    case
        when {{ is_two_plain_words(full_name) }}
            then {{ standardise_name(regexp_replace_all(full_name, "^.* ", "")) }}
    end
{%- endmacro %}

{% macro is_two_plain_words(full_name) -%}
    {{ regexp_like(full_name, "^[^ ,.@0-9]{2,} [^ ,.@0-9]{2,}$") }}
    and not {{ regexp_like(
        "lower(" ~ full_name ~ ")", "^(mr|mrs|ms|miss|mx|dr|prof|sir|herr|frau|familie|family) "
    ) }}
{%- endmacro %}

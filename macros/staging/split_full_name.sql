{#- A full name is taken apart only where there is no doubt: two plain words ('Ann Lee'), with
    particles between them ('Jan de Jong'), or turned round by one comma ('Lee, Ann'). Everything
    else stays whole in `full_name`: a wrong split would be evidence against a true match. -#}
{% macro given_name_of(full_name) -%}
    case
        when {{ is_given_then_family(full_name) }}
            then {{ standardise_name_part(regexp_replace_all(full_name, " .*$", "")) }}
        when {{ is_family_then_given(full_name) }}
            then {{ standardise_name_part(regexp_replace_all(full_name, "^.*, ", "")) }}
    end
{%- endmacro %}

{% macro family_name_of(full_name) -%}
    case
        when {{ is_given_then_family(full_name) }}
            then {{ standardise_name_part(regexp_replace_all(full_name, "^[^ ]+ ", "")) }}
        when {{ is_family_then_given(full_name) }}
            then {{ standardise_name_part(regexp_replace_all(full_name, ",.*$", "")) }}
    end
{%- endmacro %}

{% macro is_given_then_family(full_name) -%}
    {%- set word = "[^ ,.@0-9]{2,}" -%}
    {%- set particles = "((van|von|vom|de|der|den|del|della|di|da|dos|du|ter|ten|zu|zum|zur) )*" -%}
    {{ regexp_like(lower_text(full_name), "^" ~ word ~ " " ~ particles ~ word ~ "$") }}
    and not {{ regexp_like(
        lower_text(full_name), "^(mr|mrs|ms|miss|mx|dr|prof|sir|herr|frau|familie|family|team) "
    ) }}
{%- endmacro %}

{% macro is_family_then_given(full_name) -%}
    {{ regexp_like(full_name, "^[^ ,.@0-9]{2,}, [^ ,.@0-9]{2,}$") }}
{%- endmacro %}

{#- The birth date of someone who can be alive, otherwise null: not before 1900, not to come. -#}
{% macro plausible_birth_date(expression) -%}
    case
        when {{ is_before_anyone_living(expression) }} then null
        when {{ is_yet_to_be_born(expression) }} then null
        else {{ expression }}
    end
{%- endmacro %}

{% macro is_before_anyone_living(expression) -%}
    {{ expression }} < date '1900-01-01'
{%- endmacro %}

{% macro is_yet_to_be_born(expression) -%}
    {{ expression }} > {{ as_of() }}
{%- endmacro %}

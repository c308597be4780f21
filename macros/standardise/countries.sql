{#-
    The form in which country names are looked up: lower case, blanks collapsed, dots gone
    ('U.K.' is 'uk'). The seed `country_names` holds its aliases in this form.
-#}
{% macro country_alias(expression) -%}
{{ lower_text(collapse_whitespace("replace(" ~ expression ~ ", '.', '')")) }}
{%- endmacro %}


{#-
    The join that finds a country; select `<join_alias>.country_code` beside it:

        select records.record_id, home_country.country_code
        from records
        {{ join_country_names('records.country_raw', 'home_country') }}
-#}
{% macro join_country_names(raw_expression, join_alias='country_names') -%}
left join {{ ref('country_names') }} as {{ join_alias }}
    on {{ join_alias }}.country_alias = {{ country_alias(raw_expression) }}
{%- endmacro %}


{#- ISO alpha-2 of the country a joined row names, else the default (an expression), if any. -#}
{% macro standardise_country(join_alias='country_names', default_expression='null') -%}
coalesce({{ join_alias }}.country_code, {{ default_expression }})
{%- endmacro %}

{#
    Whether var `sources` lists this staging model. A company without tills simply lists no till
    models: nothing else has to be switched off, and no view is built on raw tables it lacks.
#}
{% macro is_listed_input() -%}
    {%- set listed = [] -%}
    {%- set sources = var('sources') if var('sources') is mapping else {} -%}
    {%- for models in sources.values() if models -%}
        {%- do listed.extend(models) -%}
    {%- endfor -%}
    {{- return(model.name in listed) -}}
{%- endmacro %}

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


{#
    How often a staging model is built. Records of persons and their identifiers feed identity,
    which is nightly; everything else can come between the nights.
#}
{% macro input_cadence() -%}
    {%- set sources = var('sources') if var('sources') is mapping else {} -%}
    {%- set nightly = (sources.get('persons') or []) + (sources.get('identifiers') or []) -%}
    {{- return('nightly' if model.name in nightly else 'hourly') -}}
{%- endmacro %}

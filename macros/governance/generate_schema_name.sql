{#
    Bare names only where var production_targets says so, so that no developer or CI run can
    touch production. State on DuckDB is a database of its own, where the layer name would only
    be said twice: `cdp_state.identity_assignments`, not `cdp_state.cdp_state.…`.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%}
        {{- target.schema -}}
    {%- elif custom_schema_name | trim == 'cdp_state' -%}
        {{- state_schema() -}}
    {%- elif is_production() -%}
        {{- custom_schema_name | trim -}}
    {%- else -%}
        {{- target.schema ~ '_' ~ custom_schema_name | trim -}}
    {%- endif -%}
{%- endmacro %}


{% macro is_production() -%}
    {{- return(target.name in var('production_targets')) -}}
{%- endmacro %}

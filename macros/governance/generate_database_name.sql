{# A model asks for state by its schema alone; which database that is depends on the engine. #}
{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {%- if node is not none and node.config is defined and node.config.schema == 'cdp_state' -%}
        {{- state_database() -}}
    {%- elif custom_database_name is none -%}
        {{- target.database -}}
    {%- else -%}
        {{- custom_database_name | trim -}}
    {%- endif -%}
{%- endmacro %}

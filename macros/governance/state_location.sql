{# Where state lives: an attached file on DuckDB, a schema of the same database elsewhere. #}
{% macro state_database() -%}
    {{- return(adapter.dispatch('state_database', 'warehouse_cdp')()) -}}
{%- endmacro %}


{% macro default__state_database() -%}
    {{- return(target.database) -}}
{%- endmacro %}


{% macro duckdb__state_database() -%}
    {{- return('cdp_state') -}}
{%- endmacro %}


{% macro state_schema() -%}
    {{- return(adapter.dispatch('state_schema', 'warehouse_cdp')()) -}}
{%- endmacro %}


{% macro default__state_schema() -%}
    {{- return('cdp_state' if is_production() else target.schema ~ '_cdp_state') -}}
{%- endmacro %}


{% macro duckdb__state_schema() -%}
    {{- return('main' if is_production() else target.schema) -}}
{%- endmacro %}


{% macro state_relation(identifier) -%}
    {{- return(api.Relation.create(
        database=state_database(), schema=state_schema(), identifier=identifier
    )) -}}
{%- endmacro %}

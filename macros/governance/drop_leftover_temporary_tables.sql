{# dbt-duckdb leaves `…__dbt_tmp…` tables of state models behind in the warehouse file. #}
{% macro drop_leftover_temporary_tables() -%}
    {{- return(adapter.dispatch('drop_leftover_temporary_tables', 'warehouse_cdp')()) -}}
{%- endmacro %}


{% macro default__drop_leftover_temporary_tables() -%}
{%- endmacro %}


{% macro duckdb__drop_leftover_temporary_tables() -%}
    {%- if execute -%}
        {%- set leftovers = run_query(
            "select database_name, schema_name, table_name from duckdb_tables()"
            ~ " where contains(table_name, '__dbt_tmp')"
        ) -%}
        {%- for row in leftovers.rows -%}
            {%- do run_query('drop table if exists ' ~ api.Relation.create(
                database=row[0], schema=row[1], identifier=row[2]
            )) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

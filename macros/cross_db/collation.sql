{#-
    Text orders by code point, as on DuckDB. Postgres orders it by the database's collation, which
    is the language of whoever made the database: min(), max(), < and `order by` of a text would
    choose other rows there, and other customers with them. So every text column that the project
    makes declares collation "C", and what is computed from such columns inherits it: models need
    to say nothing (docs/decisions/0015). Text sorts several times faster too.

    Tables under contract and those of Python models declare their columns; a table without a
    contract inherits from what it reads.
-#}
{% macro type_text_by_code_point() -%}
    {{ return(adapter.dispatch('type_text_by_code_point', 'warehouse_cdp')()) }}
{%- endmacro %}

{% macro default__type_text_by_code_point() -%}
text
{%- endmacro %}

{% macro postgres__type_text_by_code_point() -%}
text collate "C"
{%- endmacro %}


{#- Overrides dbt's own, which declares a column by its data_type alone. -#}
{% macro postgres__get_table_columns_and_constraints() -%}
    {%- set declared = {} -%}
    {%- for name, column in model['columns'].items() -%}
        {%- set is_text = column['data_type'] in ('text', 'text[]') -%}
        {%- do declared.update({name: dict(
            column, data_type=column['data_type'] ~ ' collate "C"'
        ) if is_text else column}) -%}
    {%- endfor -%}
    {%- set lines = adapter.render_raw_columns_constraints(raw_columns=declared)
        + adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
    ({{ lines | join(', ') }})
{%- endmacro %}

{#
    As dbt-postgres, which calls every array `ARRAY` and every domain `USER-DEFINED`: neither can be
    the type of a new column.
#}
{% macro pgpython__get_columns_in_relation(relation) -%}
    {%- call statement('get_columns_in_relation', fetch_result=True) -%}
        select
            column_name,
            case
                when data_type in ('ARRAY', 'USER-DEFINED')
                    then
                        (
                            select format_type(pg_attribute.atttypid, pg_attribute.atttypmod)
                            from pg_catalog.pg_attribute
                            inner join pg_catalog.pg_class
                                on pg_class.oid = pg_attribute.attrelid
                            inner join pg_catalog.pg_namespace
                                on pg_namespace.oid = pg_class.relnamespace
                            where
                                pg_namespace.nspname = table_schema
                                and pg_class.relname = table_name
                                and pg_attribute.attname = column_name
                        )
                else data_type
            end as data_type,
            character_maximum_length,
            numeric_precision,
            numeric_scale
        from {{ relation.information_schema('columns') }}
        where
            table_name = '{{ relation.identifier }}'
            {% if relation.schema %}and table_schema = '{{ relation.schema }}'{% endif %}
        order by ordinal_position
    {%- endcall -%}
    {{- return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) -}}
{%- endmacro %}


{# Text is compared by code point, as in the tables that Python models make. #}
{% macro pgpython__alter_relation_add_remove_columns(
    relation, add_columns=none, remove_columns=none
) -%}
    {%- set changes = [] -%}
    {%- for column in add_columns or [] -%}
        {%- set kind = column.expanded_data_type -%}
        {%- do changes.append(
            'add column ' ~ column.quoted ~ ' ' ~ kind
            ~ (' collate "C"' if kind in ['text', 'text[]'] else '')
        ) -%}
    {%- endfor -%}
    {%- for column in remove_columns or [] -%}
        {%- do changes.append('drop column ' ~ column.quoted) -%}
    {%- endfor -%}
    {%- do adapter.alter_table(
        relation,
        ['alter table ' ~ relation.render() ~ ' ' ~ changes | join(', ')],
        pgpython_built_relations()
    ) -%}
{%- endmacro %}


{# dbt's own adds a column, fills it and drops the old one with `cascade`. #}
{% macro pgpython__alter_column_type(relation, column_name, new_column_type) -%}
    {%- set column = adapter.quote(column_name) -%}
    {%- do adapter.alter_table(
        relation,
        [
            'alter table ' ~ relation.render() ~ ' alter column ' ~ column ~ ' type '
            ~ new_column_type ~ (' collate "C"' if new_column_type in ['text', 'text[]'] else '')
            ~ ' using ' ~ column ~ '::' ~ new_column_type
        ],
        pgpython_built_relations()
    ) -%}
{%- endmacro %}

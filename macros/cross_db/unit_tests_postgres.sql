{#-
    dbt's own materialisation of a unit test, but for one line: the sentence that names a test may
    be longer than the 63 characters that Postgres allows the table which holds its columns.
-#}
{%- materialization unit, adapter='postgres' -%}
    {%- set expected_rows = config.get('expected_rows') -%}
    {%- set expected_sql = config.get('expected_sql') -%}
    {%- set tested_columns = (
        expected_rows[0].keys() if expected_rows | length > 0 else get_columns_in_query(sql)
    ) -%}
    {%- set columns_table = make_temp_relation(
        this.incorporate(path={'identifier': this.identifier[:32]}, type='table')
    ) -%}
    {%- do run_query(
        get_create_table_as_sql(True, columns_table, get_empty_subquery_sql(sql))
    ) -%}
    {%- set types, names = {}, {} -%}
    {%- for column in adapter.get_columns_in_relation(columns_table) -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
        {%- do names.update({column.name | lower: column.quoted}) -%}
    {%- endfor -%}
    {%- set tested_names = [] -%}
    {%- for name in tested_columns -%}{%- do tested_names.append(names[name | lower]) -%}{%- endfor -%}
    {%- call statement('main', fetch_result=True) -%}
        {{ get_unit_test_sql(
            sql, expected_sql or get_expected_sql(expected_rows, types, names), tested_names
        ) }}
    {%- endcall -%}
    {%- do adapter.drop_relation(columns_table) -%}
    {{ return({'relations': []}) }}
{%- endmaterialization -%}

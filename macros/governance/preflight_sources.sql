{#
    Compares the declared raw columns of every source table that a listed staging model reads with
    what is in the warehouse, and names all that is missing in one message: a view over a renamed
    column would otherwise fail somewhere in the middle, one error at a time.
#}
{% macro preflight_sources() -%}
    {%- if execute and flags.WHICH in ['run', 'build'] -%}
        {%- set problems = [] -%}
        {%- for table in read_source_tables() -%}
            {%- set relation = adapter.get_relation(
                database=table.database, schema=table.schema, identifier=table.identifier
            ) -%}
            {%- set place = table.schema ~ '.' ~ table.identifier -%}
            {%- if relation is none -%}
                {%- do problems.append('  - table ' ~ place ~ ' does not exist') -%}
            {%- else -%}
                {%- set found = adapter.get_columns_in_relation(relation)
                    | map(attribute='name') | map('lower') | list -%}
                {%- set missing = [] -%}
                {%- for column in table.columns if column | lower not in found -%}
                    {%- do missing.append(column) -%}
                {%- endfor -%}
                {%- if missing -%}
                    {%- do problems.append(
                        '  - table ' ~ place ~ ' lacks column(s) ' ~ missing | join(', ')
                        ~ '; it has ' ~ found | join(', ')
                    ) -%}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if problems -%}
            {{- exceptions.raise_compiler_error(
                'raw data are not as models/staging/*/_*__sources.yml declare them:\n'
                ~ problems | join('\n')
                ~ '\nLoad the tables (the sample: `cdp load-sample`), correct the declaration, or'
                ~ ' take the staging models off var sources in dbt_project.yml.'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# Source tables that enabled models read, each once; state is made on start and not among them. #}
{% macro read_source_tables() -%}
    {%- set read = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- do read.extend(node.depends_on.nodes) -%}
    {%- endfor -%}
    {%- set tables = [] -%}
    {%- for id, table in graph.sources.items()
        if id in read and table.source_name != 'cdp_state' -%}
        {%- do tables.append(table) -%}
    {%- endfor -%}
    {{- return(tables | sort(attribute='unique_id')) -}}
{%- endmacro %}

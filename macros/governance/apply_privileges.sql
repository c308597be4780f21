{#
    dbt's materialisations call this with each relation they make, in the transaction that puts it
    in place. Where roles are configured, all that is granted on it is made what the configuration
    says, grants on columns included, which dbt does not take back; else dbt's own way holds.
#}
{% macro postgres__apply_grants(relation, grant_config, should_revoke=true) -%}
    {%- if not configured_roles() -%}
        {{- return(dbt.default__apply_grants(relation, grant_config, should_revoke)) -}}
    {%- endif -%}
    {%- do mend_privileges(privilege_differences(
        wished_privileges(model), [{'schema_name': relation.schema, 'is_ours': true}], relation
    )) -%}
{%- endmacro %}


{#
    What no materialisation makes: the use of schemas, the tables of the state and those of sources.
    On start, when the schemas of the run are there; what other owners made is left to them, and
    `cdp grants check` says what they have to do.
#}
{% macro apply_base_privileges() -%}
    {{- return(adapter.dispatch('apply_base_privileges', 'warehouse_cdp')()) -}}
{%- endmacro %}


{% macro default__apply_base_privileges() -%}
{%- endmacro %}


{% macro postgres__apply_base_privileges() -%}
    {%- if execute and flags.WHICH in ['run', 'build', 'seed'] and configured_roles() -%}
        {%- set query -%}
            select differences.*
            from (
                {{ privilege_differences(all_wished_privileges(), governed_schemas()) }}
            ) as differences
            where
                not differences.is_ours
                or differences.place not like 'table %'
                or differences.schema_name = {{ _as_text(state_schema()) }}
        {%- endset -%}
        {%- do mend_privileges(query) -%}
        {%- do run_query('commit') -%}
    {%- endif -%}
{%- endmacro %}


{# Run what a query of differences says, in the open transaction, where we may. #}
{% macro mend_privileges(query) -%}
    {%- set found = run_query(query) -%}
    {%- set statements = [] -%}
    {%- for row in found.rows -%}
        {%- if row['statement'].startswith('create role') -%}
            {{- exceptions.raise_compiler_error(
                'role ' ~ row['grantee'] ~ ', which a variable role_… or a config grants names,'
                ~ ' does not exist on the server: have an administrator run `'
                ~ row['statement'] ~ '`, or correct the name'
            ) -}}
        {%- endif -%}
        {%- if row['is_mendable'] -%}
            {%- do statements.append(row['statement']) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if statements -%}
        {%- call statement('privileges') -%}
            {{ statements | join(';\n') }}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}


{#
    For `cdp grants`: what the server grants other than the configuration says, a line of JSON for
    each difference. With `apply` it is mended first, so that what is told is left to do by hand.

    dbt run-operation compare_privileges --args '{apply: true}'
#}
{% macro compare_privileges(apply=false) -%}
    {{- return(adapter.dispatch('compare_privileges', 'warehouse_cdp')(apply)) -}}
{%- endmacro %}


{% macro default__compare_privileges(apply) -%}
    {{- exceptions.raise_compiler_error(
        'roles and grants are of Postgres only: on ' ~ target.type ~ ' whoever may read the file'
        ~ ' reads everything, and the variables role_… do nothing'
    ) -}}
{%- endmacro %}


{% macro postgres__compare_privileges(apply) -%}
    {%- if execute -%}
        {%- do check_variables() -%}
        {%- set roles = configured_roles() -%}
        {%- if not roles -%}
            {{- exceptions.raise_compiler_error(
                'no role is configured: name at least one in dbt_project.yml, under vars'
                ~ ' (role_analyst, role_bi_reader, role_activation, role_privacy)'
            ) -}}
        {%- endif -%}
        {%- set wished, schemas = all_wished_privileges(), governed_schemas() -%}
        {%- set query = privilege_differences(wished, schemas) -%}
        {%- if apply -%}
            {%- do run_query('begin') -%}
            {%- do mend_privileges(query) -%}
            {%- do run_query('commit') -%}
        {%- endif -%}
        {%- set left = run_query(query).rows | list -%}
        {%- set inherited = run_query(
            inherited_privileges(wished, schemas, roles.values() | list)
        ).rows | list -%}
        {%- for row in left + inherited -%}
            {%- do log('privilege ' ~ tojson(row.dict()), info=true) -%}
        {%- endfor -%}
        {%- do log('privileges compared: ' ~ wished | length, info=true) -%}
    {%- endif -%}
{%- endmacro %}

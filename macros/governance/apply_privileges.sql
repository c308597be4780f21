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
    What no materialisation makes: the use of schemas, and the tables of the state. On start, when
    the schemas of the run are there; what other owners made is left to them and to `cdp grants`.
#}
{% macro apply_base_privileges() -%}
    {{- return(adapter.dispatch('apply_base_privileges', 'warehouse_cdp')()) -}}
{%- endmacro %}


{% macro default__apply_base_privileges() -%}
{%- endmacro %}


{% macro postgres__apply_base_privileges() -%}
    {%- if execute and flags.WHICH in ['run', 'build', 'seed'] and configured_roles() -%}
        {%- set wished = [] -%}
        {%- for wish in all_wished_privileges()
            if not wish.relation_name or wish.schema_name == state_schema() -%}
            {%- do wished.append(wish) -%}
        {%- endfor -%}
        {%- set schemas = _own_schemas() -%}
        {%- set query -%}
            select differences.*
            from ({{ privilege_differences(wished, schemas) }}) as differences
            where
                differences.place not like 'table %'
                or starts_with(
                    differences.place,
                    'table ' || pg_catalog.quote_ident({{ _as_text(state_schema()) }}) || '.'
                )
        {%- endset -%}
        {%- do mend_privileges(query) -%}
        {%- do run_query('commit') -%}
    {%- endif -%}
{%- endmacro %}


{# Schemas of the project that the builder may grant the use of. #}
{% macro _own_schemas() -%}
    {%- set found = run_query(
        "select nspname from pg_catalog.pg_namespace"
        ~ " where pg_catalog.pg_has_role(nspowner, 'usage')"
    ).columns[0].values() | list -%}
    {%- set schemas = [] -%}
    {%- for schema in governed_schemas() if schema.is_ours and schema.schema_name in found -%}
        {%- do schemas.append(schema) -%}
    {%- endfor -%}
    {{- return(schemas) -}}
{%- endmacro %}


{# Run the statements of the differences that a query finds, in the open transaction. #}
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
        {%- do statements.append(row['statement']) -%}
    {%- endfor -%}
    {%- if statements -%}
        {%- call statement('privileges') -%}
            {{ statements | join(';\n') }}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}


{#
    For `cdp grants`: what the server grants other than the configuration says, a line of JSON for
    each difference, and mended if wanted.

    dbt run-operation compare_privileges --args '{apply: true}'
#}
{% macro compare_privileges(apply=false) -%}
    {{- return(adapter.dispatch('compare_privileges', 'warehouse_cdp')(apply)) -}}
{%- endmacro %}


{% macro default__compare_privileges(apply) -%}
    {{- exceptions.raise_compiler_error(
        'roles and grants are Postgres only: on ' ~ target.type ~ ' whoever may read the file reads'
        ~ ' everything, and the variables role_… do nothing'
    ) -}}
{%- endmacro %}


{% macro postgres__compare_privileges(apply) -%}
    {%- if execute -%}
        {%- set roles = configured_roles() -%}
        {%- if not roles -%}
            {{- exceptions.raise_compiler_error(
                'no role is configured: name at least one in dbt_project.yml, under vars'
                ~ ' (role_analyst, role_bi_reader, role_activation, role_privacy)'
            ) -}}
        {%- endif -%}
        {%- set wished, schemas = all_wished_privileges(), governed_schemas() -%}
        {%- set differences = run_query(privilege_differences(wished, schemas)).rows -%}
        {%- set inherited = run_query(
            inherited_privileges(wished, schemas, roles.values() | list)
        ).rows -%}
        {%- set statements = [] -%}
        {%- for row in differences | list + inherited | list -%}
            {%- do log('privilege ' ~ tojson(row.dict()), info=true) -%}
            {%- if row['statement'] and not row['statement'].startswith('create role') -%}
                {%- do statements.append(row['statement']) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if apply and statements -%}
            {%- do run_query('begin; ' ~ statements | join('; ') ~ '; commit') -%}
        {%- endif -%}
        {%- do log('privileges compared: ' ~ wished | length, info=true) -%}
    {%- endif -%}
{%- endmacro %}

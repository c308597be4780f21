{#
    Who may read what on Postgres, as the configuration says (docs/decisions/0025).

    `meta: {readers: […]}` of a folder or model names kinds of readers; the variables role_<kind>
    name the server's role for each, and no role means no grant. `meta: {personal: …}` of a column
    keeps it from every reader but those of personal_data_readers(). dbt's own config `grants` adds
    to that, whole relations to roles that it names itself. Other engines have no roles.
#}
{% macro configured_roles() -%}
    {%- set roles = {} -%}
    {%- for kind in ['analyst', 'bi_reader', 'activation', 'privacy'] -%}
        {%- set role = var('role_' ~ kind, '') -%}
        {%- if role -%}
            {%- do roles.update({kind: role}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(roles) -}}
{%- endmacro %}


{% macro personal_data_readers() -%}
    {{- return(['activation', 'privacy']) -}}
{%- endmacro %}


{# Every wish is a privilege of a role on a schema, a relation of it, or a column of that. #}
{% macro privilege_wish(schema, relation, column, role, privilege) -%}
    {{- return({
        'schema_name': schema, 'relation_name': relation or '', 'column_name': column or '',
        'grantee': role, 'privilege': privilege | upper,
    }) -}}
{%- endmacro %}


{# What is to be granted on the relation of a model or seed. #}
{% macro wished_privileges(node) -%}
    {%- set roles = configured_roles() -%}
    {%- set wished = [] -%}
    {%- set plain_columns, personal_columns = [], [] -%}
    {%- for column in node.columns.values() -%}
        {%- set meta = (column.config or {}).get('meta') or column.meta or {} -%}
        {%- do (personal_columns if meta.get('personal') else plain_columns).append(column.name) -%}
    {%- endfor -%}
    {%- set is_state = node.schema == state_schema() -%}
    {%- set readers = (node.config.get('meta') or {}).get('readers') or [] -%}
    {#- State is open to nobody who is not named for it here, whatever the folder says. -#}
    {%- for kind in (['privacy'] if is_state else readers) if kind in roles -%}
        {%- if is_state -%}
            {%- for privilege in ['select', 'insert', 'update', 'delete'] -%}
                {%- do wished.append(
                    privilege_wish(node.schema, node.alias, none, roles[kind], privilege)
                ) -%}
            {%- endfor -%}
        {%- elif kind in personal_data_readers() or not personal_columns -%}
            {%- do wished.append(
                privilege_wish(node.schema, node.alias, none, roles[kind], 'select')
            ) -%}
        {%- else -%}
            {%- for column in plain_columns -%}
                {%- do wished.append(
                    privilege_wish(node.schema, node.alias, column, roles[kind], 'select')
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for privilege, grantees in (node.config.get('grants') or {}).items() -%}
        {#- `select (a, b)` is a grant on two columns, which dbt hands on as it is. -#}
        {%- set name, _, columns = privilege.partition('(') -%}
        {%- for grantee in ([grantees] if grantees is string else grantees) -%}
            {%- for column in columns.rstrip(') ').split(',') -%}
                {%- do wished.append(privilege_wish(
                    node.schema, node.alias, column | trim, grantee, name | trim
                )) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(wished) -}}
{%- endmacro %}


{# On the tables of the state that migrations make: syncs keep their memory there. #}
{% macro wished_state_privileges() -%}
    {%- set roles = configured_roles() -%}
    {%- set names = ['schema_versions'] -%}
    {%- for migration in state_migrations() -%}
        {%- do names.extend(migration | map('first')) -%}
    {%- endfor -%}
    {%- set wished = [] -%}
    {%- for name in names | unique | sort -%}
        {%- for privilege in ['select', 'insert', 'update', 'delete'] -%}
            {%- for kind in ['activation', 'privacy'] if kind in roles and (
                kind == 'privacy'
                or name.startswith('sync_')
                or (name == 'suppressed_identifiers' and privilege == 'select')
            ) -%}
                {%- do wished.append(
                    privilege_wish(state_schema(), name, none, roles[kind], privilege)
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(wished) -}}
{%- endmacro %}


{# Who answers people about their data looks at what was loaded too. #}
{% macro wished_source_privileges() -%}
    {%- set wished, roles = [], configured_roles() -%}
    {%- for table in graph.sources.values()
        if 'privacy' in roles and table.source_name != 'cdp_state' -%}
        {%- do wished.append(
            privilege_wish(table.schema, table.identifier, none, roles.privacy, 'select')
        ) -%}
    {%- endfor -%}
    {{- return(wished) -}}
{%- endmacro %}


{# Models and seeds that are relations of this target. #}
{% macro built_nodes() -%}
    {%- set nodes = [] -%}
    {%- for node in graph.nodes.values()
        if node.resource_type in ['model', 'seed'] and node.config.materialized != 'ephemeral' -%}
        {%- do nodes.append(node) -%}
    {%- endfor -%}
    {{- return(nodes) -}}
{%- endmacro %}


{# Everything that is to be granted, with the use of the schemas that it lies in. #}
{% macro all_wished_privileges() -%}
    {%- set wished = wished_state_privileges() + wished_source_privileges() -%}
    {%- for node in built_nodes() -%}
        {%- do wished.extend(wished_privileges(node)) -%}
    {%- endfor -%}
    {%- set schemas = {} -%}
    {%- for wish in wished -%}
        {%- do schemas.update({
            (wish.schema_name, wish.grantee): privilege_wish(
                wish.schema_name, none, none, wish.grantee, 'usage'
            )
        }) -%}
    {%- endfor -%}
    {{- return(wished + schemas.values() | list) -}}
{%- endmacro %}


{#
    The schemas that are looked at. Of those that the project makes every grant is to be as
    configured; of those that sources lie in, only grants to our roles and to everybody.
#}
{% macro governed_schemas() -%}
    {%- set schemas = {} -%}
    {%- for table in graph.sources.values() -%}
        {%- do schemas.update({table.schema: false}) -%}
    {%- endfor -%}
    {%- for node in built_nodes() -%}
        {%- do schemas.update({node.schema: true}) -%}
    {%- endfor -%}
    {%- do schemas.update({state_schema(): true, target.schema: true}) -%}
    {%- set listed = [] -%}
    {%- for name, is_ours in schemas.items() -%}
        {%- do listed.append({'schema_name': name, 'is_ours': is_ours}) -%}
    {%- endfor -%}
    {{- return(listed) -}}
{%- endmacro %}

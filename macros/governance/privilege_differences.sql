{#
    A query of what the server grants other than is wished, a row for each relation, role and
    privilege: what (surplus, missing, or role where it does not exist), the place, the columns,
    the grantee, the privilege, the statement that mends it, whether who asks may run that, and
    whether the place is the project's own or a source's.

    wished: as privilege_wish() makes them. schemas: as governed_schemas(). relation: look at the
    one relation of this schema and name, and at no schema.
#}
{% macro privilege_differences(wished, schemas, relation=none) -%}
with wished as (
    select distinct one.*
    from jsonb_to_recordset({{ _as_jsonb(wished) }}) as one (
        schema_name text, relation_name text, column_name text, grantee text, privilege text
    )
),

governed as (
    select one.*
    from jsonb_to_recordset({{ _as_jsonb(schemas) }}) as one (schema_name text, is_ours boolean)
),

places as (
    {%- if relation is none %}
    select
        pg_namespace.oid as relation_oid,
        pg_namespace.nspname::text as schema_name,
        '' as relation_name,
        'schema' as kind,
        pg_catalog.quote_ident(pg_namespace.nspname) as place,
        pg_namespace.nspowner as owner,
        pg_namespace.nspacl as acl,
        governed.is_ours
    from pg_catalog.pg_namespace
    inner join governed on governed.schema_name = pg_namespace.nspname
    union all
    {%- endif %}
    select
        pg_class.oid as relation_oid,
        pg_namespace.nspname::text as schema_name,
        pg_class.relname::text as relation_name,
        case pg_class.relkind when 'S' then 'sequence' else 'table' end as kind,
        pg_catalog.quote_ident(pg_namespace.nspname)
        || '.' || pg_catalog.quote_ident(pg_class.relname) as place,
        pg_class.relowner as owner,
        pg_class.relacl as acl,
        governed.is_ours
    from pg_catalog.pg_class
    inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
    inner join governed on governed.schema_name = pg_namespace.nspname
    where
        pg_class.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        {%- if relation is not none %}
        and pg_class.relname = {{ _as_text(relation.identifier) }}
        {%- endif %}
),

granted as (
    select places.place, '' as column_name, one.grantee, one.privilege_type, one.is_grantable
    from places
    cross join lateral pg_catalog.aclexplode(places.acl) as one
    where one.grantee <> places.owner
    union all
    select
        places.place, pg_attribute.attname::text, one.grantee, one.privilege_type, one.is_grantable
    from places
    inner join pg_catalog.pg_attribute
        on pg_attribute.attrelid = places.relation_oid and places.kind = 'table'
    cross join lateral pg_catalog.aclexplode(pg_attribute.attacl) as one
    where one.grantee <> places.owner and not pg_attribute.attisdropped
),

held as (
    select
        granted.place,
        granted.column_name,
        coalesce(pg_roles.rolname::text, 'public') as grantee,
        granted.privilege_type as privilege,
        bool_or(granted.is_grantable) as is_grantable
    from granted
    left join pg_catalog.pg_roles on pg_roles.oid = granted.grantee
    group by granted.place, granted.column_name, coalesce(pg_roles.rolname::text, 'public'), 4
),

wished_here as (
    select places.place, wished.column_name, wished.grantee, wished.privilege
    from wished
    inner join places
        on places.schema_name = wished.schema_name and places.relation_name = wished.relation_name
    inner join pg_catalog.pg_roles on pg_roles.rolname = wished.grantee
    left join pg_catalog.pg_attribute
        on pg_attribute.attrelid = places.relation_oid
        and pg_attribute.attname = wished.column_name
        and pg_attribute.attnum > 0
        and not pg_attribute.attisdropped
    where wished.column_name = '' or pg_attribute.attname is not null
),

differing as (
    select
        'missing' as what, wished_here.place, wished_here.column_name, wished_here.grantee,
        wished_here.privilege, 'grant' as verb
    from wished_here
    left join held
        on held.place = wished_here.place
        and held.column_name = wished_here.column_name
        and held.grantee = wished_here.grantee
        and held.privilege = wished_here.privilege
    where held.place is null
    union all
    select
        'surplus', held.place, held.column_name, held.grantee, held.privilege,
        case when wished_here.place is null then 'revoke' else 'revoke grant option for' end
    from held
    inner join places on places.place = held.place
    left join wished_here
        on wished_here.place = held.place
        and wished_here.column_name = held.column_name
        and wished_here.grantee = held.grantee
        and wished_here.privilege = held.privilege
    where
        (wished_here.place is null or held.is_grantable)
        and (
            places.is_ours
            or held.grantee = 'public'
            or held.grantee in (select wished.grantee from wished)
        )
),

summed as (
    select
        differing.what,
        differing.place,
        differing.grantee,
        differing.privilege,
        differing.verb,
        differing.column_name <> '' as is_of_columns,
        coalesce(string_agg(
            pg_catalog.quote_ident(differing.column_name), ', ' order by differing.column_name
        ) filter (where differing.column_name <> ''), '') as column_names
    from differing
    group by
        differing.what, differing.place, differing.grantee, differing.privilege, differing.verb,
        differing.column_name <> ''
),

{# To take a privilege on a table away takes it away on its columns too. -#}
kept_columns as (
    select
        wished_here.place,
        wished_here.grantee,
        wished_here.privilege,
        string_agg(pg_catalog.quote_ident(wished_here.column_name), ', ') as column_names
    from wished_here
    where wished_here.column_name <> ''
    group by wished_here.place, wished_here.grantee, wished_here.privilege
)

select
    summed.what,
    places.kind || ' ' || summed.place as place,
    summed.column_names,
    summed.grantee,
    lower(summed.privilege) as privilege,
    summed.verb || ' ' || lower(summed.privilege)
    || case when summed.is_of_columns then ' (' || summed.column_names || ')' else '' end
    || ' on ' || places.kind || ' ' || summed.place
    || case summed.verb when 'grant' then ' to ' else ' from ' end
    || case summed.grantee when 'public' then 'public' else quote_ident(summed.grantee) end
    || case summed.verb when 'grant' then '' else ' cascade' end
    || case
        when summed.verb <> 'revoke' or summed.is_of_columns or kept_columns.place is null then ''
        else
            '; grant ' || lower(summed.privilege) || ' (' || kept_columns.column_names || ') on '
            || places.kind || ' ' || summed.place || ' to ' || quote_ident(summed.grantee)
    end as statement,
    pg_catalog.pg_has_role(places.owner, 'usage') as is_mendable,
    places.is_ours,
    places.schema_name
from summed
inner join places on places.place = summed.place
left join kept_columns
    on kept_columns.place = summed.place
    and kept_columns.grantee = summed.grantee
    and kept_columns.privilege = summed.privilege
union all
select distinct
    'missing', 'role ' || wished.grantee, '', wished.grantee, '',
    'create role ' || pg_catalog.quote_ident(wished.grantee), false, true, ''
from wished
where
    wished.grantee <> 'public'
    and wished.grantee not in (select pg_roles.rolname from pg_catalog.pg_roles)
order by 1 desc, 2, 4, 5
{%- endmacro %}


{#
    A query of what roles can do without a grant of their own that says so: as superusers, as
    owners, or as members of a role that can. A row for each role. No grant mends that.
#}
{% macro inherited_privileges(wished, schemas, roles) -%}
with wished as (
    select distinct one.*
    from jsonb_to_recordset({{ _as_jsonb(wished) }}) as one (
        schema_name text, relation_name text, column_name text, grantee text, privilege text
    )
),

governed as (
    select one.*
    from jsonb_to_recordset({{ _as_jsonb(schemas) }}) as one (schema_name text, is_ours boolean)
),

reachable as (
    select
        pg_roles.oid as role_oid,
        pg_roles.rolname::text as role_name,
        pg_roles.rolsuper,
        pg_namespace.nspname || '.' || pg_class.relname as place
    from pg_catalog.pg_roles
    cross join pg_catalog.pg_class
    inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
    inner join governed on governed.schema_name = pg_namespace.nspname
    inner join pg_catalog.pg_attribute
        on pg_attribute.attrelid = pg_class.oid
        and pg_attribute.attnum > 0
        and not pg_attribute.attisdropped
    left join wished as whole
        on whole.schema_name = pg_namespace.nspname
        and whole.relation_name = pg_class.relname
        and whole.column_name = ''
        and whole.grantee = pg_roles.rolname
        and whole.privilege = 'SELECT'
    left join wished as part
        on part.schema_name = pg_namespace.nspname
        and part.relation_name = pg_class.relname
        and part.column_name = pg_attribute.attname
        and part.grantee = pg_roles.rolname
        and part.privilege = 'SELECT'
    where
        pg_roles.rolname in (select jsonb_array_elements_text({{ _as_jsonb(roles) }}))
        and pg_class.relkind in ('r', 'p', 'v', 'm', 'f')
        and whole.grantee is null
        and part.grantee is null
        and pg_catalog.has_column_privilege(
            pg_roles.oid, pg_class.oid, pg_attribute.attnum, 'select'
        )
        {#- A grant to the role itself, or to everybody, is named as a surplus. #}
        and not exists (
            select 1
            from (
                select one.grantee from pg_catalog.aclexplode(pg_class.relacl) as one
                where one.privilege_type = 'SELECT'
                union all
                select one.grantee from pg_catalog.aclexplode(pg_attribute.attacl) as one
                where one.privilege_type = 'SELECT'
            ) as direct
            where direct.grantee in (0, pg_roles.oid) and pg_class.relowner <> pg_roles.oid
        )
)

select
    'surplus' as what,
    'role ' || reachable.role_name as place,
    '' as column_names,
    reachable.role_name as grantee,
    'select' as privilege,
    '' as statement,
    'it reads ' || count(distinct reachable.place) || ' relation(s) that it should not, such as '
    || min(reachable.place) || ', because it '
    || case
        when reachable.rolsuper then 'is a superuser'
        else coalesce(
            'is a member of ' || (
                select string_agg(groups.rolname, ', ' order by groups.rolname)
                from pg_catalog.pg_roles as groups
                where
                    groups.oid <> reachable.role_oid
                    and pg_catalog.pg_has_role(reachable.role_oid, groups.oid, 'member')
            ),
            'owns them'
        )
    end as reason
from reachable
group by reachable.role_oid, reachable.role_name, reachable.rolsuper
order by reachable.role_name
{%- endmacro %}


{% macro _as_jsonb(value) -%}
{{ _as_text(tojson(value)) }}::jsonb
{%- endmacro %}


{% macro _as_text(value) -%}
'{{ value | string | replace("'", "''") }}'
{%- endmacro %}

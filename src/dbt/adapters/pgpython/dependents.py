"""What stands on a relation: views, and foreign keys of other tables, with all they carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt.adapters.pgpython.types import literal, quoted

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, named as a module

KEYWORDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view"}

# Views in the order in which they can be made; `depth` is the longest way from the relation.
_REACHED = """
with recursive edges as (
    select distinct pg_rewrite.ev_class as oid, pg_depend.refobjid as reads
    from pg_catalog.pg_depend
    inner join pg_catalog.pg_rewrite
        on pg_rewrite.oid = pg_depend.objid
        and pg_depend.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    where
        pg_depend.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and pg_rewrite.ev_class <> pg_depend.refobjid
),

reached as (
    select edges.oid, 1 as depth from edges where edges.reads = %(oid)s
    union
    select edges.oid, reached.depth + 1
    from edges
    inner join reached on reached.oid = edges.reads
),

ordered as (
    select reached.oid, max(reached.depth) as depth from reached group by reached.oid
)
"""
_DIRECT = """
select
    pg_catalog.quote_ident(pg_namespace.nspname) || '.' || pg_catalog.quote_ident(pg_class.relname),
    pg_class.relkind::text,
    pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(pg_class.relowner))
from pg_catalog.pg_class
inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
inner join ordered on ordered.oid = pg_class.oid
where
    pg_class.relkind in ('v', 'm')
    and pg_class.oid in (select edges.oid from edges where edges.reads = %(oid)s)
order by ordered.depth desc, pg_class.oid
"""
_VIEWS = """
select
    pg_class.oid::bigint,
    pg_class.relkind::text,
    pg_namespace.nspname::text,
    pg_class.relname::text,
    pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(pg_class.relowner)),
    pg_class.reloptions::text[],
    pg_catalog.pg_get_viewdef(pg_class.oid),
    pg_catalog.obj_description(pg_class.oid, 'pg_class'),
    array(select edges.reads::bigint from edges where edges.oid = pg_class.oid),
    pg_class.relacl is not null
from pg_catalog.pg_class
inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
inner join ordered on ordered.oid = pg_class.oid
where pg_class.relkind in ('v', 'm')
order by ordered.depth, pg_namespace.nspname, pg_class.relname
"""
_COLUMN_COMMENTS = """
select pg_attribute.attname::text, pg_description.description
from pg_catalog.pg_description
inner join pg_catalog.pg_attribute
    on pg_attribute.attrelid = pg_description.objoid
    and pg_attribute.attnum = pg_description.objsubid
where
    pg_description.objoid = %(oid)s
    and pg_description.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and pg_description.objsubid > 0
order by pg_description.objsubid
"""
_GRANTS = """
select
    granted.column_name,
    coalesce(pg_catalog.quote_ident(pg_roles.rolname), 'public'),
    granted.privilege_type,
    granted.is_grantable
from (
    select null::text as column_name, one.*
    from pg_catalog.pg_class
    cross join lateral pg_catalog.aclexplode(pg_class.relacl) as one
    where pg_class.oid = %(oid)s and one.grantee <> pg_class.relowner
    union all
    select pg_attribute.attname::text, one.*
    from pg_catalog.pg_attribute
    cross join lateral pg_catalog.aclexplode(pg_attribute.attacl) as one
    where pg_attribute.attrelid = %(oid)s
) as granted
left join pg_catalog.pg_roles on pg_roles.oid = granted.grantee
order by granted.column_name nulls first, 2, 3
"""
_INDEXES = """
select pg_catalog.pg_get_indexdef(indexrelid)
from pg_catalog.pg_index
where indrelid = %(oid)s
order by indexrelid
"""
_FOREIGN_KEYS = """
select
    pg_namespace.nspname::text,
    pg_class.relname::text,
    pg_constraint.conname::text,
    pg_catalog.pg_get_constraintdef(pg_constraint.oid)
from pg_catalog.pg_constraint
inner join pg_catalog.pg_class on pg_class.oid = pg_constraint.conrelid
inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
where
    pg_constraint.confrelid = %(oid)s
    and pg_constraint.contype = 'f'
    and pg_constraint.conrelid <> pg_constraint.confrelid
order by 1, 2, 3
"""


@dataclass(frozen=True)
class View:
    """A view or materialised view, and what it takes to make it again.

    Attributes:
        oid: its own.
        schema: where it lies.
        identifier: its name.
        keyword: ``view`` or ``materialized view``.
        owner: quoted for SQL.
        options: ``security_barrier=true`` and the like.
        definition: its query, every name qualified.
        reads: oids of the relations it reads.
        is_direct: whether it reads the replaced relation itself.
        extras: statements that restore comments, grants, indexes and owner once it is made.
    """

    oid: int
    schema: str
    identifier: str
    keyword: str
    owner: str
    options: tuple[str, ...]
    definition: str
    reads: tuple[int, ...]
    is_direct: bool
    extras: tuple[str, ...]

    @property
    def name(self) -> str:
        """Quoted for SQL."""
        return quoted(self.schema, self.identifier)


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key of another table: the statements that take it away and put it back."""

    drop: str
    add: str


def direct_views(cursor: Cursor, schema: str, identifier: str) -> list[tuple[str, str, str]]:
    """Name, keyword and owner, quoted for SQL, of the views that read a relation themselves.

    One that reads another of them comes before it.
    """
    oid = _oid(cursor, schema, identifier)
    cursor.execute(_REACHED + _DIRECT, {"oid": oid})
    return [(name, KEYWORDS[kind], owner) for name, kind, owner in cursor.fetchall()]


def dependent_views(cursor: Cursor, schema: str, identifier: str) -> list[View]:
    """Every view on a relation, on a view on it, and so on; what is read before what reads it.

    Args:
        cursor: of psycopg2; its search path is empty, so that definitions name schemas.
        schema: of the relation.
        identifier: of the relation.
    """
    oid = _oid(cursor, schema, identifier)
    cursor.execute(_REACHED + _VIEWS, {"oid": oid})
    views = []
    for row in cursor.fetchall():
        view_oid, kind, view_schema, name, owner, options, query, comment, reads, has_acl = row
        view = View(
            view_oid, view_schema, name, KEYWORDS[kind], owner, tuple(options or ()),
            query.rstrip().rstrip(";"), tuple(reads), oid in reads, (),
        )  # fmt: skip
        extras = _extras(cursor, view, comment, has_acl=has_acl)
        views.append(View(**{**vars(view), "extras": tuple(extras)}))
    return views


def foreign_keys(cursor: Cursor, schema: str, identifier: str) -> list[ForeignKey]:
    """The foreign keys of other tables that refer to a table."""
    cursor.execute(_FOREIGN_KEYS, {"oid": _oid(cursor, schema, identifier)})
    return [
        ForeignKey(
            f"alter table {quoted(place, table)} drop constraint {quoted(name)}",
            f"alter table {quoted(place, table)} add constraint {quoted(name)} {definition}",
        )
        for place, table, name, definition in cursor.fetchall()
    ]


def replace_statements(view: View) -> list[str]:
    """Bind a view to the relations that bear the names in its definition now.

    It stays the same view, with its grants, comments, triggers and the views on it. None for a
    materialised view, which cannot be replaced so.
    """
    return [f"create or replace {_head(view)}"] if view.keyword == KEYWORDS["v"] else []


def create_statements(view: View) -> list[str]:
    """Make a view that was dropped, with everything that it carried."""
    return [f"create {_head(view)}", *view.extras]


def in_place_statements(cursor: Cursor, schema: str, identifier: str, new: str) -> list[str]:
    """Make a view what another one of its schema is, which then goes.

    It stays the same view, so that those on it need no lock; the server refuses if its columns
    would have to change.

    Args:
        cursor: of psycopg2; its search path is empty.
        schema: of both.
        identifier: of the view that stays.
        new: of the one that it is to be like.
    """
    oid, name = _oid(cursor, schema, new), quoted(schema, identifier)
    cursor.execute(
        "select pg_catalog.pg_get_viewdef(oid), reloptions::text[] from pg_catalog.pg_class"
        " where oid = %s",
        [oid],
    )
    definition, options = cursor.fetchone()
    given = f" with ({', '.join(options)})" if options else ""
    return [
        f"create or replace view {name}{given} as {definition.rstrip().rstrip(';')}",
        f"comment on view {name} is null",
        *_same_grants(cursor, oid, name),
        f"drop view {quoted(schema, new)}",
    ]


def _same_grants(cursor: Cursor, oid: int, name: str) -> list[str]:
    """Statements that give a relation the grants of another, and take all others away."""
    statements = [_REVOKE_ALL.format(relation=literal(name))]
    cursor.execute(_GRANTS, {"oid": oid})
    for column, grantee, privilege, is_grantable in cursor.fetchall():
        columns = f" ({quoted(column)})" if column else ""
        option = " with grant option" if is_grantable else ""
        statements.append(f"grant {privilege}{columns} on {name} to {grantee}{option}")
    return statements


def _head(view: View) -> str:
    options = f" with ({', '.join(view.options)})" if view.options else ""
    return f"{view.keyword} {view.name}{options} as {view.definition}"


def _oid(cursor: Cursor, schema: str, identifier: str) -> int:
    cursor.execute("select %s::pg_catalog.regclass::oid::bigint", [quoted(schema, identifier)])
    return int(cursor.fetchone()[0])


def _extras(cursor: Cursor, view: View, comment: str | None, *, has_acl: bool) -> list[str]:
    statements = []
    key = {"oid": view.oid}
    if view.keyword == KEYWORDS["m"]:
        cursor.execute(_INDEXES, key)
        statements += [row[0] for row in cursor.fetchall()]
    if comment:
        statements.append(f"comment on {view.keyword} {view.name} is {literal(comment)}")
    cursor.execute(_COLUMN_COMMENTS, key)
    statements += [
        f"comment on column {view.name}.{quoted(column)} is {literal(said)}"
        for column, said in cursor.fetchall()
    ]
    if has_acl:
        # Default privileges may have granted more to the new view than the old one had.
        statements += _same_grants(cursor, view.oid, view.name)
    # Last: afterwards the builder may have no right to do the above.
    statements.append(f"alter {view.keyword} {view.name} owner to {view.owner}")
    return statements


_REVOKE_ALL = """
do $pgpython$
declare
    one record;
begin
    for one in
        select distinct coalesce(pg_catalog.quote_ident(pg_roles.rolname), 'public') as grantee
        from pg_catalog.pg_class
        cross join lateral (
            select granted.grantee
            from pg_catalog.aclexplode(pg_class.relacl) as granted
            union
            select granted.grantee
            from pg_catalog.pg_attribute
            cross join lateral pg_catalog.aclexplode(pg_attribute.attacl) as granted
            where pg_attribute.attrelid = pg_class.oid
        ) as anyone
        left join pg_catalog.pg_roles on pg_roles.oid = anyone.grantee
        where
            pg_class.oid = {relation}::pg_catalog.regclass
            and anyone.grantee <> pg_class.relowner
    loop
        execute 'revoke all on ' || {relation} || ' from ' || one.grantee;
    end loop;
end
$pgpython$
"""

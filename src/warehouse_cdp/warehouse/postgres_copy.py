"""A PostgreSQL target as DuckDB files, so that one code serves both engines.

Commands that look for a person everywhere, check the state or try a change on a copy speak
DuckDB. Here they get what they ask for: the tables of the target, read as one snapshot and typed
as the adapter of Python models types them, in two files as a DuckDB target has them. They are
readable by their owner only, and deleted when the command ends. Whatever a command changed in
them is carried to the server in one transaction (``postgres_changes``), which has locked the
tables since before they were read.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc
import duckdb
from dbt_common.exceptions import DbtBaseException
from psycopg2.extensions import make_dsn

from dbt.adapters.pgpython.reading import Snapshot, relation_of
from warehouse_cdp.errors import ConfigurationError, InputDataError
from warehouse_cdp.warehouse.artifacts import read_manifest
from warehouse_cdp.warehouse.connection import attach_file, quoted
from warehouse_cdp.warehouse.postgres import open_postgres
from warehouse_cdp.warehouse.postgres_changes import (
    PLACE,
    carry_over,
    clear_away,
    keep_others_out,
)
from warehouse_cdp.warehouse.profile import STATE_ALIAS, Target

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from warehouse_cdp.warehouse.postgres import PostgresConnection, PostgresTarget

VIEWS_ALIAS = "cdp_views"
_STORED = ("model", "seed", "snapshot", "source")
_ROWS = "cdp_rows"
_RELATIONS = """
    select pg_namespace.nspname, pg_class.relname, pg_class.relkind in ('v', 'm')
    from pg_catalog.pg_class
    inner join pg_catalog.pg_namespace on pg_class.relnamespace = pg_namespace.oid
    where pg_class.relkind in ('r', 'p', 'v', 'm') and pg_namespace.nspname = any($1)
    order by 1, 2
"""


@dataclass(frozen=True)
class Relation:
    """A table of the server, or a view, whose rows the copy has in its place."""

    schema: str
    name: str
    is_view: bool


Writes = Literal["nothing", "state", "everything"]


@contextmanager
def copy_of(
    target: PostgresTarget,
    needs: Sequence[tuple[str, str]] | None = None,
    *,
    writes: Writes = "nothing",
) -> Iterator[Target]:
    """A copy of a target on DuckDB; what a command changes in it is carried over to the server.

    Args:
        target: on PostgreSQL.
        needs: layer and name of what a copy needs beside the state; None: all that there is in
            any schema of the manifest, raw tables too.
        writes: what the block may change in a copy; it is written to the server when the block
            ends without an exception, all of it or nothing.

    Raises:
        ConfigurationError: the server cannot be reached, or the target names no ``hash_key``.
        InputDataError: a table cannot be read, or the changes cannot be written; nothing was.
    """
    if needs is None and not target.hash_key:
        message = (
            f"target {target.name} names no hash_key, which this command needs: add "
            "hash_key: \"{{ env_var('CDP_HASH_KEY') }}\" to it in profiles.yml"
        )
        raise ConfigurationError(message)
    with (
        tempfile.TemporaryDirectory(prefix="cdp-copy-") as name,
        open_postgres(target, writes=writes != "nothing") as server,
    ):
        folder = Path(name)
        found = _relations(server, target, needs)
        if writes == "nothing":
            yield _copied(target, found, folder)
            return
        with server.transaction():
            changeable = [one for one in found if _may_change(one, target, writes)]
            keep_others_out(server, target, [(one.schema, one.name) for one in changeable])
            copy = _copied(target, found, folder, placed=changeable)
            before = _kept(copy, folder)
            yield copy
            carried = carry_over(server, target, before, copy, state_only=writes == "state")
        if writes == "everything":
            clear_away(server, carried)


def _relations(
    server: PostgresConnection, target: PostgresTarget, needs: Sequence[tuple[str, str]] | None
) -> list[Relation]:
    """What the copy is to have, of what is there."""
    wanted = None
    if needs is not None:
        wanted = {(target.schema_of(layer), name) for layer, name in needs}
        schemas = {target.state_schema, *(schema for schema, _ in wanted)}
    else:
        manifest = read_manifest(target.project_folder)
        nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
        stored = [one for one in nodes if one["resource_type"] in _STORED]
        schemas = {target.state_schema, *(str(one["schema"]) for one in stored)}
    rows = server.execute(_RELATIONS, [sorted(schemas)]).fetchall()
    found = [Relation(*row) for row in rows]
    return [
        one
        for one in found
        if one.schema == target.state_schema or wanted is None or (one.schema, one.name) in wanted
    ]


def _may_change(relation: Relation, target: PostgresTarget, writes: Writes) -> bool:
    is_state = relation.schema == target.state_schema
    return not relation.is_view and (is_state or writes == "everything")


def _copied(
    target: PostgresTarget,
    found: Sequence[Relation],
    folder: Path,
    placed: Collection[Relation] = (),
) -> Target:
    """Write the files and return the target that they are; the rows of some with their places."""
    copy = Target(
        name=target.name,
        project_folder=target.project_folder,
        warehouse=folder / f"{target.database}.duckdb",
        schema=target.schema,
        is_production=target.is_production,
        attachments={
            STATE_ALIAS: folder / f"{target.database}_cdp_state.duckdb",
            VIEWS_ALIAS: folder / "views.duckdb",
        },
        hash_key=target.hash_key,
        server=target.place,
    )
    with duckdb.connect() as session:
        session.execute("set TimeZone = 'UTC'")
        session.execute("set arrow_large_buffer_size = true")
        session.execute(f"set temp_directory = '{folder}/spilled'")
        attach_file(session, copy.warehouse, copy.database, read_only=False)
        for alias, path in copy.attachments.items():
            attach_file(session, path, alias, read_only=False)
        session.execute(f"create schema if not exists {quoted(STATE_ALIAS, copy.state_schema)}")
        snapshot = Snapshot(lambda: _connect(target))
        try:
            for relation in found:
                place = _place(target, copy, relation)
                also = PLACE if relation in placed else None
                _copy(session, snapshot, relation, place, copy.database, also=also)
        except (DbtBaseException, duckdb.Error, adbc_driver_manager.Error, ValueError) as error:
            message = (
                f"{relation.schema}.{relation.name} of {target.place} cannot be read "
                f"({type(snapshot.failure or error).__name__}): has the role the right to?"
            )
            raise InputDataError(message) from None
        finally:
            snapshot.close()
    return copy


def _place(target: PostgresTarget, copy: Target, relation: Relation) -> tuple[str, str, str]:
    """Where a relation is in the copy: catalog, schema, name."""
    if relation.schema == target.state_schema:
        return STATE_ALIAS, copy.state_schema, relation.name
    return copy.database, relation.schema, relation.name


def _copy(
    session: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    relation: Relation,
    place: tuple[str, str, str],
    warehouse: str,
    *,
    also: str | None,
) -> None:
    """Write one table; a view becomes a view again, on its rows, since it is no table to change."""
    catalog, schema, name = place
    rows = relation_of(session, snapshot, quoted(relation.schema, relation.name), also)
    rows.create_view(_ROWS, replace=True)
    stored = quoted(VIEWS_ALIAS if relation.is_view else catalog, schema, name)
    for database in {VIEWS_ALIAS, catalog} if relation.is_view else {catalog}:
        session.execute(f"create schema if not exists {quoted(database, schema)}")
    # Names from the catalog, quoted: no value ever stands in these texts.
    session.execute(f"create table {stored} as from {_ROWS}")
    if relation.is_view:
        session.execute(f"create view {quoted(*place)} as from {stored}")
    elif catalog == STATE_ALIAS:  # the manifest has it under its place on the server
        there = quoted(warehouse, relation.schema)
        session.execute(f"create schema if not exists {there}")
        session.execute(f"create view {there}.{quoted(name)} as from {stored}")


def _connect(target: PostgresTarget) -> Any:  # noqa: ANN401 - the driver's connection has no types
    dsn = make_dsn(**target.settings, dbname=target.database, application_name="cdp")
    return adbc.connect(dsn, autocommit=True)


def _kept(copy: Target, folder: Path) -> Target:
    """The copy as it is now, in files of its own: the command changes or replaces the others."""
    kept = folder / "before"
    kept.mkdir()
    for path in (copy.warehouse, copy.state):
        shutil.copyfile(path, kept / path.name)
    return replace(
        copy,
        warehouse=kept / copy.warehouse.name,
        attachments={**copy.attachments, STATE_ALIAS: kept / copy.state.name},
    )

"""A state file looked at from outside: is it sound, and is it still what was backed up?

A backup carries its manifest inside, in a schema of its own, so that the two cannot be parted:
who made it when, and row count and checksum of every table. A checksum does not depend on the
order of rows nor on DuckDB's version: it adds up a part of the MD5 of each row's texts.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from warehouse_cdp import __version__
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.warehouse.connection import attach_file, quoted
from warehouse_cdp.warehouse.state_checks import Finding, check_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from warehouse_cdp.warehouse.state_schema import Migration

MANIFEST_SCHEMA = "cdp_backup"
_CHECKED = "cdp_checked"
_MATCHES = "rows are those that were backed up"


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; ``made_at`` is UTC without zone."""

    state_schema: str
    schema_version: int
    tool_version: str
    made_at: datetime


@dataclass(frozen=True)
class TablePrint:
    """One table's rows, told by their number and a checksum of 16 hexadecimal digits."""

    schema: str
    table: str
    row_count: int
    checksum: str


@dataclass(frozen=True)
class Inspection:
    """What looking at a state file found; no manifest if it is no backup."""

    path: Path
    findings: tuple[Finding, ...]
    manifest: Manifest | None

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The checks that the file does not pass."""
        return tuple(finding for finding in self.findings if finding.status == "failed")


def prints_of(connection: duckdb.DuckDBPyConnection, database: str) -> list[TablePrint]:
    """Row count and checksum of every table of an attached database, the manifest left out."""
    tables = connection.execute(
        "select schema_name, table_name, list(column_name order by column_name) "
        "from duckdb_columns() inner join duckdb_tables() using (database_name, schema_name, "
        "table_name) where database_name = $1 and schema_name <> $2 group by all order by all",
        [database, MANIFEST_SCHEMA],
    ).fetchall()
    prints = []
    for schema, table, columns in tables:
        # Each text with its length, so that no two rows of different values read alike.
        texts = ", ".join(
            f"coalesce(length({quoted(name)}::text) || ':' || {quoted(name)}::text, '-')"
            for name in columns
        )
        row = connection.execute(
            # Names from the catalog, quoted: no value ever stands in this text.
            "select count(*), coalesce(sum(md5_number_upper(concat_ws('|', "  # noqa: S608
            f"{texts}))::hugeint) % (1::hugeint << 64), 0) "
            f"from {quoted(database, schema, table)}"
        ).fetchone()
        count, checksum = row or (0, 0)
        prints.append(TablePrint(schema, table, int(count), f"{int(checksum):016x}"))
    return prints


def write_manifest(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    manifest: Manifest,
    prints: Sequence[TablePrint],
) -> None:
    """Put the manifest into an attached backup."""
    connection.execute(f"create schema {quoted(database, MANIFEST_SCHEMA)}")
    about, tables = (quoted(database, MANIFEST_SCHEMA, name) for name in ("manifest", "tables"))
    connection.execute(
        f"create table {about} (state_schema text, schema_version bigint, tool_version text, "
        "made_at timestamp)"
    )
    connection.execute(
        f"insert into {about} values ($1, $2, $3, $4)",  # noqa: S608 - a constant name
        [manifest.state_schema, manifest.schema_version, manifest.tool_version, manifest.made_at],
    )
    connection.execute(
        f"create table {tables} (schema_name text, table_name text, row_count bigint, "
        "checksum text)"
    )
    for one in prints:
        connection.execute(
            f"insert into {tables} values ($1, $2, $3, $4)",  # noqa: S608 - a constant name
            [one.schema, one.table, one.row_count, one.checksum],
        )


def new_manifest(
    connection: duckdb.DuckDBPyConnection, database: str, state_schema: str, made_at: datetime
) -> Manifest:
    """What a backup of an attached state says of itself."""
    try:
        row = connection.execute(
            "select coalesce(max(version_number), 0) "  # noqa: S608 - a constant name
            f"from {quoted(database, state_schema, 'schema_versions')}"
        ).fetchone()
    except duckdb.CatalogException:
        row = None
    version = int(row[0]) if row else 0
    return Manifest(state_schema, version, __version__, made_at)


def inspect_state(path: Path, state_schema: str, migrations: Sequence[Migration]) -> Inspection:
    """Check a state file or a backup, which is only read.

    Args:
        path: the DuckDB file.
        state_schema: in which of its schemas the target's state is.
        migrations: those of this checkout.

    Raises:
        InputDataError: there is no such file.
        WarehouseBusyError: another process writes it.
    """
    if not path.exists():
        message = f"{path} does not exist"
        raise InputDataError(message)
    try:
        with opened(path, _CHECKED) as connection:
            return _inspect(connection, path, state_schema, migrations)
    except InputDataError:
        unreadable = Finding("the file can be read", "failed", 1, "it is no DuckDB database")
    except duckdb.Error as error:
        detail = f"it is damaged ({type(error).__name__})"
        unreadable = Finding("the file can be read", "failed", 1, detail)
    return Inspection(path, (unreadable,), None)


@contextmanager
def opened(path: Path, alias: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection of its own with one file attached, to be read."""
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("set TimeZone = 'UTC'")
        attach_file(connection, path, alias, read_only=True)
        yield connection
    finally:
        connection.close()


def _inspect(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    state_schema: str,
    migrations: Sequence[Migration],
) -> Inspection:
    manifest = _read_manifest(connection)
    prints = prints_of(connection, _CHECKED)  # reads every block of every table
    readable = Finding(
        "the file can be read", "ok", 0, f"{sum(one.row_count for one in prints):,} rows"
    )
    findings = [readable]
    if manifest is not None:
        findings.append(_against_manifest(connection, prints))
    schemas = sorted({one.schema for one in prints})
    if state_schema in schemas:
        connection.execute(f"use {quoted(_CHECKED, state_schema)}")
        findings += check_state(connection, migrations)
    else:
        detail = f"no schema {state_schema}; the file has {', '.join(schemas) or 'no tables'}"
        findings.append(Finding("it is the state of this target", "failed", 1, detail))
    return Inspection(path, tuple(findings), manifest)


def _read_manifest(connection: duckdb.DuckDBPyConnection) -> Manifest | None:
    try:
        row = connection.execute(
            "select state_schema, schema_version, tool_version, made_at "  # noqa: S608 - constants
            f"from {quoted(_CHECKED, MANIFEST_SCHEMA, 'manifest')}"
        ).fetchone()
    except duckdb.CatalogException:
        return None
    return Manifest(str(row[0]), int(row[1]), str(row[2]), row[3]) if row else None


def _against_manifest(
    connection: duckdb.DuckDBPyConnection, prints: Sequence[TablePrint]
) -> Finding:
    rows = connection.execute(
        "select schema_name, table_name, row_count, checksum "  # noqa: S608 - constants
        f"from {quoted(_CHECKED, MANIFEST_SCHEMA, 'tables')}"
    ).fetchall()
    differing = {TablePrint(*row) for row in rows} ^ set(prints)
    names = sorted({one.table for one in differing})
    if names:
        return Finding(_MATCHES, "failed", len(names), f"other rows in {', '.join(names)}")
    return Finding(_MATCHES, "ok", 0, f"{len(prints)} tables")

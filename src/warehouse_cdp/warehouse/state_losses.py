"""What going back to an older state would lose, and what must survive it: erasures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse_cdp.warehouse.connection import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

_SAME_ROW: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "identity_assignments": ("identity runs", ("run_id",)),
    "identity_match_model": ("match models", ("model_id", "model_number")),
    "segment_memberships": ("segment entries and leavings", ("membership_id", "left_at")),
    "event_first_customers": ("events whose first customer is known", ("event_id",)),
    "data_quality_issues_recorded": ("runs' data quality issues", ("as_of",)),
    "identity_overrides": (
        "overrides",
        (
            "override_id",
            "instruction",
            "left_record_id",
            "right_record_id",
            "valid_until",
            "withdrawn_at",
        ),
    ),
    "sync_runs": ("sync runs", ("run_id", "sync_name")),
    "suppressed_identifiers": ("erased identifiers", ("identifier_type", "identifier_hash")),
}
"""Per table: what its rows are to a person, and the columns that tell whether one is known."""

_ERASURES = ("suppressed_identifiers", "privacy_request_results", "privacy_request_runs")


def losses(connection: duckdb.DuckDBPyConnection, current: str, backup: str) -> list[str]:
    """What the current state has and a backup has not, in counts such as `2 identity runs`.

    Both are attached databases; all their schemas are compared.
    """
    lost = []
    known = _tables(connection, backup)
    for schema, table in sorted(_tables(connection, current)):
        if table not in _SAME_ROW:
            continue
        what, columns = _SAME_ROW[table]
        there = f"select distinct {_selection(connection, current, schema, table, columns)}"
        if (schema, table) in known:
            there += f" except select {_selection(connection, backup, schema, table, columns)}"
        row = connection.execute(f"select count(*) from ({there})").fetchone()  # noqa: S608
        if row and row[0]:
            lost.append(f"{row[0]:,} {what}")
    return lost


def carry_erasures(connection: duckdb.DuckDBPyConnection, current: str, restored: str) -> int:
    """Copy tombstones and the proof of erasures that a restored state lacks; returns how many.

    Only identifiers are counted.
    """
    count = 0
    there = _tables(connection, restored)
    for schema, table in sorted(_tables(connection, current)):
        if table not in _ERASURES:
            continue
        origin, copy = quoted(current, schema, table), quoted(restored, schema, table)
        if (schema, table) not in there:  # the backup is of an older version
            connection.execute(f"create schema if not exists {quoted(restored, schema)}")
            connection.execute(f"create table {copy} as from {origin} limit 0")
        columns = ", ".join(
            quoted(name)
            for (name,) in connection.execute(
                "select column_name from duckdb_columns() where database_name in ($1, $2) and "
                "schema_name = $3 and table_name = $4 group by all having count(*) = 2 order by 1",
                [current, restored, schema, table],
            ).fetchall()
        )
        # Names of the catalog, quoted: no value ever stands in this text.
        inserted = connection.execute(
            f"insert into {copy} by name select {columns} from {origin} "  # noqa: S608
            f"except select {columns} from {copy}"
        ).fetchone()
        if table == _ERASURES[0] and inserted:
            count += int(inserted[0])
    return count


def _selection(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    schema: str,
    table: str,
    columns: tuple[str, ...],
) -> str:
    """Columns of a table as they follow ``select``; null where an older version lacks one."""
    found = connection.execute(
        "select column_name from duckdb_columns() where database_name = $1 and schema_name = $2 "
        "and table_name = $3",
        [database, schema, table],
    ).fetchall()
    there = {str(name) for (name,) in found}
    names = ", ".join(quoted(name) if name in there else "null" for name in columns)
    # Names of the constant above and of the catalog: no value ever stands in this text.
    return f"{names} from {quoted(database, schema, table)}"


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> set[tuple[str, str]]:
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = $1", [database]
    ).fetchall()
    return {(str(schema), str(table)) for schema, table in rows}

"""What an erasure does to the state: keyed hashes put in place, tombstones and proof added.

State is not deleted from: counts over time stay true. A row that names the person keeps its place
under hashes that nobody can undo without the key, and that are no plain hash of anything known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse_cdp.privacy.keys import erased_name
from warehouse_cdp.privacy.routes import (
    CUSTOMER,
    DERIVED_KEYS,
    KEPT_UNTIL_REMOVED,
    NOTES,
    RECORD,
    SYNC_KEY,
    TableRoute,
    table_route,
)
from warehouse_cdp.warehouse.connection import quoted
from warehouse_cdp.warehouse.erasure_tables import (
    ADDED,
    ERASED_TEXT,
    HASHED,
    KEPT,
    KEYS,
    MASKS,
    Effect,
    FilePlan,
    masked,
    rows_of_person,
)
from warehouse_cdp.warehouse.file_copies import tables_of
from warehouse_cdp.warehouse.profile import STATE_ALIAS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import duckdb

    from warehouse_cdp.privacy import Person
    from warehouse_cdp.warehouse.file_copies import Table

ASSIGNMENTS, MEMBERSHIPS = "identity_assignments", "segment_memberships"
TOMBSTONES, RESULTS, RUNS = (
    "suppressed_identifiers",
    "privacy_request_results",
    "privacy_request_runs",
)


@dataclass(frozen=True)
class ErasureRun:
    """One run of ``cdp privacy erase``: which, for which request, by whom, when.

    ``data_clock`` is the clock of the last build, which dates what the data say; ``started_at``
    is the clock on the wall, which dates what was done.
    """

    run_id: str
    request_id: str
    requested_by: str
    started_at: datetime
    data_clock: datetime


def plan_state(
    connection: duckdb.DuckDBPyConnection, person: Person, run: ErasureRun, hash_key: str
) -> FilePlan:
    """What becomes of every table of the state, of every environment in the file.

    Needs the person's keys (``erasure_tables.load_keys``). Running it again on a state that was
    treated already adds nothing.
    """
    contents: dict[Table, str] = {}
    effects: list[Effect] = []
    tables = tables_of(connection, STATE_ALIAS)
    for table, columns in tables.items():
        schema, name = table
        route = table_route(columns)
        condition = _rows_naming_person(route, columns)
        relation = quoted(STATE_ALIAS, *table)
        found = _count(connection, relation, condition)
        if name in KEPT_UNTIL_REMOVED:
            effects += [Effect(STATE_ALIAS, schema, name, KEPT, found)] if found else []
            continue
        added = _added_rows(connection, table, person, run, hash_key)
        if not found and not added:
            continue
        kept = f"select * from {relation}"  # noqa: S608
        if found:
            _mask_derived_keys(connection, relation, columns, condition, hash_key)
            replaced = _replacements(name, route, columns, condition, run)
            kept = f"select * replace ({', '.join(replaced)}) from {relation}"  # noqa: S608
            effects.append(Effect(STATE_ALIAS, schema, name, HASHED, found))
        if added:
            kept += f" union all by name select * from temp.{added}"  # noqa: S608
            count = _count(connection, f"temp.{added}", "true")
            effects.append(Effect(STATE_ALIAS, schema, name, ADDED, count))
        contents[table] = kept
    return FilePlan(contents, effects)


def rows_left(connection: duckdb.DuckDBPyConnection, alias: str) -> dict[str, int]:
    """Rows of an attached state that still name the person, by table; what a sync needs aside."""
    left = {}
    for table, columns in tables_of(connection, alias).items():
        if table[1] in KEPT_UNTIL_REMOVED:
            continue
        condition = _rows_naming_person(table_route(columns), columns)
        count = _count(connection, quoted(alias, *table), condition)
        if count:
            left[".".join(table)] = count
    return left


def _rows_naming_person(route: TableRoute, columns: Sequence[str]) -> str:
    parts = [rows_of_person(route)]
    parts += [
        f"coalesce({quoted(name)} in (select value from {KEYS} where kind = '{kind}'), false)"  # noqa: S608
        for name, kind in route.echoes.items()
    ]
    if SYNC_KEY in columns:
        parts.append(
            f"coalesce(list_has_any(string_split({quoted(SYNC_KEY)}, '|'), "  # noqa: S608
            f"(select list(value) from {KEYS})), false)"
        )
    return " or ".join(f"({part})" for part in parts)


def _mask_derived_keys(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[str],
    condition: str,
    hash_key: str,
) -> None:
    """Hash the keys that are made of what is masked, so that they can be told apart still."""
    for column in (*DERIVED_KEYS, SYNC_KEY):
        if column not in columns:
            continue
        rows = connection.execute(
            f"select distinct {quoted(column)} from {relation} "  # noqa: S608
            f"where ({condition}) and {quoted(column)} is not null"
        ).fetchall()
        masks = [
            (column, str(value), erased_name(column, str(value), hash_key))
            for (value,) in rows
            if not str(value).startswith("erased:")
        ]
        if masks:
            connection.executemany(f"insert into {MASKS} values (?, ?, ?)", masks)  # noqa: S608


def _replacements(
    table: str, route: TableRoute, columns: Sequence[str], condition: str, run: ErasureRun
) -> list[str]:
    named = {**route.columns, **route.echoes}
    replaced = [masked(name, kind) for name, kind in named.items() if name not in DERIVED_KEYS]
    replaced += [
        f"coalesce((select masked from {MASKS} as masks where masks.kind = {quoted(kind)} "  # noqa: S608
        f"and masks.value = {quoted(value)}), {quoted(value)}) as {quoted(value)}"
        for kind, value in route.pairs
    ]
    replaced += [masked(name, name) for name in (*DERIVED_KEYS, SYNC_KEY) if name in columns]
    replaced += [
        f"case when {condition} then '{ERASED_TEXT}' else {quoted(name)} end as {quoted(name)}"
        for name in NOTES.get(table, ())
        if name in columns
    ]
    if table == MEMBERSHIPS:
        # The person leaves now; left to the next build, many erasures at once would look like a
        # segment that shrinks by mistake.
        replaced.append(
            f"case when {condition} then coalesce(left_at, greatest(entered_at, "
            f"timestamp '{run.data_clock:%Y-%m-%d %H:%M:%S}')) else left_at end as left_at"
        )
    return replaced


def _added_rows(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    person: Person,
    run: ErasureRun,
    hash_key: str,
) -> str | None:
    """A temporary table with the rows to add to one table of state; none for most."""
    schema, name = table
    if name == TOMBSTONES:
        return _tombstones(connection, schema, person, run, hash_key)
    if name == ASSIGNMENTS:
        return _departures(connection, schema, run, hash_key)
    return None


def _tombstones(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    person: Person,
    run: ErasureRun,
    hash_key: str,
) -> str | None:
    there = {
        row[0]
        for row in connection.execute(
            f"select identifier_hash from {quoted(STATE_ALIAS, schema, TOMBSTONES)}"  # noqa: S608
        ).fetchall()
    }
    rows = [
        (kind, hashed, version, run.request_id, run.started_at)
        for kind, hashed, version in person.tombstones(hash_key)
        if hashed not in there
    ]
    if not rows:
        return None
    added = f"added_{schema}_tombstones"
    connection.execute(
        f"create or replace temp table {quoted(added)} (identifier_type text, "
        "identifier_hash text, key_version text, request_id text, suppressed_at timestamp)"
    )
    connection.executemany(f"insert into temp.{quoted(added)} values (?, ?, ?, ?, ?)", rows)  # noqa: S608
    return quoted(added)


def _departures(
    connection: duckdb.DuckDBPyConnection, schema: str, run: ErasureRun, hash_key: str
) -> str | None:
    """The rows that end the person's records in the log, already under their hashes.

    Written here rather than by the next build, which would take many erasures at once for records
    lost by mistake.
    """
    log = quoted(STATE_ALIAS, schema, ASSIGNMENTS)
    rows = connection.execute(
        f"""
        with newest as (
            select
                record_id,
                arg_max(struct_pack(customer_id := customer_id), run_number) as newest_row
            from {log}
            where record_id in (select value from {KEYS} where kind = '{RECORD}')
            group by record_id
        )
        select
            record_masks.masked,
            coalesce(customer_masks.masked, newest.newest_row.customer_id),
            (select max(run_number) from {log}) + 1
        from newest
        inner join {MASKS} as record_masks
            on record_masks.kind = '{RECORD}' and newest.record_id = record_masks.value
        left join {MASKS} as customer_masks
            on customer_masks.kind = '{CUSTOMER}'
            and newest.newest_row.customer_id = customer_masks.value
        where newest.newest_row.customer_id is not null
        order by record_masks.masked
        """  # noqa: S608
    ).fetchall()
    if not rows:
        return None
    added = f"added_{schema}_departures"
    connection.execute(
        f"create or replace temp table {quoted(added)} (assignment_id text, record_id text, "
        "customer_id text, previous_customer_id text, change_type text, run_id text, "
        "run_number bigint, recorded_at timestamp)"
    )
    connection.executemany(
        f"insert into temp.{quoted(added)} values (?, ?, null, ?, 'removed', ?, ?, ?)",  # noqa: S608
        [
            (
                erased_name("assignment_id", f"{run.run_id}|{record}", hash_key),
                record,
                customer,
                run.run_id,
                number,
                run.data_clock,
            )
            for record, customer, number in rows
        ],
    )
    return quoted(added)


def _count(connection: duckdb.DuckDBPyConnection, relation: str, condition: str) -> int:
    row = connection.execute(
        f"select count(*) from {relation} where {condition}"  # noqa: S608
    ).fetchone()
    return int(row[0]) if row else 0

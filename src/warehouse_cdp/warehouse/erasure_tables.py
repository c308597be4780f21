"""What an erasure does to each table of a DuckDB file: rows that go, values that are masked.

Nothing is changed here. For each table there is a query that yields what a fresh copy of the file
shall hold, and counts of what that leaves out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.privacy.routes import CUSTOMER, table_route
from warehouse_cdp.warehouse.connection import quoted
from warehouse_cdp.warehouse.file_copies import tables_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import duckdb

    from warehouse_cdp.privacy import Person, StagingRoute, TableRoute
    from warehouse_cdp.warehouse.file_copies import Table

REMOVED, MASKED = "removed", "masked"
HASHED, ADDED, KEPT = "hash_put_in_place", "added", "kept_until_removed_at_destination"
ACTIONS = (REMOVED, MASKED, HASHED, ADDED, KEPT)

KEYS, MASKS, RAW_HASHES = "temp.person_keys", "temp.person_masks", "temp.person_raw_hashes"
ERASED_TEXT = "[erased]"
INPUT_HASH = "input_hash"
"""Column of tables whose rows are handed on as long as what they were made from is the same."""
_SEARCHED_KINDS = ("email", "phone")


@dataclass(frozen=True)
class Effect:
    """What an erasure does to one table: an action and the rows that it touches. No value."""

    database: str
    schema: str
    table: str
    action: str
    row_count: int

    @property
    def table_name(self) -> str:
        """``database.schema.table``."""
        return f"{self.database}.{self.schema}.{self.table}"


@dataclass(frozen=True)
class FilePlan:
    """For one file: what a fresh copy holds instead (by table), and what that does."""

    contents: dict[Table, str]
    effects: list[Effect]


def load_keys(connection: duckdb.DuckDBPyConnection, person: Person, hash_key: str) -> None:
    """Put the person's keys and what stands in their place into temporary tables."""
    connection.execute(f"create or replace temp table {_bare(KEYS)} (kind text, value text)")
    connection.execute(
        f"create or replace temp table {_bare(MASKS)} (kind text, value text, masked text)"
    )
    keys, masks = person.row_keys(), person.masks(hash_key)
    connection.executemany(f"insert into {KEYS} values (?, ?)", keys)  # noqa: S608
    if masks:
        connection.executemany(f"insert into {MASKS} values (?, ?, ?)", masks)  # noqa: S608


def load_raw_hashes(
    connection: duckdb.DuckDBPyConnection, database: str, routes: Sequence[StagingRoute]
) -> None:
    """Find the person's raw rows through the staging models, by ``row_hash``.

    Raises:
        InputDataError: a staging model is not in the warehouse, or its ``row_hash`` is not that
            of the raw columns that its source declares: then its raw rows cannot be found.
    """
    connection.execute(
        f"create or replace temp table {_bare(RAW_HASHES)} "
        "(schema_name text, table_name text, row_hash text)"
    )
    for staging in routes:
        condition = rows_of_person(staging.route)
        staged, raw = quoted(database, *staging.relation), quoted(database, *staging.raw_table)
        connection.execute(
            f"insert into {RAW_HASHES} select distinct $1, $2, row_hash from {staged} "  # noqa: S608
            f"where {condition}",
            list(staging.raw_table),
        )
        lost = connection.execute(
            f"select count(*) from {RAW_HASHES} where schema_name = $1 and table_name = $2 "  # noqa: S608
            f"and row_hash not in (select {raw_hash(staging.raw_columns)} from {raw})",
            list(staging.raw_table),
        ).fetchone()
        if lost and lost[0]:
            message = (
                f"{lost[0]} rows of {staging.name} cannot be found in {'.'.join(staging.raw_table)}"
                ": its row_hash must be hash_columns() of the columns that the source declares, in "
                "their order, but for _loaded_at. Nothing was erased"
            )
            raise InputDataError(message)


def count_unsearched(
    connection: duckdb.DuckDBPyConnection, database: str, routes: Sequence[StagingRoute]
) -> int:
    """Count raw rows that no staging model holds yet: they came after the last build.

    Raw tables that are staged in part only are left out: nobody could tell new rows from others.
    """
    by_raw: dict[Table, list[StagingRoute]] = {}
    for staging in routes:
        if staging.is_partial:
            continue
        by_raw.setdefault(staging.raw_table, []).append(staging)
    count = 0
    for raw, readers in sorted(by_raw.items()):
        staged = " union all ".join(
            f"select row_hash from {quoted(database, *reader.relation)}"  # noqa: S608
            for reader in readers
        )
        found = connection.execute(
            f"select count(*) from {quoted(database, *raw)} "  # noqa: S608
            f"where {raw_hash(readers[0].raw_columns)} not in ({staged})"
        ).fetchone()
        count += int(found[0]) if found else 0
    return count


def raw_hash(columns: Sequence[str]) -> str:
    """The expression of macro ``hash_columns``: every value with its length, null as ``-``."""
    parts = [f"cast({quoted(name)} as text)" for name in columns]
    return (
        "md5("
        + " || ".join(
            f"coalesce(cast(length({part}) as text) || ':' || {part}, '-')" for part in parts
        )
        + ")"
    )


def rows_of_person(route: TableRoute) -> str:
    """The condition under which a row of a table is the person's; never null."""
    parts = [
        f"cast({quoted(name)} as text) in (select value from {KEYS} where kind = '{kind}')"  # noqa: S608
        for name, kind in route.columns.items()
    ]
    parts += [
        f"{quoted(kind)} || ':' || {quoted(value)} in (select kind || ':' || value from {KEYS})"  # noqa: S608
        for kind, value in route.pairs
    ]
    return " or ".join(f"coalesce({part}, false)" for part in parts) or "false"


def masked(column: str, kind: str) -> str:
    """A column with the keyed hash in place of the person's values, for ``select * replace``."""
    name = quoted(column)
    return (
        f"coalesce((select masked from {MASKS} as masks "  # noqa: S608
        f"where masks.kind = '{kind}' and masks.value = {name}), {name}) as {name}"
    )


def plan_file(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    person: Person,
    raw_tables: Collection[Table] = (),
    staged: Mapping[Table, TableRoute] | None = None,
) -> FilePlan:
    """What becomes of every table of the warehouse, or of a published copy of it.

    Rows of the person go. Where a row of somebody else remembers the customer's id the keyed hash
    is put in its place, and where its text names the person's e-mail or phone that is masked.
    ``raw_tables`` are tables that loaders own: their rows are known by ``load_raw_hashes``.
    ``staged`` are the staging tables through which those were found, with the same routes.
    """
    contents: dict[Table, str] = {}
    effects: list[Effect] = []
    texts = _text_columns(connection, database)
    search = _search_pattern(person)
    for table, columns in tables_of(connection, database).items():
        relation = quoted(database, *table)
        route = table_route(()) if table in raw_tables else table_route(columns)
        route = (staged or {}).get(table, route)
        condition = rows_of_person(route)
        if table in raw_tables:
            condition = _raw_rows(connection, table)
        mentions = _mentioning(connection, relation, texts.get(table, []), condition, search)
        echoes = {} if table in raw_tables else route.echoes
        counted = {
            REMOVED: condition,
            HASHED: f"not ({condition}) and ({_echoing(list(echoes))})",
            MASKED: f"not ({condition}) and ({_any_matches(mentions)})",
        }
        counts = _counts(connection, relation, counted)
        effects += [Effect(database, *table, action, count) for action, count in counts if count]
        if not any(count for _, count in counts):
            continue
        replaced = [masked(name, CUSTOMER) for name in echoes]
        replaced += [
            f"regexp_replace({quoted(name)}, getvariable('person_search'), '{ERASED_TEXT}', 'gi') "
            f"as {quoted(name)}"
            for name in mentions
        ]
        if mentions and INPUT_HASH in columns:
            # What was masked is no longer what the next build would make of the same input.
            changed = _any_matches(mentions)
            replaced.append(f"case when not ({changed}) then {INPUT_HASH} end as {INPUT_HASH}")
        shape = f"* replace ({', '.join(replaced)})" if replaced else "*"
        contents[table] = f"select {shape} from {relation} where not ({condition})"  # noqa: S608
    return FilePlan(contents, effects)


def _raw_rows(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    found = connection.execute(
        f"select count(*) from {RAW_HASHES} where schema_name = $1 and table_name = $2",  # noqa: S608
        list(table),
    ).fetchone()
    if not found or not found[0]:
        return "false"
    columns = connection.execute(
        f"select columns from {_bare(RAW_COLUMNS)} where schema_name = $1 and table_name = $2",  # noqa: S608
        list(table),
    ).fetchone()
    names = list(columns[0]) if columns else []
    schema, name = (part.replace("'", "''") for part in table)
    return (
        f"{raw_hash(names)} in (select row_hash from {RAW_HASHES} "  # noqa: S608
        f"where schema_name = '{schema}' and table_name = '{name}')"
    )


RAW_COLUMNS = "temp.raw_columns"


def load_raw_columns(connection: duckdb.DuckDBPyConnection, routes: Sequence[StagingRoute]) -> None:
    """Keep which columns of each raw table ``row_hash`` covers."""
    connection.execute(
        f"create or replace temp table {_bare(RAW_COLUMNS)} "
        "(schema_name text, table_name text, columns text[])"
    )
    rows = {(*route.raw_table, route.raw_columns) for route in routes}
    if rows:
        connection.executemany(
            f"insert into {RAW_COLUMNS} values (?, ?, ?)",  # noqa: S608
            [(schema, table, list(columns)) for schema, table, columns in sorted(rows)],
        )


def _text_columns(connection: duckdb.DuckDBPyConnection, database: str) -> dict[Table, list[str]]:
    rows = connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where database_name = $1 and data_type = 'VARCHAR' and not internal "
        "order by schema_name, table_name, column_index",
        [database],
    ).fetchall()
    found: dict[Table, list[str]] = {}
    for schema, table, column in rows:
        found.setdefault((str(schema), str(table)), []).append(str(column))
    return found


def _search_pattern(person: Person) -> str | None:
    values = sorted(one.value for one in person.own_values if one.kind in _SEARCHED_KINDS)
    return "|".join(re.escape(value) for value in values) or None


def _mentioning(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[str],
    condition: str,
    search: str | None,
) -> list[str]:
    """Text columns in which a row of somebody else names the person's e-mail or phone."""
    if search is None or not columns:
        return []
    connection.execute("set variable person_search = $1", [search])
    filters = ", ".join(f"count(*) filter (where {_matches(name)})" for name in columns)
    row = connection.execute(
        f"select {filters} from {relation} where not ({condition})"  # noqa: S608
    ).fetchone()
    return [name for name, count in zip(columns, row or (), strict=True) if count]


def _matches(column: str) -> str:
    return f"coalesce(regexp_matches({quoted(column)}, getvariable('person_search'), 'i'), false)"


def _any_matches(columns: Sequence[str]) -> str:
    return " or ".join(_matches(name) for name in columns) or "false"


def _echoing(columns: Sequence[str]) -> str:
    return (
        " or ".join(
            f"coalesce({quoted(name)} in "  # noqa: S608
            f"(select value from {MASKS} where kind = '{CUSTOMER}'), false)"
            for name in columns
        )
        or "false"
    )


def _counts(
    connection: duckdb.DuckDBPyConnection, relation: str, conditions: dict[str, str]
) -> list[tuple[str, int]]:
    wanted = {action: text for action, text in conditions.items() if not text.endswith("(false)")}
    wanted = {action: text for action, text in wanted.items() if text != "false"}
    if not wanted:
        return []
    # In a subquery, since a filter may not hold one of its own.
    flags = ", ".join(f"({text}) as flag_{number}" for number, text in enumerate(wanted.values()))
    sums = ", ".join(f"count(*) filter (where flag_{number})" for number in range(len(wanted)))
    row = connection.execute(
        f"select {sums} from (select {flags} from {relation}) as flagged"  # noqa: S608
    ).fetchone()
    return [(action, int(count)) for action, count in zip(wanted, row or (), strict=True)]


def _bare(name: str) -> str:
    return name.removeprefix("temp.")

"""Compares what a project holds on DuckDB with what it holds on PostgreSQL, row by row."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from postgres import Postgres
    from worlds import Project

Row = tuple[Any, ...]
# A row says which build wrote it. Nothing else may tell one build from another.
NAMES_OF_BUILDS: Mapping[str, frozenset[str]] = {
    "*": frozenset({"run_id", "assignment_id"}),
    "int_build_context": frozenset({"build_id", "started_at"}),
    "identity_run_start": frozenset({"build_id", "started_at"}),
    # A privacy request that nobody loaded is named by the run that carries it out.
    "privacy_request_runs": frozenset({"request_id", "started_at", "finished_at"}),
    "privacy_request_results": frozenset({"request_id", "finished_at"}),
    "suppressed_identifiers": frozenset({"request_id", "suppressed_at"}),
}
# Of a text that names the build among other things, what is compared; so on both engines.
WITHOUT_BUILD: Mapping[tuple[str, str], str] = {
    ("identity_pairs", "evidence"): """regexp_replace(evidence, '"build_id": "[^"]*"', '')""",
}
_RELATIONS = """
    select database_name, schema_name, table_name from duckdb_tables()
    where database_name = 'cdp_state' or schema_name like 'dev_%'
    union all
    select database_name, schema_name, view_name from duckdb_views()
    where not internal and schema_name like 'dev_%'
    order by all
"""
_THERE = """
    select table_schema || '.' || table_name from information_schema.tables
    where table_schema like 'dev%'
"""


def differences(project: Project, server: Postgres) -> dict[str, str]:
    """Relations that differ and how, in numbers only: rows of a sample look like people."""
    found: dict[str, str] = {}
    with duckdb.connect() as ours, psycopg2.connect(server.uri) as theirs, theirs.cursor() as rows:
        ours.execute(f"attach '{project.warehouse}' as cdp (read_only)")
        ours.execute(f"attach '{project.state}' as cdp_state (read_only)")
        rows.execute(_THERE)
        there = {name for (name,) in rows.fetchall()}
        made = ours.execute(_RELATIONS).fetchall()
        ours.execute("use cdp")
        for database, schema, relation in made:
            suffix = "_cdp_state" if database == "cdp_state" else ""
            name = f"{schema}{suffix}.{relation}"
            if name not in there:
                found[name] = "is not on Postgres"
                continue
            place = f'"{database}"."{schema}"."{relation}"'
            columns = [row[0] for row in ours.execute(f"describe {place}").fetchall()]
            left_out = NAMES_OF_BUILDS["*"] | NAMES_OF_BUILDS.get(relation, frozenset())
            kept = ", ".join(
                WITHOUT_BUILD.get((relation, column), f'"{column}"')
                for column in columns
                if column not in left_out
            )
            rows.execute(f"select {kept} from {name}")
            left = ours.execute(f"select {kept} from {place}").fetchall()
            if said := compared(left, rows.fetchall()):
                found[name] = said
            there.remove(name)
    return found | dict.fromkeys(there, "is not on DuckDB")


def compared(left: Sequence[Row], right: Sequence[Row]) -> str:
    """What two bags of rows differ in; empty when they are the same, floats to 1e-9."""
    if len(left) != len(right):
        return f"{len(left)} rows on DuckDB, {len(right)} on Postgres"
    floats = {
        place for row in (*left, *right) for place, value in enumerate(row) if _is_float(value)
    }
    ours, theirs = (sorted(_parted(rows, floats), key=repr) for rows in (left, right))
    only = Counter(row for row, _ in ours) - Counter(row for row, _ in theirs)
    if only:
        return f"{only.total()} of {len(left)} rows are on DuckDB only"
    far = sum(
        not _is_near(one, other)
        for (_, numbers), (_, others) in zip(ours, theirs, strict=True)
        for one, other in zip(numbers, others, strict=True)
    )
    return f"{far} floating figures are not the same" if far else ""


def _parted(rows: Iterable[Row], floats: set[int]) -> list[tuple[Row, Row]]:
    """Of each row what must be equal, and its floating figures."""
    return [
        (
            tuple(_plain(value) for place, value in enumerate(row) if place not in floats),
            tuple(value for place, value in enumerate(row) if place in floats),
        )
        for row in rows
    ]


def _plain(value: object) -> object:
    """Amounts by value: 1.50 and 1.5 are one number."""
    return value.normalize() if isinstance(value, Decimal) else value


def _is_float(value: object) -> bool:
    return isinstance(value, float)


def _is_near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)

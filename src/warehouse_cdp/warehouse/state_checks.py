"""What must hold in a state, whoever wrote it: one query per promise, counting what breaks it.

The queries see the state's tables by their bare names. They count and never show a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from warehouse_cdp.identity_tables import CHANGE_TYPES
from warehouse_cdp.warehouse.connection import quoted
from warehouse_cdp.warehouse.state_schema import MODEL_TABLES, VERSION_TABLE, tables_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from warehouse_cdp.warehouse.state_schema import Migration


VERSION_CHECK = "schema version is known"


@dataclass(frozen=True)
class Finding:
    """What one check found: ``count`` is how many things break the promise, 0 if it holds."""

    check: str
    status: Literal["ok", "failed"]
    count: int
    detail: str


@dataclass(frozen=True)
class Promise:
    """A check in SQL: ``query`` yields one number, of the things named ``wrong``."""

    check: str
    tables: tuple[str, ...]
    query: str
    wrong: str


KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    VERSION_TABLE: (("version_number",),),
    "identity_assignments": (("assignment_id",), ("record_id", "run_number")),
    "identity_match_model": (("model_number", "comparison", "level"),),
    "segment_memberships": (
        ("membership_id",),
        ("segment_name", "customer_id_at_entry", "entered_at"),
    ),
    "event_first_customers": (("event_id",),),
    "data_quality_issues_recorded": (("as_of", "source", "model_name", "column_name", "issue"),),
    "identity_overrides": (("override_id",),),
    "sync_runs": (("run_id", "sync_name"),),
    "sync_log": (("run_id", "sync_name", "sync_key"),),
    "sync_state": (("sync_name", "sync_key"),),
    "sync_outbox": (("sync_name", "sync_key"),),
    "sync_pins": (("sync_name",),),
}
"""What tells the rows of a table apart; each is unique and has no null."""

_CHANGES = ", ".join(f"'{change}'" for change in CHANGE_TYPES)

# An erased person stands in the log under a hash; the key stays in sync_state until the next sync
# has taken the person out of the destination.
_ERASED_SINCE = """
    select 1
    from sync_log
    where sync_log.sync_name = sync_state.sync_name
        and sync_log.run_id = sync_state.last_run_id
        and sync_log.row_hash = sync_state.row_hash
        and starts_with(sync_log.sync_key, 'erased:')
"""

PROMISES: tuple[Promise, ...] = (
    Promise(
        "every assignment says what happened",
        ("identity_assignments",),
        "select count(*) from identity_assignments "  # noqa: S608 - names of a constant
        f"where change_type is null or change_type not in ({_CHANGES})",
        "assignments",
    ),
    Promise(
        "run numbers rise with the runs",
        ("identity_assignments",),
        """
        with runs as (select distinct run_id, run_number from identity_assignments)
        select
            count(*) filter (where run_id is null or run_number is null or run_number < 1)
            + count(*) - count(distinct run_id) + count(*) - count(distinct run_number)
        from runs
        """,
        "runs",
    ),
    Promise(
        # As linkage.assignment writes them: `restored` names the id held last, all others the id
        # of the row before.
        "each assignment follows from the one before",
        ("identity_assignments",),
        """
        with log as (
            select
                customer_id, previous_customer_id, change_type,
                row_number() over records as place,
                lag(customer_id) over records as held_before,
                last_value(customer_id ignore nulls) over (
                    partition by record_id order by run_number
                    rows between unbounded preceding and 1 preceding
                ) as held_last
            from identity_assignments
            window records as (partition by record_id order by run_number)
        )
        select count(*)
        from log
        where case
            when change_type in ('created', 'joined')
                then place > 1 or customer_id is null or previous_customer_id is not null
            when change_type = 'restored'
                then customer_id is null or held_before is not null
                    or previous_customer_id is distinct from held_last
            when change_type = 'removed'
                then customer_id is not null or held_before is null
                    or previous_customer_id is distinct from held_before
            when change_type = 'rolled_back'
                then place = 1 or previous_customer_id is distinct from held_before
            else
                customer_id is null or held_before is null or customer_id = held_before
                or previous_customer_id is distinct from held_before
        end
        """,
        "assignments",
    ),
    Promise(
        "no customer id was minted twice",
        ("identity_assignments",),
        """
        with minted as (
            select customer_id, min(run_number) as first_run_number
            from identity_assignments where customer_id is not null group by customer_id
        )
        select count(distinct log.customer_id)
        from identity_assignments as log
        inner join minted on log.customer_id = minted.customer_id
        where log.change_type = 'created' and log.run_number > minted.first_run_number
        """,
        "ids",
    ),
    Promise(
        # What an id means now is where its records are now, so only a row can lead in a circle.
        "no retired id leads back to itself",
        ("identity_assignments",),
        """
        select count(*)
        from identity_assignments
        where previous_customer_id = customer_id and change_type <> 'restored'
        """,
        "assignments",
    ),
    Promise(
        "each model number is one trained model",
        ("identity_match_model",),
        """
        with models as (
            select model_number, count(distinct model_id) as model_count
            from identity_match_model group by model_number
        )
        select count(*) from models where model_count <> 1
        """,
        "model numbers",
    ),
    Promise(
        "nobody is in a segment twice at a time",
        ("segment_memberships",),
        """
        with periods as (
            select
                entered_at, left_at,
                lead(entered_at) over (
                    partition by segment_name, customer_id_at_entry order by entered_at
                ) as next_entered_at
            from segment_memberships
        )
        select count(*)
        from periods
        where left_at < entered_at
            or (next_entered_at is not null and coalesce(left_at > next_entered_at, true))
        """,
        "memberships",
    ),
    Promise(
        "members are customers that identity knows",
        ("segment_memberships", "identity_assignments"),
        """
        select count(*)
        from segment_memberships
        where customer_id_at_entry not in (
            select customer_id from identity_assignments where customer_id is not null
        )
        """,
        "memberships",
    ),
    Promise(
        "what was sent belongs to a run of a sync",
        ("sync_log", "sync_runs"),
        """
        select count(*)
        from sync_log
        left join sync_runs
            on sync_log.run_id = sync_runs.run_id and sync_log.sync_name = sync_runs.sync_name
        where sync_runs.run_id is null
        """,
        "log rows",
    ),
    Promise(
        "what destinations hold is what was acknowledged last",
        ("sync_log", "sync_state"),
        f"""
        with acknowledged as (
            select sync_name, sync_key, operation, row_hash, run_id
            from sync_log
            where status = 'acknowledged' and not starts_with(sync_key, 'erased:')
            qualify row_number() over (
                partition by sync_name, sync_key order by logged_at desc, run_id desc
            ) = 1
        ),
        there as (select * from acknowledged where operation not in ('remove', 'rename')),
        known as (select * from sync_state where not exists (
            {_ERASED_SINCE}
        ))
        select count(*)
        from there
        full join known
            on there.sync_name = known.sync_name and there.sync_key = known.sync_key
        where there.sync_key is null
            or known.sync_key is null
            or there.row_hash is distinct from known.row_hash
            or there.run_id is distinct from known.last_run_id
        """,  # noqa: S608 - text of a constant
        "keys",
    ),
    Promise(
        "who was sent is a customer that identity knows",
        ("sync_log", "sync_state", "identity_assignments"),
        f"""
        select count(*)
        from sync_state
        where customer_id not in (
            select customer_id from identity_assignments where customer_id is not null
        )
        and not exists ({_ERASED_SINCE})
        """,  # noqa: S608 - text of a constant
        "keys",
    ),
    Promise(
        "tombstones of erased people are complete",
        ("suppressed_identifiers",),
        "select count(*) from suppressed_identifiers "
        "where identifier_type is null or identifier_hash is null",
        "tombstones",
    ),
)


def check_state(
    connection: duckdb.DuckDBPyConnection, migrations: Sequence[Migration]
) -> list[Finding]:
    """Check the state whose tables the connection reaches by bare names.

    A state of a version that is not known is not looked at further; a check whose tables or
    columns are missing is left out, since that is a finding of its own.
    """
    found = _columns(connection)
    if VERSION_TABLE not in found:
        return [Finding(VERSION_CHECK, "failed", 1, f"no table {VERSION_TABLE}")]
    version = _version(connection)
    if not 1 <= version <= len(migrations):
        detail = f"version {version}, this checkout knows 1 to {len(migrations)}: update it"
        return [Finding(VERSION_CHECK, "failed", 1, detail)]
    expected = tables_at(migrations, version)
    for name, columns in MODEL_TABLES.items():
        if name in found:
            expected[name] = columns
    missing = [
        f"{name}.{column}" if name in found else name
        for name, columns in sorted(expected.items())
        for column in (columns if name in found else ("",))
        if column not in found.get(name, ())
    ]
    young = [name for name in MODEL_TABLES if name not in found]
    findings = [
        Finding(VERSION_CHECK, "ok", 0, f"{version} of {len(migrations)}"),
        Finding(
            "tables and columns are there",
            "failed" if missing else "ok",
            len(missing),
            _presence(missing, young, len(expected)),
        ),
    ]
    broken = {name.split(".")[0] for name in missing} | set(young)
    findings += [
        _keys_of(connection, name) for name in KEYS if name in expected and name not in broken
    ]
    findings += [
        _counted(connection, promise) for promise in PROMISES if not broken & set(promise.tables)
    ]
    return findings


def _presence(missing: Sequence[str], young: Sequence[str], table_count: int) -> str:
    if missing:
        return f"missing: {', '.join(missing)}"
    return f"{table_count} tables" + (f"; not built yet: {', '.join(young)}" if young else "")


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    rows = connection.execute(
        "select table_name, column_name from duckdb_columns() where database_name = "
        "current_database() and schema_name = current_schema() order by table_name, column_index"
    ).fetchall()
    found: dict[str, tuple[str, ...]] = {}
    for table, column in rows:
        found[table] = (*found.get(table, ()), column)
    return found


def _version(connection: duckdb.DuckDBPyConnection) -> int:
    return _number(connection, "select coalesce(max(version_number), 0) from schema_versions")


def _keys_of(connection: duckdb.DuckDBPyConnection, table: str) -> Finding:
    count = 0
    for key in KEYS[table]:
        names = ", ".join(quoted(name) for name in key)
        nulls = " or ".join(f"{quoted(name)} is null" for name in key)
        count += _number(
            connection,
            # Names of the constant above only.
            f"select count(*) filter (where {nulls}) + count(*) - count(distinct ({names})) "  # noqa: S608
            f"from {quoted(table)}",
        )
    rows = _number(connection, f"select count(*) from {quoted(table)}")  # noqa: S608 - as above
    return _finding(f"keys of {table} are unique and there", count, "rows", f"{rows:,} rows")


def _counted(connection: duckdb.DuckDBPyConnection, promise: Promise) -> Finding:
    return _finding(promise.check, _number(connection, promise.query), promise.wrong, "")


def _finding(check: str, count: int, wrong: str, otherwise: str) -> Finding:
    if count:
        return Finding(check, "failed", count, f"not so for {count:,} {wrong}")
    return Finding(check, "ok", 0, otherwise)


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None else 0

"""A plan in the session that made it: counted, looked into, written down."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from warehouse_cdp.activation import Run
from warehouse_cdp.activation.plan import PlannedGroup, SyncPlan, plan_of
from warehouse_cdp.activation.plan_statements import (
    duplicates_statement,
    gone_statement,
    plan_statement,
    standings_parameters,
)
from warehouse_cdp.activation.statements import COLUMN_HASH_LENGTH, SyncSql, quoted
from warehouse_cdp.warehouse.sync_tokens import spare_shared_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from warehouse_cdp.activation import SyncConfig
    from warehouse_cdp.warehouse.sync_sessions import Session

SAMPLE_KEYS = 5
"""Keys of each operation that a dry run shows."""

TEMPORARY_TABLES = ("sync_difference", "sync_duplicates", "sync_gone", "sync_plan")

_OUTBOX_COLUMNS = (
    "sync_key", "key_rest", "customer_id", "operation", "reason", "row_hash", "destination_key",
    "destination_id", "remembered", "on_leave", "rekeyed_from", "origin_run_id", "attempt_count",
    "first_rejected_at",
)  # fmt: skip


class StoredPlanning:
    """As of ``Planning``, over one open session."""

    def __init__(
        self,
        session: Session,
        sql: SyncSql,
        run: Run,
        parameters: dict[str, object],
        closing: ExitStack,
        base: str | None = None,
    ) -> None:
        self._session = session
        self._sql = sql
        self._run = run
        self._closing = closing
        try:
            has_standings = session.rows(
                f"select exists (select 1 from {sql.config.standings_relation})"  # noqa: S608
            )
            self._parameters = parameters | {"has_standings": bool(has_standings[0][0])}
            self._make(sql.difference(base))
            self._make(duplicates_statement(sql))
            self._make(gone_statement(sql))
            self._make(plan_statement(sql))
            self._plan = self._count(base)
        except BaseException:
            closing.close()
            raise

    @property
    def plan(self) -> SyncPlan:
        """As of ``Planning``."""
        return self._plan

    def close(self) -> None:
        """As of ``Planning``."""
        self._closing.close()

    def journalise(self, *, only_privacy: bool) -> int:
        """As of ``Planning``."""
        session, outbox = self._session, self._session.state("sync_outbox")
        condition = "verdict = 'send'" + (" and is_privacy" if only_privacy else "")
        columns = ", ".join(f"sync_plan.{name}" for name in _OUTBOX_COLUMNS)
        changed = self._names_of_changed()
        values = self._parameters | {"run_name": self._run.run_id}
        with session.transaction():
            session.run(
                f"""
                delete from {outbox}
                where sync_name = $sync and (
                    status = 'planned'
                    or sync_key in (select sync_key from sync_plan where {condition})
                    or (
                        status in ('rejected', 'set_aside') and sync_key not in (
                            select sync_key from sync_plan where sync_key is not null
                        )
                    )
                )
                """,  # noqa: S608
                values,
            )
            session.run(
                f"""
                insert into {outbox} (
                    sync_name, run_id, sequence_number, {", ".join(_OUTBOX_COLUMNS)}, status,
                    was_in_doubt, column_hashes, changed_columns, planned_at
                )
                select
                    $sync,
                    $run,
                    row_number() over (
                        order by
                            case when sync_plan.operation = 'remove' then 0 else 1 end,
                            sync_plan.on_leave,
                            sync_plan.sync_key
                    ),
                    {columns},
                    'planned',
                    sync_plan.doubt_operation is not null,
                    hashed.column_hashes,
                    {changed},
                    $now
                from sync_plan
                {self._hashes()}
                where {condition}
                """,  # noqa: S608
                values,
            )
            spare_shared_tokens(session, self._sql.config.name, self._run.run_id)
            session.run(
                f"""
                insert into {session.state("sync_runs")} (
                    run_id, sync_name, destination, model_name, mode, status, started_at
                )
                values ($run, $sync, $destination, $model, $mode, 'running', $now)
                """,  # noqa: S608
                values
                | {
                    "destination": self._sql.config.destination.type,
                    "model": self._sql.config.model,
                    "mode": self._sql.config.mode,
                },
            )
        counted = session.rows(
            f"select count(*) from {outbox} where sync_name = $sync and run_id = $run",  # noqa: S608
            values,
        )
        return int(counted[0][0])

    def preview(self) -> tuple[Sequence[tuple[str, int]], Sequence[tuple[str, str]]]:
        """As of ``Planning``."""
        columns = self._sql.config.columns
        counts = ", ".join(
            f"count(*) filter (where {_differs(place)})" for place in range(len(columns))
        )
        found = self._session.rows(
            f"select {counts} from sync_plan {self._hashes()} "  # noqa: S608
            "where sync_plan.verdict = 'send' and sync_plan.operation = 'change'",
            self._parameters,
        )[0]
        changed = [
            (column.target, int(number))
            for column, number in zip(columns, found, strict=True)
            if number
        ]
        sample = self._session.rows(
            f"""
            select ranked.operation, ranked.sync_key
            from (
                select
                    sync_plan.operation,
                    sync_plan.sync_key,
                    row_number() over (
                        partition by sync_plan.operation order by sync_plan.sync_key
                    ) as place
                from sync_plan
                where sync_plan.verdict = 'send'
            ) as ranked
            where ranked.place <= {SAMPLE_KEYS}
            order by ranked.operation, ranked.place
            """,  # noqa: S608
            self._parameters,
        )
        return changed, [(str(operation), str(key)) for operation, key in sample]

    def snapshot(self) -> Iterator[pa.Table]:
        """As of ``Planning``."""
        names = list(self._sql.config.targets)
        try:
            for table in self._session.tables(self._sql.snapshot(), self._parameters):
                yield table.drop_columns(["contact_value"]).rename_columns(names)
        finally:
            self.close()

    def privacy_keys(self) -> frozenset[str]:
        """As of ``Planning``."""
        rows = self._session.rows(
            "select destination_key from sync_plan "
            "where verdict = 'send' and operation = 'remove' and is_privacy"
        )
        return frozenset(str(row[0]) for row in rows)

    def _make(self, statement: str) -> None:
        self._session.run(statement, self._parameters)

    def _hashes(self) -> str:
        """Joins to ``sync_plan``: hashes of what is to be sent, and of what is there."""
        return f"""
            left join (
                select
                    {self._sql.key("model")} as sync_key,
                    {self._sql.column_hashes("model")} as column_hashes
                from {self._sql.config.relation} as model
                where model.{quoted("customer_id")} in (
                    select customer_id from sync_plan where operation <> 'remove'
                )
            ) as hashed
                on sync_plan.sync_key = hashed.sync_key and sync_plan.operation <> 'remove'
            left join {self._session.state("sync_state")} as acknowledged
                on acknowledged.sync_name = $sync
                and coalesce(sync_plan.rekeyed_from, sync_plan.sync_key) = acknowledged.sync_key
                and acknowledged.mapping_hash = $mapping
        """  # noqa: S608

    def _names_of_changed(self) -> str:
        """Names of the columns that differ, as one text; null where none does."""
        columns = self._sql.config.columns
        self._parameters |= {
            f"column_{place}": column.target for place, column in enumerate(columns)
        }
        names = " || ".join(
            f"case when {_differs(place)} then ',' || $column_{place} else '' end"
            for place in range(len(columns))
        )
        return f"nullif(substr({names}, 2), '')"

    def _count(self, base: str | None) -> SyncPlan:
        session, sql = self._session, self._sql
        groups = [
            PlannedGroup(str(verdict), str(operation), str(reason), bool(privacy), bool(there), n)
            for verdict, operation, reason, privacy, there, n in session.rows(
                "select verdict, operation, reason, is_privacy, is_there, count(*) "
                "from sync_plan group by 1, 2, 3, 4, 5"
            )
        ]
        there = self._one(f"select count(*) from ({base or sql.base()}) as base")  # noqa: S608
        source = self._one(f"select count(*) from {sql.config.relation}")  # noqa: S608
        differing = self._one("select count(*) from sync_difference where is_wanted")
        touched = self._one("select count(*) from sync_difference where is_there")
        held = [
            (str(reason), int(number))
            for reason, number in session.rows(
                "select candidate.holdback_reason, count(*) "  # noqa: S608
                f"from {sql.config.candidates_relation} as candidate "
                "where candidate.holdback_reason is not null group by 1"
            )
        ]
        if differing + there - touched < source:
            held += self._gated()
        return plan_of(groups, source=source, there=there, held_back=_summed(held))

    def _gated(self) -> list[tuple[str, int]]:
        """Rows of the model that only the engine's own gate holds back, by why."""
        config, sql = self._sql.config, self._sql
        rows = self._session.rows(
            f"""
            select
                case
                    when exists (
                        select 1 from {config.candidates_relation} as candidate
                        where {sql.same_key("model", "candidate")}
                    ) then 'not_granted'
                    else 'no_decision'
                end,
                count(*)
            from {config.relation} as model
            where not ({sql.allowed("model")}) and {sql.key("model")} is not null
                and not exists (
                    select 1 from {config.candidates_relation} as held
                    where {sql.same_key("model", "held")} and held.holdback_reason is not null
                )
            group by 1
            """,  # noqa: S608
            self._parameters,
        )
        return [(str(reason), int(number)) for reason, number in rows]

    def _one(self, query: str) -> int:
        return int(self._session.rows(query, self._parameters)[0][0])


def _differs(place: int) -> str:
    """Whether a column's hash is another than that of what is there, where both are known."""
    part = f"column_hashes, {place * COLUMN_HASH_LENGTH + 1}, {COLUMN_HASH_LENGTH})"
    return f"substr(hashed.{part} <> substr(acknowledged.{part}"


def plan_against(
    session: Session, config: SyncConfig, earlier: SyncConfig, hash_key: str
) -> SyncPlan:
    """What a sync would send if its destination held what another configuration wants.

    Both read the same session; names of the two sets of models are all that may differ.
    """
    run = Run("dry-run", config, datetime(1970, 1, 1))  # noqa: DTZ001 - nothing waits in a state
    sql = SyncSql(config, session)
    parameters = {
        **sql.parameters(hash_key),
        **standings_parameters(config),
        "run": run.run_id,
        "now": run.started_at,
        "is_resend": False,
    }
    with ExitStack() as closing:
        for name in TEMPORARY_TABLES:
            closing.callback(session.run, f"drop table if exists {name}")
        base = f"""
            select
                wanted.*,
                true as is_acknowledged,
                wanted.row_hash as acknowledged_hash,
                true as has_mapping,
                true as has_rules,
                cast(null as text) as destination_key,
                cast(null as text) as destination_id,
                cast(null as text) as remembered,
                cast(null as text) as doubt_operation,
                cast(null as text) as doubt_hash,
                cast(null as text) as doubt_run_id
            from ({SyncSql(earlier, session).wanted()}) as wanted
        """  # noqa: S608
        return StoredPlanning(session, sql, run, parameters, ExitStack(), base).plan


def _summed(counted: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    sums: dict[str, int] = {}
    for reason, number in counted:
        sums[reason] = sums.get(reason, 0) + number
    return tuple(sorted(sums.items()))

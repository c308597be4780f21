"""The warehouse as a sync sees it, on any engine: plans, the open plan, what was acknowledged."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from warehouse_cdp.activation import Beginning, PlannedRow
from warehouse_cdp.activation.delivery import OPERATIONS
from warehouse_cdp.activation.plan_statements import standings_parameters
from warehouse_cdp.activation.statements import META_COLUMNS, SyncSql
from warehouse_cdp.warehouse.sync_journal import RunJournal, answers_of
from warehouse_cdp.warehouse.sync_planning import StoredPlanning
from warehouse_cdp.warehouse.sync_settling import release_unsent, settle_answers, settle_everything

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    import pyarrow as pa

    from warehouse_cdp.activation import (
        Ending,
        Journal,
        Planning,
        Run,
        SyncConfig,
        SyncReport,
        Vault,
    )
    from warehouse_cdp.warehouse.sync_sessions import Session, Sessions

CHUNK_ROWS = 50_000
MOST_CHUNK_ROWS = 200_000
CHUNKS = 10
"""A plan is read in about so many chunks: the model is asked once for each."""
SETTLED_ROWS = 200_000
"""Answers of so many rows are taken into the state at once; until then the journal has them."""

_PIECE_ROWS = 1_000

_SETTLED = {"succeeded", "unchanged", "partial", "blocked"}


class WarehouseSyncStore:
    """Reads models, reads and writes the ``sync_*`` tables of the state."""

    def __init__(self, sessions: Sessions, hash_key: str, vault: Vault) -> None:
        self._sessions = sessions
        self._hash_key = hash_key
        self._vault = vault
        self._journal: RunJournal | None = None

    def locked(self, sync_name: str) -> AbstractContextManager[None]:
        """As of ``SyncStore``."""
        return self._sessions.lock(sync_name)

    def begin(self, config: SyncConfig, now: datetime, *, is_dry_run: bool) -> Beginning:
        """As of ``SyncStore``."""
        entries = self._sessions.entries(config.name)
        left = [] if is_dry_run else [json.loads(text) for text in entries.read()]
        with self._sessions.open(writes=not is_dry_run) as session:
            if not is_dry_run:
                _recover(session, config, left, now)
            beginning = _beginning(session, config)
        if left:
            entries.clear()
        return beginning

    def plan(self, run: Run, *, is_resend: bool, is_dry_run: bool) -> Planning:
        """As of ``SyncStore``."""
        stack = ExitStack()
        with stack:
            session = stack.enter_context(self._sessions.open(writes=not is_dry_run))
            sql = SyncSql(run.config, session)
            parameters = self._parameters(sql, run) | {"is_resend": is_resend}
            return StoredPlanning(session, sql, run, parameters, stack.pop_all())
        raise AssertionError  # the stack never swallows an error

    def chunks(self, run: Run, row_count: int) -> Iterator[Iterable[PlannedRow]]:
        """As of ``SyncStore``."""
        size = min(max(CHUNK_ROWS, -(-row_count // CHUNKS)), MOST_CHUNK_ROWS)
        for first in range(1, row_count + 1, size):
            with self._sessions.open(writes=False, is_patient=True) as session:
                sql = SyncSql(run.config, session)
                bounds = {"first": first, "last": first + size - 1}
                parameters = self._parameters(sql, run) | bounds
                tables = list(session.tables(sql.payload(), parameters))
            yield planned_rows(tables)

    def journal(self, run: Run) -> Journal:
        """As of ``SyncStore``."""
        self._journal = RunJournal(self._sessions.entries(run.config.name), run, self._vault)
        return self._journal

    def settle(self, run: Run, now: datetime) -> None:
        """As of ``SyncStore``."""
        if self._journal is None or self._journal.pending_rows < SETTLED_ROWS:
            return
        opened = self._sessions.open(writes=True, is_patient=True)
        with opened as session, session.transaction():
            settle_answers(session, run.config, answers_of(self._journal.pending()), now)
        self._journal.settled()

    def finish(self, run: Run, report: SyncReport, now: datetime, ending: Ending) -> None:
        """As of ``SyncStore``."""
        pending = self._journal.pending() if self._journal is not None else []
        opened = self._sessions.open(writes=True, is_patient=True)
        with opened as session, session.transaction():
            if ending.everything_taken:
                settle_everything(session, run, now)
            elif pending:
                settle_answers(session, run.config, answers_of(pending), now)
            release_unsent(session, run.config.name)
            if ending.identity is not None and report.status in _SETTLED:
                _pin(session, run.config.name, ending.identity, now)
            _write_run(session, run, report, now, ending.identity)
        if self._journal is not None:
            self._journal.settled()

    def _parameters(self, sql: SyncSql, run: Run) -> dict[str, object]:
        return {
            **sql.parameters(self._hash_key),
            **standings_parameters(run.config),
            "run": run.run_id,
            "now": run.started_at,
        }


def planned_rows(tables: Iterable[pa.Table]) -> Iterator[PlannedRow]:
    """Rows of a plan with their content, of which only a few are objects at a time."""
    for table in tables:
        for piece in table.to_batches(max_chunksize=_PIECE_ROWS):
            columns: list[list[Any]] = [column.to_pylist() for column in piece.columns]
            head, cells = columns[:META_COLUMNS], columns[META_COLUMNS:]
            contents = zip(*cells, strict=True)
            yield from map(PlannedRow._make, zip(*head, contents, strict=True))


def _recover(session: Session, config: SyncConfig, left: list[list[Any]], now: datetime) -> None:
    """Take what a run that crashed had written down into the state."""
    runs = session.state("sync_runs")
    unfinished = session.rows(
        f"select run_id from {runs} where sync_name = $sync and status = 'running'",  # noqa: S608
        {"sync": config.name},
    )
    if not left and not unfinished:
        return
    with session.transaction():
        settle_answers(session, config, answers_of(left), now)
        release_unsent(session, config.name)
        session.run(
            f"update {runs} set status = 'interrupted', finished_at = $now "  # noqa: S608
            "where sync_name = $sync and status = 'running'",
            {"sync": config.name, "now": now},
        )


def _beginning(session: Session, config: SyncConfig) -> Beginning:
    named: dict[str, object] = {"sync": config.name}
    state, pins = session.state("sync_state"), session.state("sync_pins")
    outbox = session.state("sync_outbox")
    there, in_doubt, pinned = session.rows(
        f"""
        select
            (select count(*) from {state} where sync_name = $sync),
            (select count(*) from {outbox} where sync_name = $sync and status = 'in_doubt'),
            (select min(destination_identity) from {pins} where sync_name = $sync)
        """,  # noqa: S608
        named,
    )[0]
    contact = config.contact_point
    suppressed = (
        session.rows(
            f"select identifier_hash from {session.state('suppressed_identifiers')} "  # noqa: S608
            "where identifier_type = $type",
            {"type": contact.type},
        )
        if contact is not None
        else []
    )
    return Beginning(
        int(there),
        int(in_doubt),
        None if pinned is None else str(pinned),
        frozenset(str(row[0]) for row in suppressed),
    )


def _pin(session: Session, sync_name: str, identity: str, now: datetime) -> None:
    table = session.state("sync_pins")
    values = {"sync": sync_name, "identity": identity, "now": now}
    session.run(
        f"delete from {table} where sync_name = $sync and destination_identity <> $identity",  # noqa: S608
        values,
    )
    session.run(
        f"insert into {table} (sync_name, destination_identity, pinned_at) "  # noqa: S608
        "select $sync, $identity, $now "
        f"where not exists (select 1 from {table} where sync_name = $sync)",
        values,
    )


def _write_run(
    session: Session, run: Run, report: SyncReport, now: datetime, identity: str | None
) -> None:
    counts, tally, config = report.plan.counts, report.tally, run.config
    kind = config.destination.settings.get("format")
    values: dict[str, object] = {
        "run_id": run.run_id,
        "sync_name": config.name,
        "destination": config.destination.type + (f":{kind}" if kind else ""),
        "model_name": config.model,
        "mode": config.mode,
        "status": report.status,
        "error_code": type(report.error).__name__ if report.error else report.blocked_by,
        "blocked_by": report.blocked_by,
        "source_row_count": counts.source,
        "invalid_row_count": counts.invalid,
        "held_back_row_count": counts.held_back,
        "added_row_count": counts.added,
        "changed_row_count": counts.changed,
        "removed_row_count": counts.removed,
        "removed_for_privacy_row_count": counts.removed_for_privacy,
        "unchanged_row_count": counts.unchanged,
        "rejected_row_count": tally.failed_count,
        "kept_row_count": counts.kept,
        "waiting_row_count": counts.waiting,
        "superseded_row_count": tally.superseded,
        "batch_count": tally.batches,
        "destination_identity": identity,
        "started_at": run.started_at,
        "finished_at": now,
    }
    for operation in OPERATIONS:
        values |= {
            f"planned_{operation}_count": report.plan.planned(operation),
            f"attempted_{operation}_count": tally.attempted[operation],
            f"succeeded_{operation}_count": tally.succeeded[operation],
            f"failed_{operation}_count": tally.rejected[operation] + tally.unanswered[operation],
        }
    table = session.state("sync_runs")
    session.run(
        f"delete from {table} where sync_name = $sync_name and run_id = $run_id",  # noqa: S608
        values,
    )
    session.run(
        f"insert into {table} ({', '.join(values)}) "  # noqa: S608 - names of this function
        f"values ({', '.join(f'${name}' for name in values)})",
        values,
    )

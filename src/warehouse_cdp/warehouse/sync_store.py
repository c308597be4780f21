"""The warehouse as a sync sees it: what should be sent, and what was acknowledged."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from warehouse_cdp.activation.plan import STATE_COLUMNS
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.warehouse.connection import quoted, use_state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from warehouse_cdp.activation import RunRecord, SyncConfig
    from warehouse_cdp.warehouse.profile import Target


class DuckDbSyncStore:
    """Reads models, reads and writes the ``sync_*`` tables of the state."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, target: Target) -> None:
        self._connection = connection
        self._target = target

    def read_source(self, config: SyncConfig) -> pd.DataFrame:
        """Rows of the model, with the engine's own types."""
        return self._read(config.relation, config.read_columns)

    def read_candidates(self, config: SyncConfig) -> pd.DataFrame:
        """Everyone who was considered, with the reason that holds them back."""
        columns = tuple(dict.fromkeys((*config.key, "customer_id", "holdback_reason")))
        return self._read(config.candidates_relation, columns)

    def read_standings(self, config: SyncConfig) -> pd.DataFrame:
        """Every customer id, living or retired, with the reason not to deal with the person."""
        columns = ("customer_id", config.standing_column)
        found = self._read(config.standings_relation, columns)
        return found.rename(columns={config.standing_column: "holdback_reason"})

    def read_state(self, sync_name: str) -> pd.DataFrame:
        """What was acknowledged; nothing when the state has not been made yet."""
        if not use_state(self._connection, self._target):
            return pd.DataFrame(columns=STATE_COLUMNS, dtype=object)
        found: pd.DataFrame = self._connection.execute(
            "select sync_key, customer_id, row_hash from sync_state "
            "where sync_name = $1 order by sync_key",
            [sync_name],
        ).df()
        return found.astype(object)

    def record(
        self, run: RunRecord, log: pd.DataFrame, started_at: datetime, finished_at: datetime
    ) -> None:
        """Append run and log and bring the state up to date, all or nothing."""
        logged = log.assign(status=log["status"].astype(object))
        connection = self._connection
        connection.register("run_log", logged)
        try:
            use_state(connection, self._target)
            connection.execute("begin")
            self._insert_run(run, started_at, finished_at)
            self._insert_log(run, finished_at)
            self._update_state(run, finished_at)
            connection.execute("commit")
        except duckdb.Error as error:
            with contextlib.suppress(duckdb.Error):  # there is nothing to undo before `begin`
                connection.execute("rollback")
            message = (
                f"the state in {self._target.state} could not be written ({type(error).__name__}); "
                "what was delivered will be sent again. If its tables are missing run `dbt build`"
            )
            raise InputDataError(message) from None
        finally:
            connection.unregister("run_log")

    def _read(self, relation: str, columns: Sequence[str]) -> pd.DataFrame:
        names = ", ".join(quoted(name) for name in columns)
        try:
            # Names from the manifest, quoted there and here: no value ever stands in this text.
            query = f"select {names} from {relation}"  # noqa: S608
            table = self._connection.sql(query).to_arrow_table()
        except duckdb.Error as error:
            message = (
                f"cannot read {relation} ({type(error).__name__}): "
                f"run `dbt build --target {self._target.name}`"
            )
            raise InputDataError(message) from None
        frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
        return frame

    def _insert_run(self, run: RunRecord, started_at: datetime, finished_at: datetime) -> None:
        counts = run.plan.counts
        self._connection.execute(
            """
            insert into sync_runs (
                run_id, sync_name, destination, model_name, mode, status, error_code,
                source_row_count, invalid_row_count, held_back_row_count, added_row_count,
                changed_row_count, removed_row_count, removed_for_privacy_row_count,
                unchanged_row_count, rejected_row_count, started_at, finished_at
            )
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
            """,
            [
                run.run_id,
                run.config.name,
                f"file:{run.config.destination.format}",
                run.config.model,
                run.config.mode,
                run.status,
                run.error_code,
                counts.source,
                counts.invalid,
                counts.held_back,
                counts.added,
                counts.changed,
                counts.removed,
                counts.removed_for_privacy,
                counts.unchanged,
                run.rejected_count,
                started_at,
                finished_at,
            ],
        )

    def _insert_log(self, run: RunRecord, finished_at: datetime) -> None:
        self._connection.execute(
            """
            insert into sync_log (
                run_id, sync_name, sync_key, operation, reason, status, error_code, row_hash,
                logged_at
            )
            select $1, $2, sync_key, operation, reason, status, error_code, row_hash, $3
            from run_log
            order by sync_key
            """,
            [run.run_id, run.config.name, finished_at],
        )

    def _update_state(self, run: RunRecord, finished_at: datetime) -> None:
        self._connection.execute(
            """
            create or replace temp table acknowledged_before as
            select sync_state.sync_key, sync_state.first_acknowledged_at
            from sync_state
            inner join run_log on sync_state.sync_key = run_log.sync_key
            where sync_state.sync_name = $1 and run_log.status = 'acknowledged'
            """,
            [run.config.name],
        )
        self._connection.execute(
            """
            delete from sync_state
            where sync_name = $1 and sync_key in (select sync_key from acknowledged_before)
            """,
            [run.config.name],
        )
        self._connection.execute(
            """
            insert into sync_state (
                sync_name, sync_key, customer_id, row_hash, first_acknowledged_at,
                last_acknowledged_at, last_run_id
            )
            select
                $1, run_log.sync_key, run_log.customer_id, run_log.row_hash,
                coalesce(acknowledged_before.first_acknowledged_at, $2), $2, $3
            from run_log
            left join acknowledged_before on run_log.sync_key = acknowledged_before.sync_key
            where run_log.status = 'acknowledged' and run_log.operation <> 'remove'
            """,
            [run.config.name, finished_at, run.run_id],
        )

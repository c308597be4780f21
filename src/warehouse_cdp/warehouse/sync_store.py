"""The warehouse as a sync sees it: what should be sent, and what was acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from warehouse_cdp.activation.plan import REMOVE, STATE_COLUMNS
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.warehouse.connection import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from warehouse_cdp.activation import RunRecord, SyncConfig
    from warehouse_cdp.warehouse.profile import Target

_ACKNOWLEDGED = "status = 'acknowledged'"


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

    def read_state(self, sync_name: str) -> pd.DataFrame:
        """What was acknowledged; nothing when the state has not been made yet."""
        try:
            found = self._connection.sql(
                f"select {', '.join(STATE_COLUMNS)} from {self._state('sync_state')} "
                "where sync_name = $1 order by sync_key",
                params=[sync_name],
            ).df()
        except (duckdb.CatalogException, duckdb.BinderException):
            return pd.DataFrame(columns=STATE_COLUMNS, dtype=object)
        return found.astype(object)

    def record(
        self, run: RunRecord, log: pd.DataFrame, started_at: datetime, finished_at: datetime
    ) -> None:
        """Append run and log and bring the state up to date, all or nothing."""
        logged = log.assign(status=log["status"].astype(object))
        connection = self._connection
        connection.register("run_log", logged)
        try:
            connection.execute("begin")
            self._insert_run(run, started_at, finished_at)
            self._insert_log(run, finished_at)
            self._update_state(run, finished_at)
            connection.execute("commit")
        except duckdb.Error as error:
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
            table = self._connection.sql(f"select {names} from {relation}").to_arrow_table()
        except duckdb.Error as error:
            message = (
                f"cannot read {relation} ({type(error).__name__}): "
                f"run `dbt build --target {self._target.name}`"
            )
            raise InputDataError(message) from None
        frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
        return frame

    def _state(self, table: str) -> str:
        return quoted("cdp_state", self._target.state_schema, table)

    def _insert_run(self, run: RunRecord, started_at: datetime, finished_at: datetime) -> None:
        counts = run.plan.counts
        row = {
            "run_id": run.run_id,
            "sync_name": run.config.name,
            "destination": f"file:{run.config.destination.format}",
            "model_name": run.config.model,
            "mode": run.config.mode,
            "status": run.status,
            "error_code": run.error_code,
            "source_row_count": counts.source,
            "invalid_row_count": counts.invalid,
            "held_back_row_count": counts.held_back,
            "added_row_count": counts.added,
            "changed_row_count": counts.changed,
            "removed_row_count": counts.removed,
            "removed_for_privacy_row_count": counts.removed_for_privacy,
            "unchanged_row_count": counts.unchanged,
            "rejected_row_count": run.rejected_count,
            "started_at": started_at,
            "finished_at": finished_at,
        }
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        self._connection.execute(
            f"insert into {self._state('sync_runs')} ({', '.join(row)}) values ({places})",
            list(row.values()),
        )

    def _insert_log(self, run: RunRecord, finished_at: datetime) -> None:
        self._connection.execute(
            f"insert into {self._state('sync_log')} (run_id, sync_name, sync_key, operation, "
            "reason, status, error_code, row_hash, logged_at) select $1, $2, sync_key, operation, "
            "reason, status, error_code, row_hash, $3 from run_log order by sync_key",
            [run.run_id, run.config.name, finished_at],
        )

    def _update_state(self, run: RunRecord, finished_at: datetime) -> None:
        state = self._state("sync_state")
        changed = f"select sync_key from run_log where {_ACKNOWLEDGED}"
        self._connection.execute(
            f"create or replace temp table first_acknowledged as select sync_key, "
            f"first_acknowledged_at from {state} where sync_name = $1 and sync_key in ({changed})",
            [run.config.name],
        )
        self._connection.execute(
            f"delete from {state} where sync_name = $1 and sync_key in ({changed})",
            [run.config.name],
        )
        self._connection.execute(
            f"insert into {state} (sync_name, sync_key, customer_id, row_hash, "
            "first_acknowledged_at, last_acknowledged_at, last_run_id) "
            "select $1, run_log.sync_key, run_log.customer_id, run_log.row_hash, "
            "coalesce(first_acknowledged.first_acknowledged_at, $2), $2, $3 from run_log "
            "left join first_acknowledged on run_log.sync_key = first_acknowledged.sync_key "
            f"where run_log.{_ACKNOWLEDGED} and run_log.operation <> '{REMOVE}'",
            [run.config.name, finished_at, run.run_id],
        )

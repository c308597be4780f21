"""A small sync to plan, and a destination and a store that live in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from warehouse_cdp.activation import (
    FileSpec,
    Guards,
    MappedColumn,
    Outcome,
    RunContext,
    SyncConfig,
)
from warehouse_cdp.activation.plan import REMOVE, STATE_COLUMNS
from warehouse_cdp.errors import DestinationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.activation import Delivery, RunRecord

HASH_KEY = "a key for tests"
NOW = datetime(2026, 6, 30, 6)

CONFIG = SyncConfig(
    name="sync_email__contacts",
    owner="CRM team",
    model="act_email__contacts",
    relation='"wh"."dev_activation"."act_email__contacts"',
    candidates_model="candidates_email__contacts",
    candidates_relation='"wh"."dev_activation"."candidates_email__contacts"',
    standings_relation='"wh"."dev_activation"."customer_standings"',
    standing_column="holdback_reason",
    destination=FileSpec("csv", "out/{target}/{sync_name}.csv", formula_guard=True),
    mode="mirror",
    key=("customer_id",),
    columns=(MappedColumn("customer_id", "id"), MappedColumn("email", "email_address")),
    guards=Guards(max_remove_share=1.0, min_source_rows=0),
    upstream=frozenset(),
)


def with_guards(share: float, rows: int = 1) -> SyncConfig:
    return replace(CONFIG, guards=Guards(share, rows))


def source_of(rows: Mapping[str, str] | list[tuple[str | None, str]]) -> pd.DataFrame:
    pairs = rows if isinstance(rows, list) else list(rows.items())
    return pd.DataFrame(pairs, columns=["customer_id", "email"], dtype=object)


def candidates_of(reasons: Mapping[str, str | None]) -> pd.DataFrame:
    columns = ["customer_id", "holdback_reason"]
    return pd.DataFrame(list(reasons.items()), columns=columns, dtype=object)


def standings_of(reasons: Mapping[str, str | None]) -> pd.DataFrame:
    return candidates_of(reasons)


def empty_state() -> pd.DataFrame:
    return pd.DataFrame(columns=STATE_COLUMNS, dtype=object)


@dataclass
class MemoryDestination:
    """Holds rows by key; may refuse keys, or everything."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    rejects: frozenset[str] = frozenset()
    silent_about: frozenset[str] = frozenset()
    is_down: bool = False
    is_lost: bool = False
    deliveries: int = 0
    place: str = "memory"

    def has_lost_everything(self) -> bool:
        return self.is_lost

    def deliver(self, delivery: Delivery) -> Mapping[str, Outcome]:
        self.deliveries += 1
        if self.is_down:
            message = "the destination is down"
            raise DestinationError(message)
        outcomes = {}
        for change in delivery.changes.itertuples():
            key = str(change.sync_key)
            if key in self.rejects:
                outcomes[key] = Outcome("rejected", "bad_row")
                continue
            if change.operation == REMOVE:
                self.rows.pop(key, None)
            else:
                assert delivery.contents is not None
                self.rows[key] = {str(k): v for k, v in delivery.contents.loc[key].items()}
            if key not in self.silent_about:
                outcomes[key] = Outcome("acknowledged")
        return outcomes


@dataclass
class MemoryStore:
    """The warehouse's side."""

    source: pd.DataFrame
    candidates: pd.DataFrame
    state: dict[str, tuple[str, str]] = field(default_factory=dict)
    runs: list[RunRecord] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    standings: dict[str, str | None] = field(default_factory=dict)

    def read_source(self, config: SyncConfig) -> pd.DataFrame:
        return self.source[list(config.read_columns)]

    def read_candidates(self, config: SyncConfig) -> pd.DataFrame:
        del config
        return self.candidates

    def read_standings(self, config: SyncConfig) -> pd.DataFrame:
        del config
        return standings_of(self.standings)

    def read_state(self, sync_name: str) -> pd.DataFrame:
        del sync_name
        rows = [(key, customer, row_hash) for key, (customer, row_hash) in self.state.items()]
        return pd.DataFrame(rows, columns=STATE_COLUMNS, dtype=object)

    def record(
        self, run: RunRecord, log: pd.DataFrame, started_at: datetime, finished_at: datetime
    ) -> None:
        assert started_at <= finished_at
        self.runs.append(run)
        for change in log.to_dict("records"):
            self.log.append({str(name): value for name, value in change.items()})
            if change["status"] == "acknowledged":
                self.state.pop(change["sync_key"], None)
                if change["operation"] != REMOVE:
                    self.state[change["sync_key"]] = (change["customer_id"], change["row_hash"])


def world(people: Mapping[str, str], held_back: Mapping[str, str] | None = None) -> MemoryStore:
    """A store whose model has ``people`` and whose candidates hold others back for a reason."""
    reasons: dict[str, str | None] = dict.fromkeys(people)
    return MemoryStore(source_of(people), candidates_of({**reasons, **(held_back or {})}))


def context(*, is_dry_run: bool = False, allow_removals: bool = False) -> RunContext:
    return RunContext("run-1", lambda: NOW, HASH_KEY, is_dry_run, allow_removals)

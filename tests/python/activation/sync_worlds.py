"""A small warehouse to sync from, and a destination in memory that may refuse, lose or die."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse_cdp.activation import (
    ContactPoint,
    DestinationSpec,
    Guards,
    MappedColumn,
    Outcome,
    RunContext,
    SyncConfig,
    SyncReport,
    run_sync,
)
from warehouse_cdp.activation.protocol import ACKNOWLEDGED
from warehouse_cdp.privacy import tombstone
from warehouse_cdp.warehouse.profile import Target
from warehouse_cdp.warehouse.state_schema import known_migrations
from warehouse_cdp.warehouse.sync_sessions import SYNC_TABLES, DuckDbSessions
from warehouse_cdp.warehouse.sync_store import WarehouseSyncStore
from warehouse_cdp.warehouse.sync_vault import PlainVault
from worlds import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from warehouse_cdp.activation import Batch, Row
    from warehouse_cdp.errors import DestinationError
    from warehouse_cdp.warehouse.sync_sessions import Sessions

HASH_KEY = "a key for tests"
NOW = datetime(2026, 6, 30, 6)

CONFIG = SyncConfig(
    name="sync_crm__contacts",
    owner="CRM team",
    model="act_crm__contacts",
    relation="wh.main.act",
    candidates_model="candidates_crm__contacts",
    candidates_relation="wh.main.candidates",
    standings_relation="wh.main.standings",
    standing_column="holdback_reason",
    consents_relation="wh.main.consents",
    customer_consents_relation="wh.main.customer_consents",
    destination=DestinationSpec("memory"),
    mode="mirror",
    on_leave="delete",
    on_withdrawal="delete",
    on_erasure="delete",
    purposes=("marketing",),
    contact_point=ContactPoint("email", "email", "email", is_in_model=True),
    key=("customer_id",),
    columns=(
        MappedColumn("customer_id", "id"),
        MappedColumn("email", "email_address"),
        MappedColumn("score", "score"),
    ),
    guards=Guards(max_remove_share=1.0, max_change_share=1.0, min_source_rows=0),
    upstream=frozenset(),
    batch_rows=3,
)

TABLES = {
    "act": "customer_id text, email text, score bigint",
    "candidates": "customer_id text, holdback_reason text, email text",
    "standings": "customer_id text, current_customer_id text, split_from_customer_id text, "
    "holdback_reason text",
    "consents": "contact_point_type text, contact_point text, purpose text, channel text, "
    "is_granted boolean",
    "customer_consents": "customer_id text, purpose text, is_granted boolean",
}


@dataclass
class Person:
    """What the warehouse says of a customer; ``merged_into`` retires the id."""

    email: str
    score: int = 0
    holdback_reason: str | None = None
    is_granted: bool = True
    is_in_model: bool = True
    is_erased: bool = False
    merged_into: str | None = None
    split_from: str | None = None


@dataclass
class MemoryDestination:
    """Holds rows by the key that it was given; may refuse keys, lose answers, or fail."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    rejects: set[str] = field(default_factory=set)
    poison: set[str] = field(default_factory=set)
    loses_answers: bool = False
    fails: list[DestinationError] = field(default_factory=list)
    fails_after: int = 0
    name: str = "memory"
    batches: list[Batch] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    place: str = "memory"

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def identity(self) -> str:
        return self.name

    def remembered_of(self, row: Row) -> Mapping[str, str] | None:
        return {"hash": f"h-{row.values['id']}"}

    def close(self) -> None:
        """Nothing to let go of."""

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        from warehouse_cdp.errors import BatchRefusedError  # noqa: PLC0415

        with self._lock:
            self.batches.append(batch)
            if self.fails and len(self.batches) > self.fails_after:
                raise self.fails.pop(0)
            if self.poison & {row.key for row in batch.rows}:
                message = "refused as a whole"
                raise BatchRefusedError(message, "bad_request")
            return {row.key: self._apply(row) for row in batch.rows if not self.loses_answers}

    def _apply(self, row: Row) -> Outcome:
        if row.key in self.rejects:
            return Outcome("rejected", "422", "invalid_value")
        self.keys.append(row.idempotency_key)
        key = str(row.values["id"])
        if row.operation == "remove":
            if row.on_leave == "clear_fields":
                self.rows[key] = dict(row.values)
            else:
                self.rows.pop(key, None)
            return ACKNOWLEDGED
        self.rows[key] = dict(row.values)
        return Outcome("acknowledged", destination_id=f"d-{key}")


@dataclass
class World:
    """A warehouse in a folder, whose models are made from ``people``."""

    folder: Path
    people: dict[str, Person] = field(default_factory=dict)
    config: SyncConfig = CONFIG
    destination: MemoryDestination = field(default_factory=MemoryDestination)
    now: datetime = NOW
    runs: int = 0
    suppressed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reopen()
        self.build()
        self.make_state()

    def make_state(self) -> None:
        """The tables of the state, as the first build makes them."""
        with duckdb.connect(str(self.target.state)) as connection:
            connection.execute("create schema dev")
            for name, columns in state_tables().items():
                connection.execute(f"create table dev.{name} ({columns})")

    def reopen(self) -> None:
        """Reach the warehouse of the folder, as another process would."""
        self.target = Target(
            name="dev",
            project_folder=ROOT,
            warehouse=self.folder / "wh.duckdb",
            schema="dev",
            is_production=False,
            attachments={"cdp_state": self.folder / "state.duckdb"},
            hash_key=HASH_KEY,
        )
        self.sessions: Sessions = DuckDbSessions(self.target)

    def build(self) -> None:
        """What a dbt build would make of the people as they are now."""
        rows = model_rows(self.people)
        with duckdb.connect(str(self.target.warehouse)) as connection:
            for name, columns in TABLES.items():
                connection.execute(f"create or replace table {name} ({columns})")
                if rows[name]:
                    marks = ", ".join("?" * len(rows[name][0]))
                    connection.executemany(f"insert into {name} values ({marks})", rows[name])

    def store(self) -> WarehouseSyncStore:
        return WarehouseSyncStore(self.sessions, HASH_KEY, PlainVault())

    def sync(
        self,
        *,
        is_dry_run: bool = False,
        allowed: frozenset[str] = frozenset(),
        destination: Any = None,  # noqa: ANN401 - a destination of any kind
        build: bool = True,
        **options: Any,  # noqa: ANN401 - of RunContext
    ) -> SyncReport:
        if build:
            self.build()
        self.runs += 1
        self.now += timedelta(seconds=1)
        context = RunContext(
            f"run-{self.runs:04}",
            lambda: self.now,
            HASH_KEY,
            PlainVault(),
            tombstone=tombstone,
            is_dry_run=is_dry_run,
            allowed=allowed,
            **options,
        )
        return run_sync(self.config, self.store(), destination or self.destination, context)

    def with_guards(self, **guards: float) -> None:
        self.config = replace(self.config, guards=Guards(**guards))  # type: ignore[arg-type]

    def state(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.target.state), read_only=True) as connection:
            connection.execute("use dev")
            return connection.execute(query).fetchall()

    def change_state(self, statement: str) -> None:
        with duckdb.connect(str(self.target.state)) as connection:
            connection.execute("use dev")
            connection.execute(statement)

    @property
    def wanted(self) -> dict[str, tuple[str, int]]:
        """What should be at the destination, by customer."""
        return {
            name: (person.email, person.score)
            for name, person in self.people.items()
            if person.is_in_model
            and person.is_granted
            and not person.holdback_reason
            and not person.is_erased
            and not person.merged_into
        }

    @property
    def there(self) -> dict[str, tuple[str, int]]:
        """What is at the destination, by the customer whom its key means now."""
        keys = dict(self.state("select destination_key, sync_key from sync_state"))
        return {
            keys.get(key, key): (row["email_address"], row["score"])
            for key, row in self.destination.rows.items()
        }


def model_rows(people: Mapping[str, Person]) -> dict[str, list[tuple[object, ...]]]:
    """What a build would make of people, by table."""
    rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in TABLES}
    for name, person in people.items():
        heir = person.merged_into
        while heir is not None and heir in people and people[heir].merged_into:
            heir = people[heir].merged_into
        if heir is not None or person.is_erased:
            of_heir = people.get(heir) if heir else None
            gone = of_heir is None or of_heir.is_erased
            standing = "suppressed" if gone else None
            rows["standings"].append((name, None if gone else heir, None, standing))
            continue
        reason = person.holdback_reason
        rows["standings"].append((name, name, person.split_from, None))
        rows["candidates"].append((name, reason, person.email))
        rows["consents"].append(("email", person.email, "marketing", "email", person.is_granted))
        if person.is_in_model:
            rows["act"].append((name, person.email, person.score))
    return rows


def state_tables() -> dict[str, str]:
    """The tables that syncs use as the project's own migrations make them."""
    columns: dict[str, list[str]] = {}
    for migration in known_migrations(ROOT):
        for name, text in migration:
            if name in SYNC_TABLES:
                columns.setdefault(name, []).append(text)
    assert set(columns) == set(SYNC_TABLES)
    return {name: ", ".join(texts) for name, texts in columns.items()}


def people(count: int) -> dict[str, Person]:
    return {f"cus_{n}": Person(f"p{n}@x.test", n) for n in range(count)}

"""A made-up state with a past: merges, splits, removals, a rollback, memberships and syncs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
from typer.testing import CliRunner

from warehouse_cdp.cli import app
from warehouse_cdp.linkage import as_table, assign, no_assignments, rollback
from warehouse_cdp.warehouse.state_schema import MIGRATIONS_FILE, known_migrations
from worlds import ROOT, Outcome

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CLOCK = pd.Timestamp("2026-03-01")
RECORDS = ["a", "b", "c", "d", "e", "f"]
RUNS = {
    "run-1": ("a b", "c", "d e"),
    "run-2": ("a b c", "d e f"),
    "run-3": ("a b", "c", "d", "e f"),
    "run-4": ("a b", "c", "d"),
    "run-5": ("a b", "c", "d", "e f"),
    "run-6": ("a b c", "d", "e f"),
}
UNDONE = "run-6"
CUSTOMER = "(select min(customer_id) from identity_assignments where run_number = 1)"
OTHER = "(select max(customer_id) from identity_assignments where run_number = 1)"
MEMBERSHIPS = f"""
    create table segment_memberships as
    select
        column0 as membership_id, column1 as segment_name, column2 as customer_id,
        column2 as customer_id_at_entry, column3::timestamp as entered_at,
        column4::timestamp as left_at
    from (
        values
            ('m1', 'seg_lapsing', {CUSTOMER}, '2026-03-01', '2026-03-03'),
            ('m2', 'seg_lapsing', {CUSTOMER}, '2026-03-03', null),
            ('m3', 'seg_lapsing', {OTHER}, '2026-03-01', null)
    ) as rows (column0, column1, column2, column3, column4)
"""
OVERRIDE = (
    "insert into identity_overrides (override_id, instruction, left_record_id, right_record_id) "
    "values ('kept', 'cannot_link', 'a', 'd')"
)
SYNCS = (
    "insert into sync_runs (run_id, sync_name) values ('s1', 'sync_x'), ('s2', 'sync_x')",
    """
    insert into sync_log (run_id, sync_name, sync_key, operation, status, row_hash, logged_at)
    values
        ('s1', 'sync_x', 'k1', 'add', 'acknowledged', 'h1', '2026-03-01'),
        ('s1', 'sync_x', 'k2', 'add', 'acknowledged', 'h2', '2026-03-01'),
        ('s1', 'sync_x', 'k3', 'add', 'rejected', 'h3', '2026-03-01'),
        ('s2', 'sync_x', 'k1', 'change', 'acknowledged', 'h4', '2026-03-02'),
        ('s2', 'sync_x', 'k2', 'remove', 'acknowledged', null, '2026-03-02')
    """,
    f"""
    insert into sync_state (sync_name, sync_key, customer_id, row_hash, last_run_id)
    values ('sync_x', 'k1', {CUSTOMER}, 'h4', 's2')
    """,
)


def assignment_log() -> pd.DataFrame:
    """The log of ``RUNS``, the last of which is rolled back."""
    log = no_assignments()
    ages = pd.DataFrame(
        {"record_id": RECORDS, "created_at": pd.date_range("2020-01-01", periods=len(RECORDS))}
    )
    for run_id, groups in RUNS.items():
        clusters = pd.DataFrame(
            [(record, group) for group in groups for record in group.split()],
            columns=["record_id", "cluster_key"],
        )
        changes = assign(clusters, ages, log, run_id, CLOCK)
        log = pd.concat([log, changes], ignore_index=True) if len(log) else changes
    undone = rollback(log, UNDONE, "run-7", CLOCK)
    return pd.concat([log, undone], ignore_index=True)


@dataclass(frozen=True)
class StateWorld:
    """A folder with a profile, the project's migrations and a state; no warehouse."""

    folder: Path

    def copy(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> StateWorld:
        """A copy to damage, which no environment of the caller's reaches."""
        for name in ("DBT_PROFILES_DIR", "DBT_TARGET", "CDP_WAREHOUSE_PATH", "CDP_STATE_PATH"):
            monkeypatch.delenv(name, raising=False)
        shutil.copytree(self.folder, folder)
        return StateWorld(folder)

    @property
    def state(self) -> Path:
        return self.folder / "cdp_state.duckdb"

    @property
    def backups(self) -> list[Path]:
        return sorted((self.folder / "state_backups").glob("*"))

    def cdp(self, *arguments: str) -> Outcome:
        done = CliRunner().invoke(app, [*arguments, "--project-dir", str(self.folder)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Outcome(done.exit_code, done.stdout + done.stderr)

    def execute(self, *statements: str, file: Path | None = None) -> None:
        with duckdb.connect(str(file or self.state)) as connection:
            connection.execute("use dev")
            for statement in statements:
                connection.execute(statement)

    def query(self, sql: str, file: Path | None = None) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(file or self.state), read_only=True) as connection:
            connection.execute("use dev")
            return connection.execute(sql).fetchall()


def state_world(folder: Path) -> StateWorld:
    (folder / MIGRATIONS_FILE).parent.mkdir(parents=True)
    shutil.copy(ROOT / MIGRATIONS_FILE, folder / MIGRATIONS_FILE)
    shutil.copy(ROOT / "profiles.yml.example", folder / "profiles.yml")
    (folder / "dbt_project.yml").write_text(
        "name: p\nprofile: warehouse_cdp\nvars:\n  production_targets: [prod]\n"
    )
    world = StateWorld(folder)
    migrations = known_migrations(folder)
    with duckdb.connect(str(world.state)) as connection:
        connection.execute("create schema dev; use dev")
        connection.execute("create table schema_versions (version_number bigint, applied_at date)")
        for number, migration in enumerate(migrations, start=1):
            connection.execute("insert into schema_versions values ($1, '2026-03-01')", [number])
            for name, columns in migration:
                connection.execute(f"create table if not exists {name} ({columns})")
                for column in columns.split(","):
                    connection.execute(f"alter table {name} add column if not exists {column}")
        connection.register("log", as_table("identity_assignments", assignment_log()))
        connection.execute("create table identity_assignments as from log")
        for statement in (MEMBERSHIPS, OVERRIDE, *SYNCS):
            connection.execute(statement)
    return world

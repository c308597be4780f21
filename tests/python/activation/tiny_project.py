"""A project that dbt seems to have built: two tables to sync, a manifest, an empty state."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
from typer.testing import CliRunner

from warehouse_cdp.cli import app
from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-7f3a91"
SYNC = "sync_email__contacts"


@dataclass(frozen=True)
class Said:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def everything(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class TinyProject:
    """A folder with a profile, a warehouse, a state and what dbt leaves in target/."""

    folder: Path

    @property
    def output(self) -> Path:
        return self.folder / "out/dev" / f"{SYNC}.csv"

    def cdp(self, *arguments: str) -> Said:
        done = CliRunner().invoke(app, [*arguments, "--project-dir", str(self.folder)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    def warehouse(self, *statements: str) -> None:
        with duckdb.connect(str(self.folder / "cdp.duckdb")) as connection:
            for statement in statements:
                connection.execute(statement)

    def state(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "cdp_state.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "target/manifest.json").read_text())
        return found

    def write_manifest(self, manifest: dict[str, Any]) -> None:
        (self.folder / "target/manifest.json").write_text(json.dumps(manifest))

    def write_sync(self, **changes: object) -> None:
        manifest = self.manifest()
        manifest["exposures"][f"exposure.p.{SYNC}"]["config"]["meta"]["sync"].update(changes)
        self.write_manifest(manifest)


def tiny_project(folder: Path) -> TinyProject:
    shutil.copy(ROOT / "profiles.yml.example", folder / "profiles.yml")
    (folder / "dbt_project.yml").write_text(
        "name: p\nprofile: warehouse_cdp\nvars:\n  production_targets: [prod]\n"
    )
    (folder / "target").mkdir()
    project = TinyProject(folder)
    project.write_manifest(manifest())
    people = ", ".join(f"('cus_{n}', '{CANARY}{n}@x.test')" for n in range(5))
    project.warehouse(
        "create schema dev_activation",
        "create table dev_activation.act_email__contacts (customer_id text, email text)",
        f"insert into dev_activation.act_email__contacts values {people}",
        "create table dev_activation.candidates_email__contacts as "
        "select customer_id, cast(null as text) as holdback_reason "
        "from dev_activation.act_email__contacts",
        "insert into dev_activation.candidates_email__contacts values ('cus_9', 'no_consent')",
        "create table dev_activation.customer_standings as "
        "select customer_id, cast(null as text) as holdback_reason "
        "from dev_activation.candidates_email__contacts",
    )
    with duckdb.connect(str(folder / "cdp_state.duckdb")) as connection:
        connection.execute("create schema dev")
        for name, columns in state_tables().items():
            connection.execute(f"create table dev.{name} ({columns})")
    return project


def state_tables() -> dict[str, str]:
    """The sync tables as the project's own migration makes them."""
    migration = (ROOT / "macros/governance/migrate_state.sql").read_text()
    found = dict(re.findall(r"\('(sync_\w+)', \"([^\"]*)\"", migration))
    assert set(found) == {"sync_runs", "sync_log", "sync_state"}
    return found


def manifest() -> dict[str, Any]:
    models = {
        "act_email__contacts": ["customer_id", "email"],
        "candidates_email__contacts": ["customer_id", "holdback_reason"],
        "customer_standings": ["customer_id", "holdback_reason"],
    }
    nodes = {
        f"model.p.{name}": {
            "unique_id": f"model.p.{name}",
            "resource_type": "model",
            "name": name,
            "database": "cdp",
            "relation_name": f'"cdp"."dev_activation"."{name}"',
            "columns": {column: {} for column in columns},
        }
        for name, columns in models.items()
    }
    sync = {
        "destination": {"type": "file", "format": "csv"},
        "key": "customer_id",
        "candidates": "candidates_email__contacts",
        "columns": {"customer_id": "id", "email": "email"},
        "guards": {"max_remove_share": 0.5, "min_source_rows": 1},
    }
    exposure = {
        "name": SYNC,
        "owner": {"name": "CRM team"},
        "config": {"meta": {"sync": sync}},
        "depends_on": {"nodes": [name for name in nodes if "standings" not in name]},
    }
    return {
        "nodes": nodes,
        "sources": {"s": {"source_name": "cdp_state", "schema": "dev", "name": "sync_state"}},
        "exposures": {f"exposure.p.{SYNC}": exposure},
        "parent_map": {"model.p.act_email__contacts": []},
        "child_map": {},
    }

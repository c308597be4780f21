"""A project that dbt seems to have built: two tables to sync, a manifest, an empty state."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
from typer.testing import CliRunner

from warehouse_cdp.cli import app
from warehouse_cdp.warehouse.state_schema import MIGRATIONS_FILE, known_migrations
from warehouse_cdp.warehouse.sync_sessions import SYNC_TABLES
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

    def change_email(self, customer_id: str, email: str) -> None:
        """Another address, granted like the old one."""
        for schema, table, column in (
            ("activation", "act_email__contacts", "email"),
            ("activation", "candidates_email__contacts", "email"),
        ):
            self.warehouse(
                f"update dev_{schema}.{table} set {column} = '{email}' "
                f"where customer_id = '{customer_id}'"
            )
        self.warehouse(
            "insert into dev_marts.consents values "
            f"('email', '{email}', 'marketing', 'email', true)"
        )

    def state_change(self, statement: str) -> None:
        with duckdb.connect(str(self.folder / "cdp_state.duckdb")) as connection:
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
    (folder / "macros/governance").mkdir(parents=True)
    shutil.copy(ROOT / MIGRATIONS_FILE, folder / MIGRATIONS_FILE)
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
        "alter table dev_activation.candidates_email__contacts add column email text",
        "update dev_activation.candidates_email__contacts as candidate set email = ("
        "select email from dev_activation.act_email__contacts as act "
        "where act.customer_id = candidate.customer_id)",
        "create table dev_activation.customer_standings as "
        "select customer_id, customer_id as current_customer_id, "
        "cast(null as text) as split_from_customer_id, cast(null as text) as holdback_reason "
        "from dev_activation.candidates_email__contacts",
        "create schema dev_marts",
        "create table dev_marts.consents as select 'email' as contact_point_type, "
        "email as contact_point, 'marketing' as purpose, 'email' as channel, "
        "true as is_granted from dev_activation.act_email__contacts",
        "create table dev_marts.customer_consents (customer_id text, purpose text, "
        "is_granted boolean)",
    )
    with duckdb.connect(str(folder / "cdp_state.duckdb")) as connection:
        connection.execute("create schema dev")
        for name, columns in state_tables().items():
            connection.execute(f"create table dev.{name} ({columns})")
    return project


def state_tables() -> dict[str, str]:
    """The tables that syncs use as the project's own migrations make them."""
    columns: dict[str, list[str]] = {}
    for migration in known_migrations(ROOT):
        for name, text in migration:
            if name in SYNC_TABLES:
                columns.setdefault(name, []).append(text)
    assert set(columns) == set(SYNC_TABLES)
    return {name: ", ".join(texts) for name, texts in columns.items()}


def manifest() -> dict[str, Any]:
    models = {
        "act_email__contacts": ("activation", ["customer_id", "email"]),
        "candidates_email__contacts": (
            "activation", ["customer_id", "holdback_reason", "email"]
        ),
        "customer_standings": (
            "activation",
            [
                "customer_id", "current_customer_id", "split_from_customer_id",
                "holdback_reason",
            ],
        ),
        "consents": (
            "marts",
            ["contact_point_type", "contact_point", "purpose", "channel", "is_granted"],
        ),
        "customer_consents": ("marts", ["customer_id", "purpose", "is_granted"]),
    }  # fmt: skip
    nodes = {
        f"model.p.{name}": {
            "unique_id": f"model.p.{name}",
            "resource_type": "model",
            "name": name,
            "database": "cdp",
            "relation_name": f'"cdp"."dev_{layer}"."{name}"',
            "columns": {column: {} for column in columns},
        }
        for name, (layer, columns) in models.items()
    }
    sync = {
        "destination": {"type": "file", "format": "csv"},
        "key": "customer_id",
        "candidates": "candidates_email__contacts",
        "purposes": ["marketing"],
        "contact_point": {"type": "email", "column": "email", "channel": "email"},
        "columns": {"customer_id": "id", "email": "email"},
        "guards": {"max_remove_share": 0.5, "min_source_rows": 1},
    }
    exposure = {
        "name": SYNC,
        "owner": {"name": "CRM team"},
        "config": {"meta": {"sync": sync}},
        "depends_on": {"nodes": [name for name in nodes if "__contacts" in name]},
    }
    return {
        "nodes": nodes,
        "sources": {"s": {"source_name": "cdp_state", "schema": "dev", "name": "sync_state"}},
        "exposures": {f"exposure.p.{SYNC}": exposure},
        "parent_map": {"model.p.act_email__contacts": []},
        "child_map": {},
    }

"""Small identities to explain: as facts, and as a warehouse that dbt seems to have built."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
from typer.testing import CliRunner

from warehouse_cdp.cli import app
from warehouse_cdp.explain import Asked, Facts, Link, Record, parse_evidence
from warehouse_cdp.linkage import link_trees
from worlds import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

CLOCK = datetime(2026, 6, 30, 6)
CANARY = "canary-5e1c"
PRIOR = -11.4
STRONG = {
    "given_name": ("exact", 7.6),
    "family_name": ("exact", 7.5),
    "birth_date": ("exact", 11.6),
}


def evidence(fields: Mapping[str, tuple[str, float]], *, weights: bool = True) -> str:
    """The text of ``identity_links.evidence``, in either form."""
    if not weights:
        return json.dumps({name: level for name, (level, _) in fields.items()})
    told = {"prior": ("match", PRIOR), **fields}
    return json.dumps({name: {"level": level, "weight": w} for name, (level, w) in told.items()})


def link(
    left: str,
    right: str,
    weight: float | None = None,
    *,
    fields: Mapping[str, tuple[str, float]] = STRONG,
    rule: str = "probabilistic",
    decision: str = "linked",
    cut_by: str | None = None,
    weights: bool = True,
) -> Link:
    """A pair; without ``weight`` it weighs the sum of its fields."""
    total = PRIOR + sum(w for _, w in fields.values()) if weight is None else weight
    chance = round(1 / (1 + 2**-total), 9)
    told = parse_evidence(evidence(fields, weights=weights))
    return Link(left, right, rule, decision, cut_by, round(total, 6), chance, told)


def facts(asked: Iterable[Asked], customers: Mapping[str, str], links: Iterable[Link]) -> Facts:
    """Facts of records (record to customer) and links."""
    records = {
        name: Record(name, name.split(":")[0], who, CLOCK) for name, who in customers.items()
    }
    return Facts(tuple(asked), records, tuple(links))


WEAK = {"given_name": ("nickname", 6.6), "address": ("exact", 12.4), "phone": ("different", -2.1)}
DOUBTFUL = {"given_name": ("nickname", 6.6), "address": ("similar", 7.2)}
MAILBOX = {
    "given_name": ("exact", 7.6),
    "email": ("exact", 11.3),
    "birth_date": ("different", -6.4),
}
PHONE = {**STRONG, "phone": ("exact", 11.1)}
LINKS = (
    link("crm:0035", "loyalty:42"),
    link("crm:0035", "shop_uk:7001", fields=PHONE, rule="same_phone"),
    link("loyalty:42", "shop_uk:7001", 12.1, fields={"email": ("exact", 11.3)}, rule="same_email"),
    link("loyalty:42", "pos:receipt/12", fields=WEAK),
    link(
        "crm:0035", "shop_uk:7002", 20.0, fields=MAILBOX, rule="same_email", decision="cut",
        cut_by="two_birth_dates",
    ),
    link("pos:receipt/12", "shop_uk:7002", fields=DOUBTFUL, decision="review"),
)  # fmt: skip
CUSTOMERS = {
    "crm:0035": "cus_ann", "loyalty:42": "cus_ann", "pos:receipt/12": "cus_ann",
    "shop_uk:7001": "cus_ann", "shop_uk:7002": "cus_son", "crm:0099": "cus_far",
}  # fmt: skip


def example(*asked: Asked) -> Facts:
    """The identities of the guide."""
    return facts(asked, CUSTOMERS, LINKS)


@dataclass(frozen=True)
class ExplainedProject:
    """A folder with a profile and a warehouse whose identity layer holds the example."""

    folder: Path

    @property
    def warehouse(self) -> Path:
        return self.folder / "cdp.duckdb"

    def cdp(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, what was said, and what was said of errors."""
        done = CliRunner().invoke(app, [*arguments, "--project-dir", str(self.folder)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout, done.stderr

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


_TABLES = {
    "identity_map": "record_id text, source text, customer_id text, run_id text, "
    "assigned_at timestamp",
    "identity_links": "left_record_id text, right_record_id text, rule text, evidence text, "
    "decision text, cut_by text, match_weight double, match_probability double",
    "identity_link_trees": "record_id text, root_record_id text, left_record_id text, "
    "right_record_id text, rule text, match_weight double, step_number bigint",
    "identity_map_history": "record_id text, customer_id text, valid_to timestamp",
    "customer_id_aliases": "retired_customer_id text, customer_id text",
    "identity_changes": "customer_id text, run_id text, change_type text, run_number bigint, "
    "record_count bigint, recorded_at timestamp",
    "identity_records": "record_id text, given_name_key text, family_name_key text, "
    "birth_date_key text, email_key text, phone_key text, street_key text, house_number_key text, "
    "postal_code_key text, city_key text, national_id_key text",
    "identity_identifiers": "record_id text, identifier_type text, identifier_key text, "
    "is_blocked boolean",
}
_EARLIER = datetime(2026, 3, 1)


def explained_project(folder: Path) -> ExplainedProject:
    """The example as a warehouse: two loyalty records came from a customer merged since."""
    shutil.copy(ROOT / "profiles.yml.example", folder / "profiles.yml")
    (folder / "dbt_project.yml").write_text(
        "name: p\nprofile: warehouse_cdp\nvars:\n  production_targets: [prod]\n"
    )
    project = ExplainedProject(folder)
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute("create schema dev_identity")
        connection.execute("use dev_identity")
        for name, columns in _TABLES.items():
            connection.execute(f"create table {name} ({columns})")
        for name, rows in _rows().items():
            places = ", ".join("?" * len(_TABLES[name].split(", ")))
            connection.executemany(f"insert into {name} values ({places})", rows)
        view = re.sub(
            r"\{\{ ref\('(\w+)'\) \}\}",
            r"dev_identity.\1",
            (ROOT / "models/identity/identity_paths.sql").read_text(),
        )
        connection.execute(f"create view identity_paths as {view}")
    with duckdb.connect(str(folder / "cdp_state.duckdb")) as connection:
        connection.execute("create schema dev")
        connection.execute(
            "create table dev.identity_assignments (record_id text, customer_id text, "
            "previous_customer_id text, change_type text, run_id text, run_number bigint)"
        )
        connection.executemany(
            "insert into dev.identity_assignments values (?, ?, ?, ?, ?, ?)",
            [
                *((name, who, None, "created", "run-1", 1) for name, who in _BEFORE.items()),
                ("loyalty:42", "cus_ann", "cus_old", "merged", "run-2", 2),
                ("pos:receipt/12", "cus_ann", "cus_old", "merged", "run-2", 2),
            ],
        )
    return project


_BEFORE = {**CUSTOMERS, "loyalty:42": "cus_old", "pos:receipt/12": "cus_old"}


def _rows() -> dict[str, list[tuple[Any, ...]]]:
    pairs = [
        (
            one.left, one.right, one.rule,
            json.dumps({f.name: {"level": f.level, "weight": f.weight} for f in one.fields}),
            one.decision, one.cut_by, one.weight, one.probability,
        )
        for one in LINKS
    ]  # fmt: skip
    names = [column.split()[0] for column in _TABLES["identity_links"].split(", ")]
    ways = link_trees(pd.Series(sorted(CUSTOMERS)), pd.DataFrame(pairs, columns=names))
    return {
        "identity_map": [
            (name, name.split(":")[0], who, "run-2", CLOCK) for name, who in CUSTOMERS.items()
        ],
        "identity_links": pairs,
        "identity_link_trees": list(
            ways.astype(object).where(ways.notna(), None).itertuples(index=False, name=None)
        ),
        "identity_map_history": [
            *((name, who, None) for name, who in CUSTOMERS.items()),
            ("crm:gone", "cus_gone", CLOCK),
        ],
        "customer_id_aliases": [("cus_old", "cus_ann"), ("cus_gone", None)],
        "identity_changes": [
            ("cus_ann", "run-1", "created", 1, 2, _EARLIER),
            ("cus_old", "run-1", "created", 1, 2, _EARLIER),
            ("cus_ann", "run-2", "grew", 2, 4, CLOCK),
            ("cus_old", "run-2", "merged", 2, 0, CLOCK),
            ("cus_son", "run-1", "created", 1, 1, _EARLIER),
            ("cus_far", "run-1", "created", 1, 1, _EARLIER),
        ],
        "identity_records": [
            (
                name, f"given {CANARY}", f"family {CANARY}", "19800102", f"x@{CANARY}.test",
                None, f"street {CANARY}", "7", None, None, None,
            )
            for name in CUSTOMERS
        ],
        "identity_identifiers": [
            ("crm:0035", "email", f"second@{CANARY}.test", False),
            ("crm:0035", "email", f"blocked@{CANARY}.test", True),
        ],
    }  # fmt: skip

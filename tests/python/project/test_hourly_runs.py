"""An hourly run writes little, and what it leaves is what building everything anew would make."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from worlds import Outcome, Project, build, sample_clock, small_world

if TYPE_CHECKING:
    from collections.abc import Sequence

# Tables of events, by the column that tells their rows apart.
ARRIVING = {
    "raw_web.events": "event_id",
    "raw_app.events": "event_id",
    "raw_email.events": "event_id",
    "raw_devices.telemetry": "reading_id",
    "raw_loyalty.points": "transaction_id",
    "raw_shop_uk.orders": "id",
    "raw_pos.receipts": "receipt_no",
}
# The newest load of the base, one inside late_arrival_hours (96) before it, and one after it.
LATE, NEW = "2026-06-26T20:00:00Z", "2026-06-30T05:30:00Z"
HELD_BACK = "held_back"
# What an hourly run must not rebuild.
ADDED_TO = (
    "stg_web__events", "stg_app__events", "stg_email__events", "stg_devices__readings",
    "stg_loyalty__points", "stg_consent__events", "stg_shop_uk__orders", "stg_pos__orders",
    "int_events_unioned", "int_email_events_unioned", "int_device_readings_unioned",
    "int_orders_unioned", "int_order_items_unioned",
    "event_sessions", "customer_events", "sessions",
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A built company; then a part of its events arrives, some late, some corrected."""
    project = small_world(tmp_path_factory.mktemp("hourly"), people=100)
    for table, key in ARRIVING.items():
        kept = f"{HELD_BACK}.{table.replace('.', '_')}"
        project.execute(f"create schema if not exists {HELD_BACK}")
        project.execute(
            f"create table {kept} as select * from {table} "
            f"where hash({key}) % 8 = 0 order by {key} limit 40"
        )
        project.execute(f"delete from {table} where {key} in (select {key} from {kept})")
    build(project)
    for table, key in ARRIVING.items():
        kept = f"{HELD_BACK}.{table.replace('.', '_')}"
        project.execute(
            f"insert into {table} by name select * replace (case when hash({key}) % 5 = 0 "
            f"then '{LATE}' else '{NEW}' end as _loaded_at) from {kept}"
        )
    for payload, keys in (
        # A correction of one event, and two versions of another that contradict each other.
        ("replace(payload, 'page_view', 'login')", "order by event_id limit 1"),
        ("payload || ' '", "order by event_id desc limit 1"),
        ("payload || '  '", "order by event_id desc limit 1"),
    ):
        project.execute(
            "insert into raw_web.events (event_id, received_at, payload, _loaded_at) "
            f"select event_id, received_at, {payload}, '{NEW}' from (select * from raw_web.events "
            f"where payload like '%page_view%' and _loaded_at < '{LATE}' {keys})"
        )
    return project


def hourly(project: Project, *arguments: str) -> Outcome:
    clock = json.dumps({"as_of": sample_clock(project.folder / "sample")})
    outcome = project.dbt(
        "run", "--select", "tag:hourly", "--vars", clock, "--threads", "2", *arguments
    )
    assert outcome.code == 0, outcome.output
    return outcome


def hourly_tables(project: Project) -> list[str]:
    manifest = json.loads((project.folder / "target/manifest.json").read_text())
    return sorted(
        f"{node['database']}.{node['schema']}.{node['name']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and "hourly" in node["tags"]
        and node["database"] != "cdp_state"
        and node["name"] != "int_build_context"
    )


def contents(project: Project, tables: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Rows and a hash of them, whatever their order."""
    return {
        table: project.query(
            f"select count(*), coalesce(sum(hash(t)::hugeint), 0) from {table} as t"
        )[0]
        for table in tables
    }


def test_an_hourly_run_is_what_a_full_one_would_be(world: Project) -> None:
    events = "select count(*) from dev_marts.customer_events"
    before = world.query(events)[0][0]
    hourly(world)
    ran = {path.stem: path.read_text() for path in (world.folder / "target/run").rglob("*.sql")}
    assert [name for name in ADDED_TO if "delete from" not in ran[name]] == []
    tables = hourly_tables(world)
    assert len(tables) > 40
    found = contents(world, tables)
    arrived = world.query(events)[0][0] - before
    assert arrived >= 60
    late = world.query(
        f"select count(*) from dev_marts.customer_events where loaded_at = timestamp '{LATE[:-1]}'"
    )[0][0]
    assert late >= 5
    hourly(world, "--full-refresh")
    rebuilt = contents(world, tables)
    assert [table for table in tables if rebuilt[table] != found[table]] == []

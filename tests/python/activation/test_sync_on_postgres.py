"""The same engine on a PostgreSQL server: plans, crashes, merges, locks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg2
import pytest
from psycopg2.extras import execute_values

from postgres import postgres_server
from sync_worlds import TABLES, MemoryDestination, Person, World, model_rows, people, state_tables
from warehouse_cdp.errors import StateRefusedError
from warehouse_cdp.warehouse.sync_postgres import PostgresSessions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any


class ServerWorld(World):
    """The world's tables in schemas of a server."""

    uri: str

    def reopen(self) -> None:
        super().reopen()
        self.sessions = PostgresSessions(lambda: psycopg2.connect(self.uri), "dev_cdp_state")
        relation = {
            name: f'"wh"."{table}"'
            for name, table in {
                "relation": "act", "candidates_relation": "candidates",
                "standings_relation": "standings", "consents_relation": "consents",
                "customer_consents_relation": "customer_consents",
            }.items()
        }  # fmt: skip
        self.config = replace(self.config, **relation)  # type: ignore[arg-type]
        with psycopg2.connect(self.uri) as connection, connection.cursor() as cursor:
            for schema in ("wh", "dev_cdp_state"):
                cursor.execute(f"drop schema if exists {schema} cascade; create schema {schema}")
            for name, columns in state_tables().items():
                cursor.execute(f"create table dev_cdp_state.{name} ({columns})")
        connection.close()

    def make_state(self) -> None:
        """Made with the schemas."""

    def build(self) -> None:
        with psycopg2.connect(self.uri) as connection, connection.cursor() as cursor:
            for name, rows in model_rows(self.people).items():
                cursor.execute(f"drop table if exists wh.{name}")
                cursor.execute(f"create table wh.{name} ({TABLES[name]})")
                if rows:
                    execute_values(cursor, f"insert into wh.{name} values %s", rows)
        connection.close()

    def state(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg2.connect(self.uri) as connection, connection.cursor() as cursor:
            cursor.execute("set search_path = dev_cdp_state")
            cursor.execute(query)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        connection.close()
        return found


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres_server(tmp_path_factory.mktemp("pg") / "data") as server:
        yield server.uri


@pytest.fixture
def world(uri: str, tmp_path: Path) -> World:
    ServerWorld.uri = uri
    return ServerWorld(tmp_path, people(7))


def test_runs_on_a_server_do_what_they_do_on_a_file(world: World) -> None:
    assert world.sync().plan.counts.added == 7
    assert world.there == world.wanted
    assert world.sync().status == "unchanged"
    world.people["cus_1"].score = 99
    world.people["cus_2"].is_granted = False
    world.people["cus_new"] = Person("p3@x.test", 33)
    world.people["cus_3"].merged_into = "cus_new"
    report = world.sync()
    assert (report.plan.counts.added, report.plan.counts.changed) == (0, 2)
    assert report.plan.counts.removed_for_privacy == 1
    assert "cus_new" not in world.destination.rows
    assert world.there == world.wanted
    changed = world.state("select changed_columns from sync_log where sync_key = 'cus_1' "
                          "and operation = 'change'")  # fmt: skip
    assert changed == [("score",)]
    dry = world.sync(is_dry_run=True)
    assert dry.plan.is_empty


def test_a_run_that_dies_on_a_server_is_taken_up_again(world: World) -> None:
    class Dies(MemoryDestination):
        def deliver(self, batch):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            found = super().deliver(batch)
            if len(self.batches) == 2:
                raise KeyboardInterrupt
            return found

    world.destination = Dies()
    with pytest.raises(KeyboardInterrupt):
        world.sync()
    assert world.state("select status from sync_runs") == [("running",)]
    journal = world.state("select entry from sync_journal")
    assert len(journal) == 3
    assert "x.test" not in repr(journal)
    assert "x.test" not in repr(world.state("select * from sync_outbox"))
    sent = [batch.idempotency_key for batch in world.destination.batches]
    world.people["cus_0"].is_granted = False  # arrived, and is known to have
    world.destination = MemoryDestination(world.destination.rows)
    world.sync()
    assert world.there == world.wanted
    assert world.state("select status from sync_runs order by run_id limit 1") == [("interrupted",)]
    again = [batch.idempotency_key for batch in world.destination.batches]
    assert set(sent) & set(again) == {sent[1]}


def test_a_second_run_on_a_server_is_refused(world: World) -> None:
    with world.store().locked(world.config.name), pytest.raises(StateRefusedError, match="another"):
        world.sync()
    assert world.sync().status == "succeeded"

"""Tables that one chain of views reads are replaced at the same time, as with ``threads: 4``."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import sql

from dbt.adapters.pgpython import swap as swaps
from dbt.adapters.pgpython.locking import Target, locked_views

if TYPE_CHECKING:
    import pytest
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, named as a module

    from adapter_fixtures import Tiny
    from dbt.adapters.pgpython.dependents import View

ROUNDS = 25
TABLES = ("one", "two", "three")


def test_swaps_under_one_chain_of_views_all_succeed(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each view reads a table and the view below it, so that every swap meets the others' views.

    What one reads in the catalog another drops before it is looked at, now and then: that swap
    must give way and try again, as it does for a lock that it cannot have.
    """
    names = {name: sql.Identifier(name) for name in (tiny.schema, *TABLES)}
    with closing(psycopg2.connect(tiny.server.uri)) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("create schema {0}; set search_path to {0}").format(*names.values()))
        for name in TABLES:
            cursor.execute(sql.SQL("create table {} as select 0 as round").format(names[name]))
        cursor.execute(
            "create view first as select round as a from one;"
            "create view second as select a, round as b from first cross join two;"
            "create view third as select a, b, round as c from second cross join three"
        )
        connection.commit()
    gave_way, failures = [], []

    def watched(cursor: Cursor, target: Target, urgent: list[str]) -> list[View]:
        try:
            return locked_views(cursor, target, urgent)
        except psycopg2.Error as error:
            gave_way.append(type(error).__name__)
            raise

    def rebuild(name: str) -> None:
        target = Target(tiny.schema, name, "table", frozenset())
        made = sql.Identifier(tiny.schema, f"{name}__new")
        try:
            with closing(psycopg2.connect(tiny.server.uri)) as connection:
                for number in range(1, ROUNDS + 1):
                    with connection, connection.cursor() as cursor:
                        cursor.execute(
                            sql.SQL("create table {} as select %s as round").format(made), [number]
                        )
                    with connection, connection.cursor() as cursor:
                        swaps.swap(cursor, target, (f"{name}__new", "table"), f"{name}__old", print)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test says it
            failures.append(f"{name}: {type(error).__name__}: {error}")

    monkeypatch.setattr(swaps, "locked_views", watched)
    threads = [threading.Thread(target=rebuild, args=[name]) for name in TABLES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert failures == []
    assert not any(thread.is_alive() for thread in threads)
    assert gave_way  # else they never met, and nothing is shown
    assert tiny.rows("select * from third") == [(ROUNDS, ROUNDS, ROUNDS)]

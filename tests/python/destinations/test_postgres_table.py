"""A table of a real PostgreSQL: what is there already is not touched, what fails is undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from conformance import KEY, Engine
from postgres import postgres_server
from postgres_kit import PostgresKit, run
from warehouse_cdp.errors import (
    BatchRefusedError,
    ConfigurationError,
    DestinationUnauthorisedError,
    DestinationUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warehouse_cdp.activation.protocol import Mode


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres_server(tmp_path_factory.mktemp("pg")) as server:
        yield server.uri


@pytest.fixture
def kit(database: str, tmp_path: Path) -> Iterator[PostgresKit]:
    PostgresKit.database = database
    made = PostgresKit(tmp_path)
    yield made
    made.close()


def engine_of(kit: PostgresKit, mode: Mode = "upsert") -> Engine:
    opened = kit.type().open(replace(kit.opening(), mode=mode))
    return Engine(kit, opened)  # type: ignore[arg-type]


def test_rows_that_are_the_same_are_not_touched(kit: PostgresKit, database: str) -> None:
    engine = engine_of(kit)
    engine.write("a", "b")
    before = dict(run(database, f"select {KEY}, xmin::text from people"))
    engine.write("a")
    engine.write("b", version=2)
    engine.destination.close()
    after = dict(run(database, f"select {KEY}, xmin::text from people"))
    assert before["a"] == after["a"]
    assert before["b"] != after["b"]


def test_a_mirror_deletes_only_what_it_sent(kit: PostgresKit, database: str) -> None:
    run(database, f"insert into people ({KEY}, email) values ('theirs', 'x@x.test')")
    engine = engine_of(kit, "mirror")
    engine.write("a", "b")
    engine.remove("a", on_leave="delete")
    engine.destination.close()
    assert set(kit.held()) == {"b", "theirs"}


def test_insert_leaves_what_is_there_and_update_makes_nothing(kit: PostgresKit) -> None:
    inserting, updating = engine_of(kit, "insert"), engine_of(kit, "update")
    inserting.write("a")
    inserting.write("a", version=2)
    assert kit.held() == {"a": kit.expected("a", 1)}
    updating.write("a", "b", version=3)
    assert kit.held() == {"a": kit.expected("a", 3)}
    updating.remove("a", on_leave="clear_fields")
    assert kit.held() == {"a": {}}
    for engine in (inserting, updating):
        engine.destination.close()


def test_any_text_and_type_arrives_as_it_is(kit: PostgresKit, database: str) -> None:
    opening = replace(kit.opening(), columns=(KEY, "email", "firstname", "score", "seen_at"))
    engine = Engine(kit, kit.type().open(opening))  # type: ignore[arg-type]
    odd = "tab\t line\n return\r back\\slash \\N 'quote' \" zoë 😀"
    kit.poison = lambda key: {  # type: ignore[method-assign]
        KEY: key, "email": odd, "firstname": None, "score": Decimal("-12.50"),
        "seen_at": datetime(2026, 3, 1, 14, 5),
    }  # fmt: skip
    engine.write("odd|key\\", poisoned=["odd|key\\"])
    engine.destination.close()
    (row,) = run(database, f"select {KEY}, email, firstname, score, seen_at from people")
    assert row == ("odd|key\\", odd, None, Decimal("-12.50"), datetime(2026, 3, 1, 14, 5))


@pytest.mark.parametrize(
    "bad", ["canary poison", "canary\x00", "canary\ud800"], ids=["check", "nul", "surrogate"]
)
def test_what_the_database_refuses_is_undone_and_untold(kit: PostgresKit, bad: str) -> None:
    engine = engine_of(kit)
    kit.poison = lambda key: {**kit.values(key, 1), "firstname": bad}  # type: ignore[method-assign]
    with pytest.raises(BatchRefusedError) as caught:
        engine.write("a", "b", poisoned=["b"])
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.code[:2] in ("22", "23")
    assert kit.held() == {}
    assert engine.write("a")["a"].status == "acknowledged"
    engine.destination.close()


def test_a_connection_that_was_cut_is_made_again(kit: PostgresKit, database: str) -> None:
    engine = engine_of(kit)
    engine.write("a")
    run(
        database,
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where application_name = 'warehouse-cdp'",
    )
    with pytest.raises(DestinationUnavailableError):
        engine.write("b")
    assert engine.write("b")["b"].status == "acknowledged"
    engine.destination.close()
    assert set(kit.held()) == {"a", "b"}


def test_a_user_who_may_only_read_is_told_so(kit: PostgresKit, database: str) -> None:
    run(database, "drop owned by reader" if _has_role(database) else "create role reader login")
    run(database, "grant select on people to reader; grant temp on database postgres to reader")
    reading = database.replace("postgres@", "reader@")
    opened = kit.type().open(replace(kit.opening(), secrets={"dsn": reading}))
    with pytest.raises(DestinationUnauthorisedError, match="may not write"):
        Engine(kit, opened).write("a")  # type: ignore[arg-type]
    opened.close()
    nobody = database.replace("postgres@", "canary:canary@")
    with pytest.raises(DestinationUnauthorisedError) as caught:
        kit.type().open(replace(kit.opening(), secrets={"dsn": nobody}))
    assert "canary" not in str(caught.value)


def _has_role(database: str) -> bool:
    return bool(run(database, "select 1 from pg_roles where rolname = 'reader'"))


def test_a_wrong_table_is_told_before_anything_is_sent(kit: PostgresKit, database: str) -> None:
    run(database, "create table if not exists loose (id text, email text)")
    opening = kit.opening()
    for change, told in (
        ({"settings": {**opening.settings, "table": "nowhere"}}, "no such table"),
        ({"columns": (KEY, "emial")}, "it has no emial; it has"),
        ({"settings": {**opening.settings, "table": "loose"}, "columns": ("id", "email"),
          "key": ("id",)}, "unique index"),
        ({"secrets": {"dsn": "canary dsn"}}, "the DSN is none"),
    ):  # fmt: skip
        with pytest.raises(ConfigurationError, match=told) as caught:
            kit.type().open(replace(opening, **change))
        assert "canary" not in str(caught.value)
    assert kit.type().problems({"table": "public.people"}, "upsert")
    with pytest.raises(DestinationUnavailableError):
        kit.type().open(replace(opening, secrets={"dsn": "postgresql://u@127.0.0.1:1/x"}))

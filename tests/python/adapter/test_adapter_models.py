"""Python models on Postgres: what they read, what they write, and what their configuration does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapter_fixtures import Tiny


HOOKS = {
    "pre_hook": [
        {"sql": "insert into models.journal values ('before')"},
        {"sql": "insert into models.journal values ('ahead')", "transaction": False},
    ],
    "post_hook": [
        {"sql": "insert into models.journal select 'after ' || count(*) from {{ this }}"},
        {"sql": "vacuum {{ this }}", "transaction": False},
    ],
}


@pytest.fixture(scope="module")
def project(module_tiny: Callable[[str], Tiny]) -> Tiny:
    """Built twice: what is done once must not stand in the way of the second time."""
    made = module_tiny("models")
    made.execute("create schema models")
    made.execute("create table visits as select 1 as person_id, 'home' as page")
    made.execute("create table journal (said text)")
    made.execute("create role reader")
    made.write(
        people="{{ config(materialized='table') }} select 1 as id, 'Zoë' as name",
        greeted="""
            from dataclasses import dataclass

            @dataclass
            class Greeting:
                word: "str"

            def model(dbt, session):
                dbt.config(
                    materialized="table",
                    indexes=[{"columns": ["id"], "unique": True}],
                    grants={"select": ["reader"]},
                )
                people = dbt.ref("people")
                visits = dbt.source("web", "visits")
                word = dbt.config.meta_get("word")
                assert people.count("*").fetchall() == [(1,)]
                joined = session.sql(
                    "select id, name, page from people inner join visits on person_id = id"
                )
                assert joined.df()["name"].tolist() == ["Zoë"]
                greeting = Greeting(word).word
                return joined.select(f"id, '{greeting} ' || name as greeting, page")
            """,
        greetings="{{ config(materialized='view') }} select greeting from {{ ref('greeted') }}",
        history="""
            def model(dbt, session):
                dbt.config(materialized="incremental")
                before = 0
                if dbt.is_incremental:
                    before = session.sql(f"select max(run) from {dbt.this}").fetchall()[0][0]
                return session.sql(f"select {before + 1} as run, '{dbt.this.identifier}' as name")
            """,
    )  # fmt: skip
    made.describe(
        {
            "models": [
                {
                    "name": "greeted",
                    "description": "grain: one row per person",
                    "config": {"meta": {"word": "Hello"}, **HOOKS},
                    "columns": [{"name": "greeting", "description": "What is 'said' $$ok$$"}],
                }
            ],
            "sources": [{"name": "web", "schema": "models", "tables": [{"name": "visits"}]}],
        }
    )
    made.build()
    made.build()
    return made


def test_a_model_reads_models_and_sources_and_views_read_it(project: Tiny) -> None:
    assert project.rows("select * from greeted") == [(1, "Hello Zoë", "home")]
    assert project.rows("select greeting from greetings") == [("Hello Zoë",)]


def test_an_incremental_model_reads_itself(project: Tiny) -> None:
    assert project.rows("select * from history order by 1") == [(1, "history"), (2, "history")]


def test_hooks_run_in_and_out_of_the_transaction(project: Tiny) -> None:
    told = [said for (said,) in project.rows("select said from journal")]
    assert told == ["ahead", "before", "after 1"] * 2


def test_indexes_grants_and_comments_are_kept(project: Tiny) -> None:
    assert project.rows(
        "select indisunique, pg_get_indexdef(indexrelid) like '%(id)' from pg_index"
        " where indrelid = 'greeted'::regclass"
    ) == [(True, True)]
    assert project.rows("select has_table_privilege('reader', 'greeted', 'select')") == [(True,)]
    assert project.rows(
        "select obj_description('greeted'::regclass), col_description('greeted'::regclass, 2)"
    ) == [("grain: one row per person", "What is 'said' $$ok$$")]


def test_nothing_of_a_build_is_left_over(project: Tiny) -> None:
    names = project.rows("select relname from pg_class where relname like '%dbt_%'")
    assert names == []


def test_models_read_one_moment(tiny: Tiny) -> None:
    """As one SQL statement would: what commits between two reads is seen by neither."""
    tiny.execute(f"create schema {tiny.schema}")
    tiny.execute("create table counted as select 1 as number")
    tiny.write(
        twice=f"""
            import psycopg2

            def model(dbt, session):
                dbt.config(materialized="table")
                first = dbt.source("web", "counted").fetchall()
                with psycopg2.connect("{tiny.server.uri}") as connection:
                    connection.cursor().execute("insert into {tiny.schema}.counted values (2)")
                one, other = dbt.source("web", "counted"), dbt.source("web", "counted")
                both = session.sql("select count(*) as number from one cross join other")
                assert first == [(1,)]
                return both
            """
    )
    tiny.describe(
        {"sources": [{"name": "web", "schema": tiny.schema, "tables": [{"name": "counted"}]}]}
    )
    tiny.build()
    assert tiny.rows("select number from twice") == [(1,)]
    assert tiny.rows("select count(*) from counted") == [(2,)]


def test_models_run_beside_each_other(tiny: Tiny) -> None:
    """Each waits until the other runs too, so that one after the other would never end."""
    text = """
        import time
        from pathlib import Path

        def model(dbt, session):
            dbt.config(materialized="table")
            Path("{mine}").touch()
            until = time.monotonic() + 60
            while not Path("{theirs}").exists():
                assert time.monotonic() < until, "the other model never ran"
                time.sleep(0.01)
            return session.sql("select sum(i)::bigint as total from range({size}) as t (i)")
        """
    tiny.write(
        first=text.format(mine="a", theirs="b", size=100000),
        second=text.format(mine="b", theirs="a", size=200000),
    )
    tiny.build()
    assert tiny.rows("select * from first union all select * from second") == [
        (4999950000,), (19999900000,),
    ]  # fmt: skip


def test_the_key_of_hashes_reaches_every_connection(tiny: Tiny) -> None:
    key = "a key\twith 'all' \\ that $is$ odd"
    tiny.profile(hash_key=key)
    tiny.write(
        in_sql="{{ config(materialized='table') }} select current_setting('cdp.hash_key') as key",
        shown="{{ config(materialized='view') }} select current_setting('cdp.hash_key') as key",
        in_python="""
            def model(dbt, session):
                dbt.config(materialized="table")
                return dbt.ref("shown")
            """,
    )
    outcome = tiny.build("--debug")
    assert tiny.rows("select key from in_sql union all select key from in_python") == [(key,)] * 2
    assert "odd" not in outcome.output

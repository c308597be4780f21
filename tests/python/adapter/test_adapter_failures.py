"""What goes wrong says so, leaves the old tables, and does not stop the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapter_fixtures import Tiny

GOOD = """
def model(dbt, session):
    dbt.config(materialized="table")
    return session.sql("select 1 as id, 'old' as said")
"""
KILL = """
import psycopg2

def model(dbt, session):
    dbt.config(materialized="table")

    def kill():
        with psycopg2.connect("{uri}") as connection:
            connection.cursor().execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'dbt python killed_{when}'"
            )

    def rows():
        import pyarrow as pa
        for number in range(200):
            if number == 100:
                kill()
            yield pa.record_batch({{"id": list(range(1000)), "said": ["x" * 1000] * 1000}})

    if "{when}" == "reading":
        big = dbt.ref("big")
        some = big.limit(1).fetchall()
        kill()
        return big.df()
    import pyarrow as pa
    first = pa.record_batch({{"id": [1], "said": ["x"]}})
    return pa.RecordBatchReader.from_batches(first.schema, rows())
"""
# Name: the code, what dbt must say of it, and the line that it must name.
BROKEN = {
    "raising": ("""


    def model(dbt, session):
        dbt.config(materialized="table")
        if session:
            raise ValueError("no such luck")
        return session
    """, "raising.py, line 7: ValueError: no such luck", 7),
    "nul": ("""
    def model(dbt, session):
        dbt.config(materialized="table")
        return session.sql(
            "select i as id, case when i = 149999 then 'a' || chr(0) else 'a' end as said "
            "from range(150000) as t (i)")
    """, 'column "said", row 150000: the text holds a NUL byte', None),
    "nul_in_list": ("""
    def model(dbt, session):
        dbt.config(materialized="table")
        return session.sql("select 1 as id, ['b', null, chr(0)] as said")
    """, 'column "said", row 1: the text holds a NUL byte', None),
    "nothing": ("""
    def model(dbt, session):
        dbt.config(materialized="table")
        return None
    """, "model() returned NoneType; it must return a DuckDB relation, a pandas", None),
    "wrong_column": ("""
    def model(dbt, session):
        dbt.config(materialized="table")
        return dbt.ref("big").select("nowhere")
    """, "wrong_column.py, line 4: _duckdb.BinderException: Binder Error: Referenced column", 4),
    "late": ("""
    def model(dbt, session):
        dbt.config(materialized="table")
        return session.sql(
            "select case when i < 100000 then i else error('too late') end as id from range(100001)"
            " as t (i)")
    """, "late.py: OSError: Invalid Input Error: too late", None),
    "long_name": ("""
    def model(dbt, session):
        dbt.config(materialized="table")
        return session.sql("select 1 as " + "ä" * 40)
    """, "Postgres keeps 63 bytes of a name; rename it", None),
    "no_source": ("""
    def model(dbt, session):
        dbt.config(materialized="table")
        return dbt.source("web", "nowhere")
    """, 'no_source.py, line 4: cannot read "postgres"."failures"."nowhere": relation', 4),
    "endless": ("""
    def model(dbt, session):
        dbt.config(materialized="table")
        return dbt.ref("numbers")
    """, 'column "n" of "postgres"."failures"."numbers" holds a numeric that has no exact', 4),
}  # fmt: skip


@pytest.fixture(scope="module")
def project(module_tiny: Callable[[str], Tiny]) -> Tiny:
    """Every model built well once, then broken and run again."""
    made = module_tiny("failures")
    killed = ("killed_reading", "killed_writing")
    made.write(**dict.fromkeys((*BROKEN, *killed), GOOD))
    made.write(
        big="{{ config(materialized='table') }} select i as id, repeat('x', 200) as said"
        " from generate_series(1, 300000) as t (i)",
        numbers="{{ config(materialized='table') }} select 'NaN'::numeric as n",
    )
    made.describe(
        {"sources": [{"name": "web", "schema": "failures", "tables": [{"name": "nowhere"}]}]}
    )
    made.build()
    made.write(**{name: code for name, (code, _, _) in BROKEN.items()})
    made.write(**{name: KILL.format(uri=made.server.uri, when=name[7:]) for name in killed})
    return made


@pytest.fixture(scope="module")
def said(project: Tiny) -> str:
    return project.fail("--exclude", "big", "numbers")


@pytest.mark.parametrize("name", BROKEN)
def test_the_error_says_what_and_where(said: str, name: str) -> None:
    _, message, line = BROKEN[name]
    assert message in said
    if line:
        assert f'{name}.py", line {line}, in model' in said


def test_the_driver_and_the_adapter_are_no_part_of_the_message(said: str) -> None:
    assert "pgpython/" not in said


@pytest.mark.parametrize("when", ["reading", "writing"])
def test_a_lost_connection_is_said(said: str, when: str) -> None:
    own = said[said.index(f"Failure in model killed_{when}") :].split("Failure in model", 2)[1]
    assert "terminating connection due to administrator command" in own or "closed" in own
    assert len(own.splitlines()) < 15


def test_the_old_tables_are_there_and_nothing_else(project: Tiny, said: str) -> None:
    names = [*BROKEN, "killed_reading", "killed_writing"]
    assert said
    for name in names:
        assert project.rows(f"select * from {name}") == [(1, "old")], name
    found = project.rows(
        "select relname from pg_class"
        " where relkind = 'r' and relnamespace = 'failures'::regnamespace"
    )
    assert {name for (name,) in found} == {*names, "big", "numbers"}


def test_the_next_run_succeeds(project: Tiny, said: str) -> None:
    assert said
    names = ("killed_reading", "killed_writing", "late")
    project.write(**dict.fromkeys(names, GOOD.replace("old", "new")))
    project.build("--select", *names)
    for name in names:
        assert project.rows(f"select said from {name}") == [("new",)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dbname": "nowhere"}, 'database "nowhere" does not exist'),
        ({"user": "nobody"}, 'role "nobody" does not exist'),
        ({"user": "no_creator"}, "permission denied for database"),
        ({"host": "/nowhere"}, "No such file or directory"),
    ],
    ids=["database", "user", "privilege", "host"],
)
def test_a_wrong_target_is_said(tiny: Tiny, change: dict[str, str], message: str) -> None:
    tiny.execute(
        "do $$ begin create role no_creator login;"
        " exception when duplicate_object then null; end $$"
    )
    tiny.write(good=GOOD)
    tiny.profile(**change, schema="never_made")
    outcome = tiny.dbt("run")
    assert outcome.code != 0
    assert message in outcome.output


def test_what_a_killed_run_left_is_cleared_away(tiny: Tiny) -> None:
    tiny.write(good=GOOD)
    tiny.build()
    tiny.execute("create table good__dbt_tmp (left_over int)")
    tiny.build()
    assert tiny.rows("select relname from pg_class where relname like 'good%'") == [("good",)]

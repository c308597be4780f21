"""Views stay while what they read is built anew, with all that people gave them."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg2
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapter_fixtures import Tiny

SHAPE = "select {columns} from generate_series(1, {rows}) as made (id)"


def people(columns: str = "made.id, 'x' || made.id as name", rows: int = 3) -> str:
    query = SHAPE.format(columns=columns, rows=rows)
    return "{{ config(materialized='table') }} " + query


@pytest.fixture(scope="module")
def project(module_tiny: Callable[[str], Tiny]) -> Tiny:
    """A table, a view of the project on it, and views of others on both."""
    made = module_tiny("views")
    made.write(
        people=people(),
        python_people="""
            def model(dbt, session):
                dbt.config(materialized="table")
                return dbt.ref("people")
            """,
        known="{{ config(materialized='view') }} select id, name from {{ ref('people') }}",
        seg_first="{{ config(materialized='view') }} select id from {{ ref('known') }}",
        joined=(
            "{{ config(materialized='view') }} select a.id from {{ ref('people') }} as a "
            "inner join {{ ref('python_people') }} as b using (id)"
        ),
    )
    made.build()
    made.execute(
        """
        create role analyst; create role marketer; grant usage on schema views to analyst;
        create schema others;
        create view others.names with (security_barrier = true) as
            select known.name, known.id from views.known;
        comment on view others.names is 'It''s ours';
        comment on column others.names.name is 'as known';
        grant select on others.names to analyst with grant option;
        grant select (id) on others.names to marketer;
        create materialized view others.counted as
            select count(*) as people, max(name) as last from others.names;
        create unique index counted_people on others.counted (people);
        grant select on others.counted to public;
        create table others.notes (person_id int, note text);
        """
    )
    return made


STATE = """
select
    relation.oid::regclass::text, relkind, reloptions, relacl::text, obj_description(relation.oid),
    col_description(relation.oid, 1), pg_get_viewdef(relation.oid), pg_get_userbyid(relowner),
    (select array_agg(attacl::text) from pg_attribute where attrelid = relation.oid),
    (select array_agg(pg_get_indexdef(indexrelid)) from pg_index where indrelid = relation.oid)
from pg_class as relation
where relkind in ('v', 'm') and relnamespace in ('views'::regnamespace, 'others'::regnamespace)
order by 1
"""


def test_a_rebuild_leaves_every_view_as_it_was(project: Tiny) -> None:
    before = project.rows(STATE)
    assert len(before) == 5
    for selected in ("people", "python_people", "known", "people known"):
        project.build("--select", *selected.split())
        assert project.rows(STATE) == before, selected


def test_views_read_the_new_rows(project: Tiny) -> None:
    project.write(people=people(rows=2))
    project.build("--select", "people")
    assert project.rows("select count(*) from others.names") == [(2,)]
    project.write(people=people())
    project.build("--select", "people")
    assert project.rows("select count(*) from others.names") == [(3,)]


def test_a_changed_type_makes_the_views_anew(project: Tiny) -> None:
    """A column's type cannot change under a view: it and all on it are made again."""
    before = project.rows(STATE)
    project.write(people=people("made.id::bigint as id, 'x' || made.id as name"))
    project.build("--select", "people")
    assert project.rows("select pg_typeof(id)::text from others.names limit 1") == [("bigint",)]
    project.write(people=people())
    project.build("--select", "people")
    assert project.rows("select pg_typeof(id)::text from others.names limit 1") == [("integer",)]
    assert project.rows(STATE) == before


def test_a_lost_column_is_refused_while_another_ones_view_reads_it(project: Tiny) -> None:
    before = project.rows(STATE)
    project.write(people=people("made.id"))
    said = project.fail("--select", "people")
    assert "others.names, which no model of this project makes, cannot read its new" in said
    assert project.rows(STATE) == before
    assert project.rows("select count(name) from people") == [(3,)]
    project.write(people=people())


def test_a_view_of_the_project_gives_way_and_comes_back(tiny: Tiny) -> None:
    tiny.write(
        people=people(),
        known="{{ config(materialized='view') }} select id, name from {{ ref('people') }}",
        first="{{ config(materialized='view') }} select name from {{ ref('known') }} limit 1",
    )
    tiny.build()
    tiny.write(
        people=people("made.id, 'x' || made.id as called"),
        known="{{ config(materialized='view') }} select id, called from {{ ref('people') }}",
        first="{{ config(materialized='view') }} select called from {{ ref('known') }} limit 1",
    )
    said = tiny.build().output
    assert f"known cannot read the new columns of {tiny.schema}.people" in said
    assert tiny.rows("select called from first") == [("x1",)]
    tiny.build()


def test_a_table_may_become_a_view_and_back(tiny: Tiny) -> None:
    tiny.write(
        people=people(),
        known="{{ config(materialized='view') }} select id, name from {{ ref('people') }}",
    )
    tiny.build()
    for materialized in ("view", "incremental", "view", "table"):
        tiny.write(people=people().replace("'table'", f"'{materialized}'"))
        tiny.build("--select", "people")
        assert tiny.rows("select count(*) from known") == [(3,)]


def test_a_foreign_key_of_another_table_stays(tiny: Tiny) -> None:
    tiny.write(people=people())
    tiny.describe(
        {
            "models": [
                {
                    "name": "people",
                    "config": {"contract": {"enforced": True}},
                    "constraints": [{"type": "primary_key", "columns": ["id"]}],
                    "columns": [
                        {"name": "id", "data_type": "integer"},
                        {"name": "name", "data_type": "text"},
                    ],
                }
            ]
        }
    )
    tiny.build()
    tiny.execute("create table notes (id int references people (id)); insert into notes values (3)")
    tiny.build()
    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        tiny.execute("insert into notes values (4)")
    tiny.write(people=people(rows=2))
    assert "violates foreign key constraint" in tiny.fail()
    assert tiny.rows("select count(*) from people") == [(3,)]


def test_a_view_built_anew_has_no_grant_nor_comment_of_the_old_one(tiny: Tiny) -> None:
    tiny.write(people=people().replace("'table'", "'view'"))
    tiny.build()
    tiny.execute(
        "grant select on people to analyst; grant select (name) on people to marketer;"
        "grant update on people to public; comment on view people is 'stale';"
        "create view on_it as select id from people;"
        f"alter default privileges in schema {tiny.schema} grant insert on tables to analyst"
    )
    tiny.build()
    assert tiny.rows(
        "select relacl::text, obj_description(oid), exists (select 1 from pg_attribute"
        " where attrelid = oid and attacl is not null) from pg_class"
        " where oid = 'people'::regclass"
    ) == [("{postgres=arwdDxtm/postgres,analyst=a/postgres}", None, False)]
    assert tiny.rows("select count(*) from on_it") == [(3,)]


def test_what_else_depends_on_a_table_stops_the_build(tiny: Tiny) -> None:
    tiny.write(people=people())
    tiny.build()
    tiny.execute(
        "create function how_many() returns bigint begin atomic select count(*) from people; end"
    )
    said = tiny.fail()
    assert "people cannot be replaced, it is as it was: function" in said
    assert "how_many() depends on table" in said
    assert tiny.rows("select how_many()") == [(3,)]


def test_tables_under_one_view_are_built_side_by_side(tiny: Tiny) -> None:
    """Four swaps at once want the same view; none waits for another for ever."""
    names = ("one", "two", "three", "four")
    tiny.write(**dict.fromkeys(names, people()))
    tiny.write(
        all_of_them="{{ config(materialized='view') }} "
        + " union all ".join(f"select id from {{{{ ref('{name}') }}}}" for name in names)
    )
    tiny.build()
    for _ in range(2):
        tiny.build("--select", *names)
    assert tiny.rows("select count(*) from all_of_them") == [(12,)]


def test_a_reader_never_misses_a_view_nor_waits_for_a_deadlock(tiny: Tiny) -> None:
    """Readers poll views through builds, one of them in long transactions over several views."""
    tiny.write(
        people=people(rows=500),
        others="""
            def model(dbt, session):
                dbt.config(materialized="table")
                return dbt.ref("people")
            """,
        seg_one="{{ config(materialized='view') }} select id from {{ ref('people') }}",
        seg_two=(
            "{{ config(materialized='view') }} select id from {{ ref('others') }} "
            "inner join {{ ref('seg_one') }} using (id)"
        ),
    )
    tiny.build()
    done, failures, counts = threading.Event(), [], []

    def poll(queries: list[str], pause: float) -> None:
        with closing(psycopg2.connect(tiny.server.uri)) as connection:
            while not done.is_set():
                try:
                    with connection, connection.cursor() as cursor:
                        for query in queries:
                            cursor.execute(query)
                            counts.append(cursor.fetchone()[0])
                except psycopg2.Error as error:
                    failures.append(repr(error))
                done.wait(pause)

    one, two = (f"select count(*) from {tiny.schema}.seg_{name}" for name in ("one", "two"))
    slow = "select 500 from pg_sleep(0.15)"
    readers = [
        threading.Thread(target=poll, args=([one], 0.01)),
        threading.Thread(target=poll, args=([two], 0.01)),
        threading.Thread(target=poll, args=([two, slow, one], 0.1)),
        threading.Thread(target=poll, args=([one, slow, two], 0.3)),
    ]
    for reader in readers:
        reader.start()
    try:
        for _ in range(3):
            tiny.build()
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert failures == []
    assert set(counts) == {500}
    assert len(counts) > 100

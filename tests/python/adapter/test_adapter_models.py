"""Python models on Postgres: what they read, what they write, and what their configuration does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapter_fixtures import Tiny


def test_a_python_model_reads_tables_and_is_read_by_views(tiny: Tiny) -> None:
    tiny.write(
        people="{{ config(materialized='table') }} select 1 as id, 'Zoë' as name",
        greeted="""
            def model(dbt, session):
                dbt.config(materialized="table")
                people = dbt.ref("people")
                return session.sql("select id, 'Hello ' || name as greeting from people")
            """,
        greetings="{{ config(materialized='view') }} select greeting from {{ ref('greeted') }}",
    )
    tiny.build()
    tiny.build()
    assert tiny.rows("select greeting from greetings") == [("Hello Zoë",)]

"""Results stream: what a model reads and returns is never in memory as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
import pytest
from psycopg2 import errors as pg

from dbt.adapters.pgpython.locking import Target, gently

if TYPE_CHECKING:
    from adapter_fixtures import Tiny

MEMORY = """
import resource

def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
"""
START = (
    MEMORY
    + """
def model(dbt, session):
    dbt.config(materialized="table")
    return session.sql(f"select {memory()} as megabytes")
"""
)
WRITTEN = """
import pyarrow as pa

def model(dbt, session):
    dbt.config(materialized="table")
    dbt.ref("start")
    text = ["x" * 400] * 1000
    batches = (pa.record_batch({"id": [n] * 1000, "said": text}) for n in range(600))
    schema = pa.schema({"id": pa.int64(), "said": pa.string()})
    return pa.RecordBatchReader.from_batches(schema, batches)
"""
COPIED = """
def model(dbt, session):
    dbt.config(materialized="table")
    written = dbt.ref("written")
    return session.sql("select id, said || '' as said from written")
"""
ENDED = (
    MEMORY
    + """
def model(dbt, session):
    dbt.config(materialized="table")
    dbt.ref("copied")
    now, start = memory(), dbt.ref("start")
    return session.sql(f"select {now} - megabytes as megabytes from start")
"""
)


def test_a_quarter_of_a_gigabyte_goes_through_in_less(tiny: Tiny) -> None:
    tiny.write(start=START, written=WRITTEN, copied=COPIED, ended=ENDED)
    tiny.profile(threads=1)
    tiny.build()
    assert tiny.rows("select count(*), sum(length(said)) from copied") == [(600_000, 240_000_000)]
    (grown,) = tiny.rows("select megabytes from ended")[0]
    assert grown < 180


def test_a_relation_that_another_swap_dropped_is_looked_for_again(tiny: Tiny) -> None:
    """The catalog names a view's table that is gone when it is opened: an internal error."""
    said = iter(["could not open relation with OID 17", "cache is corrupt"])
    error = "do $$ begin raise exception using errcode = 'internal_error', message = '{}'; end $$"
    tries = []
    target = Target("public", "nothing", "table", frozenset())

    def work(urgent: list[str]) -> list[tuple[str, str]]:
        tries.append(list(urgent))
        if len(tries) == 1 or is_corrupt:
            cursor.execute(error.format(next(said)))
        return [("public", "nothing")]

    with psycopg2.connect(tiny.server.uri) as connection, connection.cursor() as cursor:
        is_corrupt = False
        assert gently(cursor, target, work) == [("public", "nothing")]
        assert len(tries) == 2
        is_corrupt = True
        with pytest.raises(pg.InternalError_, match="cache is corrupt"):
            gently(cursor, target, work)
    connection.close()

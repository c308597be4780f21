"""Servers that refuse, run full or go away: what is said, what stays, and the next run."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapter_fixtures import Tiny

WRONG, RIGHT = "canary-of-a-password", "the right one"
SMALL = """
def model(dbt, session):
    dbt.config(materialized="table")
    return session.sql("select 1 as id, 'small' as said")
"""
# Ten times what fits on the disk, which is full in the middle of it.
LARGE = SMALL.replace(
    "select 1 as id, 'small' as said",
    "select i as id, md5(i::varchar) || repeat('large', 100) as said from range(150000) as t (i)",
)
LARGE_SQL = (
    "{{ config(materialized='table') }} select i as id, repeat(md5(i::text), 20) as said"
    " from generate_series(1, 150000) as t (i)"
)
SMALL_SQL = "{{ config(materialized='table') }} select 1 as id, 'small' as said"
# All that dbt itself holds open goes while the model runs; the model's own connections stay.
ORPHANED = """
import psycopg2

def model(dbt, session):
    dbt.config(materialized="table")
    with psycopg2.connect("{uri}") as connection:
        connection.cursor().execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where application_name = 'dbt'"
        )
    return session.sql("select 1 as id, 'new' as said")
"""
# Where nobody may mount a disk, the server says what it says when one is full, in mid-COPY.
FULL_TRIGGER = """
create function {schema}.full() returns trigger language plpgsql as $f$
begin
    if new.id > 100000 then
        raise exception using
            errcode = 'disk_full',
            message = 'could not extend file "base/1/2": No space left on device';
    end if;
    return new;
end $f$;
create function {schema}.watched() returns event_trigger language plpgsql as $f$
declare made record;
begin
    for made in select * from pg_event_trigger_ddl_commands() where command_tag = 'CREATE TABLE'
    loop
        execute 'create trigger full before insert on ' || made.object_identity
            || ' for each row execute function {schema}.full()';
    end loop;
end $f$;
create event trigger {schema} on ddl_command_end when tag in ('CREATE TABLE')
execute function {schema}.watched()
"""


@contextmanager
def small_disk(folder: Path, owner: int) -> Iterator[bool]:
    """A disk of a few megabytes in a folder; false where it cannot be mounted."""
    folder.mkdir()
    program = shutil.which("mount")
    mounted = (
        program is not None
        and subprocess.run(
            [program, "-t", "tmpfs", "-o", f"size=8m,uid={owner},mode=0700", "tmpfs", str(folder)],
            capture_output=True,
            check=False,
        ).returncode
        == 0
    )
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run([shutil.which("umount") or "umount", str(folder)], check=True)


def test_a_full_disk_is_said_and_leaves_room_for_the_next_run(tiny: Tiny) -> None:
    if tiny.server.is_named:
        pytest.skip("the disk of a server of the user's is not ours to fill")
    tiny.execute("create role crowded login superuser")
    data = tiny.rows("show data_directory")[0][0]
    folder = Path(data).parent / f"small_disk_{os.getpid()}"
    tiny.profile(user="crowded", threads=1)
    with small_disk(folder, Path(data).stat().st_uid) as mounted:
        if mounted:
            tiny.server.administer(f"create tablespace small location '{folder}'")
            tiny.execute("alter role crowded set default_tablespace = small")
        try:
            tiny.write(in_python=SMALL, in_sql=SMALL_SQL)
            tiny.build()
            if not mounted:
                tiny.execute(FULL_TRIGGER.format(schema=tiny.schema))
            tiny.write(in_python=LARGE, in_sql=LARGE_SQL if mounted else SMALL_SQL)
            said = tiny.fail()
            assert said.count("No space left on device") == 1 + mounted
            assert "in_python.py: could not" in said
            for table in ("in_python", "in_sql"):
                assert tiny.rows(f"select * from {table}") == [(1, "small")]
            assert tiny.rows("select relname from pg_class where relname like 'in_%\\_\\_%'") == []
            tiny.write(in_python=SMALL.replace("small", "again"), in_sql=SMALL_SQL)
            tiny.build()
            assert tiny.rows("select * from in_python") == [(1, "again")]
        finally:
            tiny.execute(f"drop event trigger if exists {tiny.schema}")
            tiny.execute(f"drop schema if exists {tiny.schema} cascade")
            if mounted:
                tiny.execute("alter role crowded reset default_tablespace")
                tiny.server.administer("drop tablespace small")


def test_a_wrong_password_is_said_and_never_shown(tiny: Tiny) -> None:
    if tiny.server.is_named:
        pytest.skip("who may log in to a server of the user's is not ours to say")
    tiny.execute(f"create role guarded login password '{RIGHT}'")
    (rules,) = tiny.rows("show hba_file")[0]
    before = Path(rules).read_text(encoding="utf-8")
    Path(rules).write_text(f"local all guarded scram-sha-256\n{before}", encoding="utf-8")
    try:
        tiny.execute("select pg_reload_conf()")
        tiny.write(small=SMALL)
        tiny.profile(user="guarded", password=WRONG)
        outcome = tiny.dbt("--debug", "run")
        tiny.profile(user="guarded", password=RIGHT)
        tiny.execute(f"create schema if not exists {tiny.schema} authorization guarded")
        tiny.build()
    finally:
        Path(rules).write_text(before, encoding="utf-8")
        tiny.execute("select pg_reload_conf()")
    assert outcome.code != 0
    assert 'password authentication failed for user "guarded"' in outcome.output
    assert WRONG not in outcome.output
    assert tiny.rows("select * from small") == [(1, "small")]


def test_dbts_own_connection_may_be_lost_while_a_model_runs(tiny: Tiny) -> None:
    tiny.write(orphaned=SMALL)
    tiny.build()
    tiny.write(orphaned=ORPHANED.format(uri=tiny.server.uri))
    said = tiny.fail()
    assert "server closed the connection" in said or "terminating connection" in said
    assert tiny.rows("select * from orphaned") == [(1, "small")]
    tiny.write(orphaned=SMALL.replace("small", "later"))
    tiny.build()
    assert tiny.rows("select * from orphaned") == [(1, "later")]
    assert tiny.rows("select relname from pg_class where relname like 'orphaned%'") == [
        ("orphaned",),
    ]

"""Incremental Python models: the strategies, and columns that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapter_fixtures import Tiny

STRATEGIES: dict[str, dict[str, Any]] = {
    "appended": {"incremental_strategy": "append"},
    "defaulted": {"unique_key": "id"},
    "deleted": {"incremental_strategy": "delete+insert", "unique_key": ["id", "kind"]},
    "merged": {
        "incremental_strategy": "merge", "unique_key": "id",
        "merge_update_columns": ["said"], "indexes": [{"columns": ["id"]}],
    },
    "ignoring": {"incremental_strategy": "append"},
    "appending": {"incremental_strategy": "append", "on_schema_change": "append_new_columns"},
    "syncing": {"incremental_strategy": "append", "on_schema_change": "sync_all_columns"},
    "kept": {"incremental_strategy": "append", "full_refresh": False},
}  # fmt: skip
STEADY = """
def model(dbt, session):
    dbt.config(materialized="incremental")
    if not dbt.is_incremental:
        return session.sql("select * from (values (1, 'a', 'old', 1.5::decimal(4, 1)), "
                           "(2, 'a', 'old', 2.5), (2, 'b', 'old', null)) as t (id, kind, said, n)")
    return session.sql("select 2 as id, 'a' as kind, 'new' as said, 9.5::decimal(4, 1) as n")
"""
CHANGING = """
def model(dbt, session):
    dbt.config(materialized="incremental")
    if not dbt.is_incremental:
        return session.sql("select 1::integer as id, 'a' as gone")
    return session.sql("select 2::bigint as id, 'ä' as come, ['x'] as tags, {'a': 1} as fields")
"""
CHANGING_LESS = CHANGING.replace("select 2::bigint as id,", "select 2 as id, 'b' as gone,")


@pytest.fixture(scope="module")
def project(module_tiny: Callable[[str], Tiny]) -> Tiny:
    made = module_tiny("incremental")
    for name in ("appended", "defaulted", "deleted", "kept"):
        made.write(**{name: STEADY})
    # A row of the target may be matched by one row only.
    made.write(merged=STEADY.replace("(2, 'b'", "(3, 'b'"))
    made.write(syncing=CHANGING, ignoring=CHANGING_LESS, appending=CHANGING_LESS)
    made.write(on_it="{{ config(materialized='view') }} select id from {{ ref('syncing') }}")
    made.describe({"models": [{"name": key, "config": how} for key, how in STRATEGIES.items()]})
    made.build()
    made.build()
    return made


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("appended", ["1aold", "2aold", "2anew", "2bold"]),
        ("defaulted", ["1aold", "2anew"]),
        ("deleted", ["1aold", "2anew", "2bold"]),
        ("merged", ["1aold", "2anew", "3bold"]),
    ],
)
def test_rows_are_added_as_the_strategy_says(project: Tiny, table: str, rows: list[str]) -> None:
    found = project.rows(f"select id || kind || said from {table} order by id, kind, said desc")
    assert [row for (row,) in found] == rows


def test_a_merge_changes_the_columns_it_is_told_to(project: Tiny) -> None:
    assert project.rows("select n::text from merged where id = 2") == [("2.5",)]
    assert project.rows(
        "select count(*) from pg_index where indrelid = 'merged'::regclass"
    ) == [(1,)]  # fmt: skip


def columns_of(project: Tiny, table: str) -> dict[str, str]:
    return dict(
        project.rows(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            f"where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped"
        )
    )


def test_new_columns_are_left_out_unless_asked_for(project: Tiny) -> None:
    assert columns_of(project, "ignoring") == {"id": "integer", "gone": "text"}
    assert project.rows("select * from ignoring order by id") == [(1, "a"), (2, "b")]


def test_new_columns_are_appended(project: Tiny) -> None:
    assert columns_of(project, "appending") == {
        "id": "integer", "gone": "text", "come": "text", "tags": "text[]", "fields": "jsonb",
    }  # fmt: skip
    assert project.rows("select * from appending order by id") == [
        (1, "a", None, None, None),
        (2, "b", "ä", ["x"], {"a": 1}),
    ]
    assert (
        project.rows(
            "select collation_name from information_schema.columns where column_name = 'come'"
            " and table_schema = 'incremental' and table_name in ('appending', 'syncing')"
        )
        == [("C",)] * 2
    )


def test_columns_are_synced_under_the_views_on_them(project: Tiny) -> None:
    assert columns_of(project, "syncing") == {
        "id": "bigint", "come": "text", "tags": "text[]", "fields": "jsonb",
    }  # fmt: skip
    assert project.rows("select id from on_it order by id") == [(1,), (2,)]


def test_a_full_refresh_begins_anew_unless_the_model_forbids(project: Tiny) -> None:
    project.build("--full-refresh", "--select", "deleted", "kept")
    assert project.rows("select count(*) from deleted") == [(3,)]
    assert project.rows("select count(*) from kept") == [(5,)]


def test_a_changed_column_can_stop_the_build(tiny: Tiny) -> None:
    tiny.write(strict=CHANGING)
    tiny.describe({"models": [{"name": "strict", "config": {"on_schema_change": "fail"}}]})
    tiny.build()
    assert "schemas on this incremental model are out of sync" in tiny.fail()
    assert tiny.rows("select * from strict") == [(1, "a")]
    assert tiny.rows("select relname from pg_class where relname like 'strict%'") == [("strict",)]

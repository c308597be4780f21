"""Canonical text, keys and hashes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import duckdb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_worlds import CONFIG
from warehouse_cdp.activation import MappedColumn, to_text
from warehouse_cdp.activation.statements import SyncSql
from warehouse_cdp.activation.values import joined_key, split_key
from warehouse_cdp.warehouse.sync_sessions import DuckDbSession

if TYPE_CHECKING:
    from warehouse_cdp.warehouse.profile import Target


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (pd.NA, None),
        (pd.NaT, None),
        (float("nan"), None),
        ("", ""),
        (True, "true"),
        (0, "0"),
        (Decimal("12.50"), "12.50"),
        (Decimal("1E+3"), "1000"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 14, 5, 11), "2026-03-01T14:05:11Z"),
        (pd.Timestamp("2026-03-01 14:05:11.5"), "2026-03-01T14:05:11.500000Z"),
    ],
)
def test_each_value_has_one_text(value: object, text: str | None) -> None:
    assert to_text(value) == text


def hash_of(key: str = "key", **cells: object) -> str:
    """The hash of a row with these cells, as the plan's SQL makes it."""
    config = replace(CONFIG, columns=tuple(MappedColumn(name, name) for name in cells))
    with duckdb.connect(":memory:") as connection:
        session = DuckDbSession(connection, cast("Target", None), has_state=False)
        sql = SyncSql(config, session)
        frame = pd.DataFrame([cells], dtype=object)
        connection.register("given", frame)
        columns = ", ".join(
            f"cast({name} as {TYPES[type(cells[name])]}) as {name}" for name in cells
        )
        session.run(f"create table cells as select {columns} from given")
        query = f"select {sql.row_hash('cells')} from cells"
        return str(session.rows(query, sql.parameters(key))[0][0])


TYPES: dict[type, str] = {str: "text", int: "bigint", type(None): "text"}


def test_the_hash_of_a_row_never_changes_between_versions() -> None:
    """The whole destination would be sent again. If this must change, say so in the changelog."""
    assert hash_of(email="a@x.test", points=12, note=None) == "4679b1f3cc9f7846d88634582474440e"


def test_the_hash_ignores_the_order_of_columns_and_heeds_their_names() -> None:
    assert hash_of(first="x", second="y") == hash_of(second="y", first="x")
    assert hash_of(first="x") != hash_of(second="x")


def test_null_and_empty_and_shifted_texts_differ() -> None:
    hashes = {hash_of(a="x", b=""), hash_of(a="x", b=None), hash_of(a="", b="x"), hash_of(a="xb=-")}
    assert len(hashes) == 4


def test_another_key_gives_another_hash() -> None:
    assert hash_of("one", a="x") != hash_of("two", a="x")


PARTS = st.lists(st.text(alphabet="ab|\\", min_size=1, max_size=4), min_size=1, max_size=3)


@given(PARTS)
def test_a_key_comes_apart_as_it_was_joined(parts: list[str]) -> None:
    joined = joined_key(parts)
    assert joined is not None
    assert split_key(joined) == parts


@pytest.mark.parametrize("parts", [[None], ["a", None], [""], ["a", ""]])
def test_a_key_with_a_missing_part_is_no_key(parts: list[str | None]) -> None:
    assert joined_key(parts) is None

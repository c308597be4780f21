"""Canonical text, keys and hashes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_cdp.activation import row_hashes, to_text
from warehouse_cdp.activation.values import joined_key, split_key


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


def hash_of(**cells: object) -> str:
    return str(row_hashes(pd.DataFrame([cells], dtype=object), "key").iloc[0])


def test_the_hash_of_a_row_never_changes_between_versions() -> None:
    """The whole destination would be sent again. If this must change, say so in the changelog."""
    assert hash_of(email="a@x.test", points=12, note=None) == "8ff6416a26d86c43fef54cc4fa58bdd1"


def test_the_hash_ignores_the_order_of_columns_and_heeds_their_names() -> None:
    assert hash_of(first="x", second="y") == hash_of(second="y", first="x")
    assert hash_of(first="x") != hash_of(second="x")


def test_null_and_empty_and_shifted_texts_differ() -> None:
    hashes = {hash_of(a="x", b=""), hash_of(a="x", b=None), hash_of(a="", b="x"), hash_of(a="xb=-")}
    assert len(hashes) == 4


def test_another_key_gives_another_hash() -> None:
    frame = pd.DataFrame({"a": ["x"]})
    assert row_hashes(frame, "one").iloc[0] != row_hashes(frame, "two").iloc[0]


PARTS = st.lists(st.text(alphabet="ab|\\", min_size=1, max_size=4), min_size=1, max_size=3)


@given(PARTS)
def test_a_key_comes_apart_as_it_was_joined(parts: list[str]) -> None:
    joined = joined_key(parts)
    assert joined is not None
    assert split_key(joined) == parts


@pytest.mark.parametrize("parts", [[None], ["a", None], [""], ["a", ""]])
def test_a_key_with_a_missing_part_is_no_key(parts: list[str | None]) -> None:
    assert joined_key(parts) is None

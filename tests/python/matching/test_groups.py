from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse_cdp.matching import groups
from warehouse_cdp.matching.groups import equal_rows, grouped, joined, numbered, sampled, shared

if TYPE_CHECKING:
    import pytest

KEYS = st.lists(st.integers(-1, 2**62), max_size=60) | st.lists(st.integers(-1, 9), max_size=60)
CODES = st.lists(
    st.tuples(st.integers(-1, 2), st.integers(-1, 3), st.integers(-1, 1)), min_size=1, max_size=60
)


@given(KEYS)
@settings(max_examples=80, deadline=None)
def test_numbers_and_groups_are_those_of_pandas(keys: list[int]) -> None:
    array = np.array(keys, dtype=np.int64)
    numbers, first = numbered(array)
    expected, distinct = pd.factorize(pd.Series(keys, dtype=object).where(array >= 0, None))
    assert numbers.tolist() == expected.tolist()
    assert [keys[row] for row in first] == distinct.tolist()
    assert all(keys[row] not in keys[:row] for row in first)
    order, sizes = grouped(array)
    listed = np.split(order, np.cumsum(sizes)[:-1]) if len(sizes) else []
    held = Counter(key for key in keys if key >= 0)
    assert {keys[group[0]]: len(group) for group in listed} == held
    assert all(len({keys[place] for place in group}) == 1 for group in listed)
    assert all((np.diff(group) > 0).all() for group in listed)
    if max(keys, default=0) < 2**40:
        assert [keys[group[0]] for group in listed] == sorted(held)


@given(CODES)
@settings(max_examples=60, deadline=None)
def test_rows_are_one_if_all_their_codes_are(rows: list[tuple[int, int, int]]) -> None:
    columns = [np.array(column, dtype=np.int32) for column in zip(*rows, strict=True)]
    numbers, first = equal_rows(columns)
    assert [rows.index(row) for row in rows] == first[numbers].tolist()
    order, sizes = shared(columns)
    found = [{rows[place] for place in group} for group in np.split(order, np.cumsum(sizes))[:-1]]
    several = {row for row, count in Counter(rows).items() if count > 1 and min(row) >= 0}
    assert all(len(group) == 1 for group in found)
    assert {row for group in found for row in group} == several
    among = np.flatnonzero(np.arange(len(rows)) % 2 == 0).astype(np.int32)
    assert set(shared(columns, among)[0].tolist()) <= set(among.tolist())


def test_rows_that_share_a_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_mix", lambda *_: None)
    columns = [np.array(codes, dtype=np.int32) for codes in ([0, 0, 1, 0], [5, -1, 5, 5])]
    numbers, first = equal_rows(columns)
    assert (numbers.tolist(), first.tolist()) == ([0, 1, 2, 0], [0, 1, 2])


def test_many_keys_are_joined_without_overflow() -> None:
    draw = np.random.default_rng(1)
    columns = [
        draw.integers(-1, 2**31 - 2, 50).astype(np.int32)[np.arange(100) % 50] for _ in "abc"
    ]
    keys = joined(columns)
    known = np.all([column >= 0 for column in columns], axis=0)
    assert ((keys >= 0) == known).all()
    assert len(set(keys[known].tolist())) == known[:50].sum()
    assert keys[:50].tolist() == keys[50:].tolist()


def test_a_sixteenth_of_the_values_is_sampled_whole() -> None:
    fine = np.repeat(np.arange(-1, 40_000, dtype=np.int32), 3)
    coarse = (fine % 7).astype(np.int32)
    for codes in ([fine], [coarse, fine], [fine, coarse]):
        rows = sampled(codes)
        assert (fine[rows] >= 0).all()
        assert (np.bincount(fine[rows]) % 3 == 0).all()
        assert 0.05 < len(rows) / len(fine) < 0.075

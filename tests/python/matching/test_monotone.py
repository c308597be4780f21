"""More agreeing evidence never lowers the weight: of a column's levels, and of a whole pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching_worlds import households, people
from warehouse_cdp.matching.levels import exact_level
from warehouse_cdp.matching.monotone import with_falling_ratio, with_rising_ratio
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.pipeline import prepare
from warehouse_cdp.matching.weighing import Evidence, gather

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

shares = st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=8)


@given(st.integers(2, 8).flatmap(lambda size: st.tuples(
    st.lists(st.floats(1e-6, 1.0), min_size=size, max_size=size),
    st.lists(st.floats(1e-6, 1.0), min_size=size, max_size=size),
)))  # fmt: skip
def test_pooling_makes_ratios_rise_and_changes_no_more_than_it_must(
    both: tuple[list[float], list[float]],
) -> None:
    one, other = (np.array(values) / sum(values) for values in both)
    found = with_rising_ratio(one, other)
    ratios = found / other
    assert (np.diff(ratios) >= -1e-9 * ratios[1:]).all()
    assert found.sum() == pytest.approx(one.sum())
    np.testing.assert_allclose(with_rising_ratio(found, other), found)
    if (np.diff(one / other) >= 0.0).all():
        np.testing.assert_allclose(found, one)
    falling = with_falling_ratio(one, other) / other
    assert (np.diff(falling) <= 1e-9 * falling[:-1]).all()


def with_namesakes() -> pd.DataFrame:
    """Homes in which every fifth record has its neighbour's birth date, common values and rare."""
    frame = households(150)
    frame.loc[::5, "birth_date"] = np.roll(frame["birth_date"].to_numpy(), 1)[::5]
    frame["gender"] = np.where(np.arange(len(frame)) % 9 == 0, "f", "m")
    return frame


def evidence_of(frame: pd.DataFrame) -> Evidence:
    rows = prepare(frame.drop(columns="truth"), MatchOptions())
    assert rows.records is not None
    return gather(rows.records, rows.sources, MatchOptions(), lambda _step, _share: None)


@pytest.mark.parametrize("world", [lambda: people(200), with_namesakes, lambda: people(3)])
def test_a_higher_level_never_weighs_less(world: Callable[[], pd.DataFrame]) -> None:
    evidence = evidence_of(world())
    records = evidence.records
    highest = np.array([exact_level(column.kind) for column in records.columns])
    known = np.all([column.codes >= 0 for column in records.columns], axis=0)
    draw = np.random.default_rng(5)
    size = 3_000
    # A record with itself: each column may be given any level, with the value's own frequency.
    record = draw.choice(np.flatnonzero(known), size).astype(np.int32)
    levels = (draw.random((size, len(highest))) * (highest + 1)).astype(np.int8)
    weights = evidence.weigh.of_levels(record, record, levels)
    for column, top in enumerate(highest.tolist()):
        higher = levels.copy()
        # From "different" on one level up; from "missing" to full agreement.
        higher[:, column] = np.where(
            levels[:, column] == 0, top, np.minimum(levels[:, column] + 1, top)
        )
        raised = evidence.weigh.of_levels(record, record, higher)
        assert (raised >= weights - 1e-9).all(), records.columns[column].name

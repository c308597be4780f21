"""Worlds by another hand are resolved well with zero configuration, each hard in its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from spoilt_records import WORLDS, ages, companies, contacts, namesakes, sparse
from warehouse_cdp.matching.evaluate import agreement
from warehouse_cdp.matching.pipeline import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

# Pairwise precision and recall, a little below what was measured; seeds are not those of WORLDS.
BARS: dict[str, tuple[Callable[[], pd.DataFrame], float, float]] = {
    "few names": (lambda: namesakes(1_500, 21), 0.88, 0.88),
    "e-mails and phones": (lambda: contacts(1_500, 22), 0.92, 0.83),
    "companies": (lambda: companies(1_500, 23), 0.99, 0.94),
    "sparse": (lambda: sparse(100, 24), 0.99, 0.85),
    "ages": (lambda: ages(1_000, 25), 0.83, 0.95),
}


@pytest.mark.parametrize("world", BARS)
def test_a_world_by_another_hand_is_resolved(world: str) -> None:
    make, precision, recall = BARS[world]
    frame = make()
    found = resolve(frame.drop(columns="truth"))
    score = agreement(pd.factorize(found.customer_id)[0], pd.factorize(frame["truth"])[0])
    assert score.pairwise.precision >= precision
    assert score.pairwise.recall >= recall


@pytest.mark.parametrize("make", [namesakes, contacts, companies, sparse, ages])
def test_worlds_are_the_same_each_time(make: Callable[[int, int], pd.DataFrame]) -> None:
    one, other = make(60, 3), make(60, 3)
    assert one.equals(other)
    assert not one.equals(make(60, 4))
    assert one["record_id"].is_unique
    assert one["truth"].value_counts().max() > 1
    assert set(BARS) == set(WORLDS)

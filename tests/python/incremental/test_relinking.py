"""Incremental runs against full ones: the same links, row for row, whatever changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from changing_worlds import SETTINGS, Town, change, town
from sparse_towns import change_sparsely, sparse_town
from warehouse_cdp.linkage import relink
from warehouse_cdp.linkage.weakest import WEAKEST

if TYPE_CHECKING:
    from collections.abc import Callable


def follow(place: Town, steps: int, change_some: Callable[[], list[str]]) -> set[str]:
    """Change a town step by step and link it incrementally, in full too; both must agree.

    What cut links on the way.
    """
    model = place.model()
    found, before, _ = place.linked(model)
    links, counts = found.links, found.counts
    guards: set[str] = set()
    for step in range(steps):
        made = change_some()
        full, after, overrides = place.linked(model)
        result = relink(before, after, links, counts, model, overrides, place.settings)
        joined = result.joined(links)
        pd.testing.assert_frame_equal(joined, full.links, obj=f"links after {made}, step {step}")
        pd.testing.assert_frame_equal(result.counts, full.counts, check_dtype=False)
        links, counts, before = joined, result.counts, after
        guards |= set(result.links["cut_by"].dropna())
    return guards


@pytest.mark.parametrize("seed", range(6))
def test_an_incremental_run_finds_what_a_full_one_finds(seed: int) -> None:
    draw = np.random.default_rng(seed)
    place = town(draw, 90)
    gone: dict[str, dict[str, object]] = {}
    follow(place, 8, lambda: [change(place, draw, gone) for _ in range(draw.integers(1, 6))])


@pytest.mark.parametrize("seed", range(2))
def test_customers_with_a_contradiction_are_cut_anew_where_they_changed(seed: int) -> None:
    draw = np.random.default_rng(seed)
    place = replace(town(draw, 90), settings=replace(SETTINGS, least_mean_weight=6.0))
    gone: dict[str, dict[str, object]] = {}
    guards = follow(place, 5, lambda: [change(place, draw, gone) for _ in range(4)])
    assert WEAKEST in guards


@pytest.mark.parametrize("seed", range(3))
def test_what_far_records_decide_of_a_pair_is_decided_anew(seed: int) -> None:
    draw = np.random.default_rng(seed)
    place, levers = sparse_town(draw)
    everybody = dict(place.people)
    follow(place, 4, lambda: [change_sparsely(place, draw, everybody, levers) for _ in range(7)])

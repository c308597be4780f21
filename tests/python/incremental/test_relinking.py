"""Incremental runs against full ones: the same links, row for row, whatever changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from changing_worlds import SETTINGS, Town, change, town
from sparse_towns import change_sparsely, sparse_town
from warehouse_cdp.linkage import relink

if TYPE_CHECKING:
    from collections.abc import Callable


def follow(place: Town, steps: int, change_some: Callable[[], list[str]]) -> None:
    """Change a town step by step and link it incrementally, in full too; both must agree."""
    model = place.model()
    found, before, _ = place.linked(model)
    links, counts = found.links, found.counts
    for step in range(steps):
        made = change_some()
        full, after, overrides = place.linked(model)
        result = relink(before, after, links, counts, model, overrides, SETTINGS)
        joined = result.joined(links)
        pd.testing.assert_frame_equal(joined, full.links, obj=f"links after {made}, step {step}")
        pd.testing.assert_frame_equal(result.counts, full.counts, check_dtype=False)
        links, counts, before = joined, result.counts, after


@pytest.mark.parametrize("seed", range(6))
def test_an_incremental_run_finds_what_a_full_one_finds(seed: int) -> None:
    draw = np.random.default_rng(seed)
    place = town(draw, 90)
    gone: dict[str, dict[str, object]] = {}
    follow(place, 8, lambda: [change(place, draw, gone) for _ in range(draw.integers(1, 6))])


@pytest.mark.parametrize("seed", range(3))
def test_what_far_records_decide_of_a_pair_is_decided_anew(seed: int) -> None:
    draw = np.random.default_rng(seed)
    place, levers = sparse_town(draw)
    everybody = dict(place.people)
    follow(place, 4, lambda: [change_sparsely(place, draw, everybody, levers) for _ in range(7)])

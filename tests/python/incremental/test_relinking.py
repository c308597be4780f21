"""Incremental runs against full ones: the same links, row for row, whatever changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from changing_worlds import SETTINGS, change, town
from warehouse_cdp.linkage import relink


@pytest.mark.parametrize("seed", range(6))
def test_an_incremental_run_finds_what_a_full_one_finds(seed: int) -> None:
    draw = np.random.default_rng(seed)
    place = town(draw, 90)
    model = place.model()
    found, before, _ = place.linked(model)
    links, counts = found.links, found.counts
    gone: dict[str, dict[str, object]] = {}
    for step in range(8):
        made = [change(place, draw, gone) for _ in range(int(draw.integers(1, 6)))]
        full, after, overrides = place.linked(model)
        result = relink(before, after, links, counts, model, overrides, SETTINGS)
        joined = result.joined(links)
        pd.testing.assert_frame_equal(joined, full.links, obj=f"links after {made}, step {step}")
        pd.testing.assert_frame_equal(result.counts, full.counts, check_dtype=False)
        links, counts, before = joined, result.counts, after

from __future__ import annotations

import pandas as pd
import pytest

from matching_worlds import people
from warehouse_cdp.matching import block, parallel, refine
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.pipeline import Resolution, resolve


@pytest.fixture
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that large files have: slices, sampled rules, components in several batches."""
    monkeypatch.setattr(parallel, "FEWEST_A_THREAD", 300)
    monkeypatch.setattr(block, "_MANY_RECORDS", 100)
    monkeypatch.setattr(refine, "_PAIRS_AT_ONCE", 500)
    monkeypatch.setattr(refine, "_WEIGHED_AT_ONCE", 70)


@pytest.mark.usefixtures("in_small_parts")
def test_threads_and_the_order_of_rows_change_nothing() -> None:
    records = people(1_000).drop(columns="truth")
    first = resolve(records, MatchOptions(threads=1))
    assert (first.report["step"] == "block").sum() > 10
    for threads in (2, 4):
        shuffled = records.sample(frac=1.0, random_state=threads)
        again = resolve(shuffled, MatchOptions(threads=threads))
        pd.testing.assert_series_equal(again.customer_id.sort_index(), first.customer_id)
        for part in ("links", "model", "report"):
            pd.testing.assert_frame_equal(getattr(again, part), getattr(first, part))


def test_slices_cover_every_row_once() -> None:
    for count in (0, 1, 39_999, 40_000, 250_001):
        for threads in (1, 2, 3):
            seen: list[slice] = []
            parallel.in_slices(seen.append, count, threads)
            rows = [
                row
                for part in sorted(seen, key=lambda part: part.start)
                for row in range(count)[part]
            ]
            assert rows == list(range(count))


def test_links_are_made_when_asked_for_and_counted_before() -> None:
    found = resolve(people(60).drop(columns="truth"))
    assert isinstance(found, Resolution)
    assert "links" not in vars(found)
    assert found.link_count == len(found.links) > 0
    assert found.links is found.links

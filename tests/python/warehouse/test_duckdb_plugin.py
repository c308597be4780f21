"""What the plugin spares a run beside preparing cursors."""

from __future__ import annotations

import gc

from warehouse_cdp.warehouse.duckdb_plugin import spare_collection


def test_the_cycle_collector_leaves_alone_what_was_there_and_still_collects_what_comes() -> None:
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        spare_collection()
        assert gc.get_freeze_count() > frozen
        assert gc.get_threshold()[:2] == thresholds[:2]
        assert gc.get_threshold()[2] > thresholds[2]
        cycle: list[object] = []
        cycle.append(cycle)
        del cycle
        assert gc.collect() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)

"""What the plugin spares a run beside preparing cursors."""

from __future__ import annotations

import gc

import duckdb
import pytest

from warehouse_cdp.warehouse.duckdb_plugin import keep_memory, spare_collection

KEPT = "select value from duckdb_settings() where name = 'block_allocator_memory'"


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


def test_duckdb_keeps_a_part_of_its_memory_and_a_profile_that_says_how_much_has_its_way() -> None:
    with duckdb.connect() as connection:
        if connection.execute(KEPT).fetchone() is None:
            pytest.skip("this DuckDB has no block_allocator_memory")
        connection.execute("set memory_limit = '1GiB'")
        keep_memory(connection)
        assert connection.execute(KEPT).fetchone() == ("256.0 MiB",)
        keep_memory(connection)
    with duckdb.connect() as connection:
        connection.execute("set global block_allocator_memory = '64MiB'")
        keep_memory(connection)
        assert connection.execute(KEPT).fetchone() == ("64.0 MiB",)

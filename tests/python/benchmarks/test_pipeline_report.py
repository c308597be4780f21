"""The arithmetic of the pipeline's benchmark; nothing is built or timed here."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from pipeline_report import (
    ModelRun,
    bare_queries,
    chart,
    covered,
    floors_outside,
    layer_table,
    layers_of,
    models_of,
    ratio_to_floors,
    wall_outside,
)

# Two marts side by side, identity alone for two seconds, then a table of its own.
RUN = [
    ModelRun("int_events_unioned", "intermediate", 0, 4, 100, 2.0),
    ModelRun("orders", "marts", 4, 6, 10, 1.0),
    ModelRun("identity_links", "identity", 5, 8, 7, None),
    ModelRun("customers", "marts", 8, 9, 5, 0.5),
]


def test_time_that_two_models_share_counts_once() -> None:
    assert covered([(0, 2), (1, 3), (5, 6), (5.5, 5.8)]) == 4
    assert covered([]) == 0


def test_a_layer_adds_its_models_up_and_holds_the_peak_of_its_time() -> None:
    memory = [(1.0, 300), (4.5, 500), (7.0, 900), (8.5, 400)]
    layers = {layer.layer: layer for layer in layers_of(RUN, memory)}
    assert list(layers) == ["intermediate", "identity", "marts"]
    marts = layers["marts"]
    assert (marts.model_count, marts.row_count) == (2, 15)
    assert (marts.busy_seconds, marts.wall_seconds, marts.floor_seconds) == (3, 3, 1.5)
    assert marts.peak_bytes == 500
    assert layers["identity"].peak_bytes == 900


def test_wall_time_outside_identity_leaves_out_only_the_time_that_identity_had_alone() -> None:
    # 12 s in all: 9 s of models, of which second 6 to 8 were identity's alone.
    assert wall_outside(RUN, 12.0) == 10.0
    assert floors_outside(RUN) == 3.5
    assert ratio_to_floors(10.0, 3.5, 1.5) == 2.0


def _result(name: str, status: str = "success", kind: str = "model") -> dict[str, Any]:
    second = {"a": "00", "b": "10"}.get(name, "20")
    return {
        "unique_id": f"{kind}.cdp.{name}",
        "status": status,
        "compiled_code": f"select '{name}'",
        "timing": [
            {"started_at": f"2026-01-01T00:00:{second}Z", "completed_at": "2026-01-01T00:00:30Z"}
        ],
    }


def _node(name: str, materialized: str, language: str = "sql") -> dict[str, Any]:
    return {
        "name": name,
        "resource_type": "model",
        "language": language,
        "fqn": ["cdp", "marts", "customers", name],
        "config": {"materialized": materialized},
    }


MANIFEST = {
    "nodes": {
        "model.cdp.a": _node("a", "table"),
        "model.cdp.b": _node("b", "view"),
        "model.cdp.c": _node("c", "incremental"),
        "model.cdp.d": _node("d", "table", "python"),
        "seed.cdp.s": {"name": "s", "resource_type": "seed", "fqn": ["cdp", "s"]},
    }
}


def test_only_sql_models_that_are_stored_have_a_bare_query() -> None:
    results = {"results": [_result(name) for name in "abcd"] + [_result("s", kind="seed")]}
    assert bare_queries(results, MANIFEST) == {"a": "select 'a'", "c": "select 'c'"}


def test_models_are_read_with_their_layer_and_times_and_hooks_are_left_out() -> None:
    results = {"results": [_result("a"), _result("s", kind="seed"), _result("h", kind="operation")]}
    models = models_of(results, MANIFEST, lambda text: datetime.fromisoformat(text).timestamp())
    assert [(model.name, model.layer) for model in models] == [("a", "marts"), ("s", "seeds")]
    assert [model.seconds for model in models] == [30, 10]


@pytest.mark.parametrize("status", ["error", "skipped"])
def test_a_run_in_which_a_model_failed_measures_nothing(status: str) -> None:
    with pytest.raises(ValueError, match=r"model\.cdp\.b ended as"):
        models_of({"results": [_result("b", status)]}, MANIFEST, lambda _text: 0.0)


def test_table_and_chart_show_every_layer() -> None:
    table = layer_table(layers_of(RUN, []))
    assert table.count("\n") == 4
    assert "| intermediate | 1 | 100 | 4.0 | 4.0 | 2.0 |" in table
    drawn = ET.fromstring(chart("a < b", [("marts", 3.0, 1.5), ("identity", 3.0, 0.0)]))  # noqa: S314
    bars = [float(bar.attrib["width"]) for bar in drawn.iter() if bar.attrib.get("height") == "15"]
    assert bars == [460.0, 230.0, 460.0, 0.0]

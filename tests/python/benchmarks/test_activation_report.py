"""What the activation benchmark says of its runs: medians by latency, fastest first."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from activation_report import Run, chart, medians, table

RUNS = [
    Run("plan", 0.0, 6.0, 8.0, 900.0, 0, 50_000),
    *(Run("ours", 0.05, seconds, 2.0, 100.0, 200, 1000, 0.5, 2) for seconds in (9.0, 3.0, 4.0)),
    Run("dlt", 0.05, 12.5, 4.0, 120.0, 200, 1000, 12.0, 200),
    Run("ours", 0.0, 1.5, 2.0, 100.0, 200, 1000, 0.4, 2),
]


def test_a_contestant_is_its_median_at_each_latency() -> None:
    found = {(run.latency, run.name): run.seconds for run in medians(RUNS)}
    assert found == {
        (0.0, "plan"): 6.0, (0.05, "ours"): 4.0, (0.05, "dlt"): 12.5, (0.0, "ours"): 1.5
    }  # fmt: skip


def test_the_table_begins_with_the_plan_and_the_fastest_comes_first() -> None:
    names = [line.split("|")[2].strip() for line in table(RUNS).splitlines()[2:]]
    assert names == ["plan", "ours", "ours", "dlt"]
    assert "| 50 | ours | 4.00 | 2.00 | 100 | 200 | 1,000 | 0.50 | 2 |" in table(RUNS)


def test_the_chart_has_a_bar_a_contestant_and_no_plan() -> None:
    drawn = ET.fromstring(chart("<seconds>", RUNS))  # noqa: S314 - our own
    bars = drawn.findall("{http://www.w3.org/2000/svg}rect")
    assert len(bars) == 1 + 3
    assert "plan" not in chart("<seconds>", RUNS)

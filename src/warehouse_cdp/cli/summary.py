"""``cdp summary``: one screen."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from warehouse_cdp.cli.console import columns, progress, say, say_json, thousands
from warehouse_cdp.cli.demo import demo_environment
from warehouse_cdp.cli.evaluate import evaluation_lines
from warehouse_cdp.cli.frame import (
    COMMITTED_SAMPLE,
    HERE,
    DemoOption,
    JsonOption,
    ProjectOption,
    SampleOption,
    TargetOption,
    app,
    examples,
)
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.warehouse.connection import open_any_warehouse
from warehouse_cdp.warehouse.profile import Target, load_any_target

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse_cdp.evaluation import Evaluation
    from warehouse_cdp.warehouse.overview import Counts, Overview
    from warehouse_cdp.warehouse.profile import AnyTarget

_WIDTH = 72
_QUERIES = (
    (
        "a customer's whole timeline, all channels",
        """select occurred_at, channel, event_type from {marts}.customer_events \
where customer_id = (select max(customer_id) from {marts}.orders) order by 1""",
    ),
    (
        "customers seen by the most sources",
        """select customer_id, count(distinct source) as sources from {identity}.identity_map \
group by 1 order by 2 desc, 1 limit 10""",
    ),
    (
        "net revenue by lifecycle stage",
        """select lifecycle_stage, count(*) as customers, sum(net_amount_reporting) as revenue \
from {marts}.customer_360 group by 1 order by 3 desc nulls last""",
    ),
)


@app.command(epilog=examples("cdp summary", "cdp summary --target prod --json"))
def summary(
    *,
    sample_dir: SampleOption = None,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    demo: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say on one screen what came in, who was found and what may go out. Counts only."""
    with demo_environment(project_dir, wanted=demo, target=target):
        chosen = load_any_target(project_dir, target)
        with progress("summary") as show:
            show("reading the warehouse", 0, 1)
            overview, measured = load(chosen, sample_dir or project_dir / COMMITTED_SAMPLE)
    if as_json:
        say_json({**asdict(overview), "evaluation": asdict(measured) if measured else None})
        return
    for line in screen(chosen, overview, measured, is_demo=demo):
        say(line)


def load(target: AnyTarget, sample_folder: Path) -> tuple[Overview, Evaluation | None]:
    """Read the screen's numbers; no evaluation when it is not the sample that was built."""
    from warehouse_cdp.warehouse.measures import evaluate_build  # noqa: PLC0415 - costs a second
    from warehouse_cdp.warehouse.overview import OverviewReader  # noqa: PLC0415

    with open_any_warehouse(target) as connection:
        overview = OverviewReader(connection, target).read()
        try:
            measured = evaluate_build(connection, target, sample_folder)
        except InputDataError:
            measured = None
    # Of another company's records the sample's truth knows none.
    if measured is not None and measured.linking.missing_records == measured.linking.records:
        measured = None
    return overview, measured


def screen(
    target: AnyTarget, overview: Overview, measured: Evaluation | None, *, is_demo: bool
) -> list[str]:
    """Return the whole screen, line by line."""
    return [
        *_heading("What came in: person records by source"),
        *_counted(overview.records_by_source, overview, "records", target),
        *_heading("Who was found"),
        *_found(overview, target),
        *(evaluation_lines(measured) if measured else _not_measured()),
        *_heading("Segments: customers now"),
        *_counted(overview.segment_sizes, overview, "segments", target),
        *_heading("Syncs: rows at the destination, and rows held back"),
        *_syncs(overview, target),
        *_heading("Data-quality issues in what came in"),
        *_counted(overview.issues, overview, "issues", target),
        *_heading("Where to look next"),
        *_queries(target, is_demo=is_demo),
    ]


def _heading(text: str) -> list[str]:
    return ["", f"-- {text} ".ljust(_WIDTH, "-")]


def _unavailable(part: str, overview: Overview, target: AnyTarget) -> list[str]:
    why = overview.missing.get(part, "")
    return [f"  not there yet ({why}): run `dbt build --target {target.name}`"]


def _counted(counts: Counts | None, overview: Overview, part: str, target: AnyTarget) -> list[str]:
    if counts is None:
        return _unavailable(part, overview, target)
    return columns([(name, thousands(count)) for name, count in counts]) or ["  none"]


def _found(overview: Overview, target: AnyTarget) -> list[str]:
    if overview.customer_count is None or overview.record_count is None:
        part = "customers" if overview.customer_count is None else "identity"
        return _unavailable(part, overview, target)
    records, customers = overview.record_count, overview.customer_count
    return [f"  {thousands(records)} records are {thousands(customers)} customers"]


def _not_measured() -> list[str]:
    return ["  not measured: this is not the sample, or its truth is not there"]


def _syncs(overview: Overview, target: AnyTarget) -> list[str]:
    if overview.syncs is None:
        return _unavailable("syncs", overview, target)
    lines = []
    for sync in overview.syncs:
        held_back = sum(count for _, count in sync.held_back)
        lines.append(
            f"  {sync.sync_name}: {thousands(sync.row_count)} rows, last run {sync.last_status}, "
            f"{thousands(held_back)} held back"
        )
        reasons = ", ".join(f"{reason} {thousands(count)}" for reason, count in sync.held_back)
        lines += [f"    {reasons}"] if reasons else []
    return lines or ["  none declared"]


def _queries(target: AnyTarget, *, is_demo: bool) -> list[str]:
    words = ["cdp query"]
    words += ["--demo"] if is_demo else []
    words += [] if is_demo and isinstance(target, Target) else [f"--target {target.name}"]
    start = " ".join(words)
    lines = []
    for question, template in _QUERIES:
        sql = template.format(
            marts=target.schema_of("marts"), identity=target.schema_of("identity")
        )
        lines += [f"  {question}:", f'    {start} "{sql}"']
    return lines

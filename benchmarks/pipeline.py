"""The pipeline's speed on DuckDB: every layer, and beside each SQL model its bare query.

    python benchmarks/pipeline.py --people 20000 --without-identity --hourly --out results.json

Builds a copy of the project in a folder of its own from a generated sample. Three runs of dbt are
measured: all models on a company without rows (dbt's own fixed cost), all models, and, with
``--hourly``, ``tag:hourly`` after the newest hundredth of all events has arrived. The bare queries
then run in DuckDB alone, one after the other: the floor below which no pipeline gets.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from pipeline_report import (
    chart,
    covered,
    floors_outside,
    layer_table,
    layers_of,
    model_table,
    ratio_to_floors,
    wall_outside,
)
from pipeline_runs import (
    BUILD,
    HOURLY,
    ROOT,
    Run,
    Settings,
    copy_project,
    deliver,
    hold_back,
    load_raw,
    run_dbt,
    with_floors,
    with_rows,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_report import ModelRun

NEW_SHARE = 0.01


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; return the exit code."""
    chosen = options().parse_args(arguments)
    work: Path = chosen.work.resolve()
    sample = chosen.sample.resolve() if chosen.sample else _sample(work, chosen.people)
    facts = json.loads((sample / "sample.json").read_text(encoding="utf-8"))
    settings = Settings(chosen.threads, chosen.memory_limit, facts["as_of"][:19].replace("T", " "))
    if chosen.fixed_from:
        fixed = json.loads(chosen.fixed_from.read_text(encoding="utf-8"))["fixed"]
    else:
        fixed = _measure_fixed(work / "empty", settings, sample, chosen)
    folder = copy_project(work / "project", settings, with_identity=not chosen.without_identity)
    raw_rows = load_raw(folder, sample)
    held = hold_back(folder, NEW_SHARE) if chosen.hourly else 0
    run_dbt(folder, settings, ("parse",))
    full = run_dbt(folder, settings, BUILD)
    report: dict[str, Any] = {
        "people": facts["people"],
        "raw_rows": raw_rows,
        "with_identity": not chosen.without_identity,
        "machine": _machine(settings),
        "fixed": fixed,
        "full": _summary(full, full.models, fixed),
    }
    _write(chosen.out, report)  # what was measured stays, should a later step be cut off
    models = with_floors(folder, full, settings, chosen.rounds, with_rows(folder, full.models))
    report["full"] = _summary(full, models, fixed)
    _write(chosen.out, report)
    hourly_models: list[ModelRun] = []
    if chosen.hourly:
        deliver(folder)
        hourly = run_dbt(folder, settings, HOURLY)
        hourly_models = with_rows(folder, hourly.models)
        report["hourly"] = {
            **_summary(hourly, hourly_models, fixed),
            "new_rows": held,
            "share_of_full": hourly.wall_seconds / full.wall_seconds,
            "cpu_share_of_full": hourly.cpu_seconds / full.cpu_seconds,
        }
        _write(chosen.out, report)
    _show(report, full, models, hourly_models)
    if chosen.chart:
        title = f"{facts['people']:,} people: seconds by layer"
        bars = [
            (layer.layer, layer.busy_seconds, layer.floor_seconds)
            for layer in layers_of(models, full.memory)
            if layer.floor_seconds
        ]
        chosen.chart.write_text(chart(title, bars), encoding="utf-8")
    return 0


def _write(path: Path | None, report: dict[str, Any]) -> None:
    if path:
        path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def options() -> argparse.ArgumentParser:
    """Return what the command line takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=20_000, help="size of a generated sample")
    parser.add_argument("--sample", type=Path, help="an existing sample instead of a new one")
    parser.add_argument("--work", type=Path, default=ROOT / "target/benchmark", help="scratch")
    parser.add_argument(
        "--without-identity",
        action="store_true",
        help="the sample's truth stands in for the Python models of identity",
    )
    parser.add_argument("--hourly", action="store_true", help="also the run after 1 %% new events")
    parser.add_argument("--rounds", type=int, default=1, help="bare queries: best of; 0: none")
    parser.add_argument("--threads", type=int, default=2, help="of dbt and of DuckDB")
    parser.add_argument("--memory-limit", default="8GB", help="of DuckDB, which spills beyond it")
    parser.add_argument("--fixed-from", type=Path, help="take dbt's fixed cost from these results")
    parser.add_argument("--out", type=Path, help="write all figures here, as JSON")
    parser.add_argument("--chart", type=Path, help="write the chart of layers here, as SVG")
    return parser


def _sample(work: Path, people: int) -> Path:
    """A sample of that size, made once and kept."""
    folder = work / f"sample_{people}"
    if not (folder / "sample.json").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "warehouse_cdp", "sample", "--people", str(people)]
        subprocess.run(  # noqa: S603 - our own command
            [*command, "--seed", "42", "--format", "parquet", "--out", str(folder)],
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
    return folder


def _measure_fixed(
    work: Path, settings: Settings, sample: Path, chosen: argparse.Namespace
) -> dict[str, float]:
    """Measure dbt's own cost: the same models on a company without rows, less the bare queries."""
    folder = copy_project(work, settings, with_identity=not chosen.without_identity)
    load_raw(folder, sample, is_empty=True)
    run_dbt(folder, settings, ("parse",))
    run = run_dbt(folder, settings, BUILD)
    models = with_floors(folder, run, settings, 1, run.models)
    floors = floors_outside(models)
    floor_cpu = _floor_cpu(models)
    return {
        "wall_seconds": run.wall_seconds,
        "cpu_seconds": run.cpu_seconds,
        "floor_seconds": floors,
        "seconds": max(run.wall_seconds - floors, 0.0),
        "own_cpu_seconds": max(run.cpu_seconds - floor_cpu, 0.0),
    }


def _machine(settings: Settings) -> dict[str, Any]:
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
        "load_average": os.getloadavg()[0],
    }


def _floor_cpu(models: Sequence[ModelRun]) -> float:
    return sum(model.floor_cpu_seconds or 0.0 for model in models)


def _summary(run: Run, models: Sequence[ModelRun], fixed: dict[str, float]) -> dict[str, Any]:
    floor_cpu = _floor_cpu(models)
    own_cpu = fixed.get("own_cpu_seconds", fixed["cpu_seconds"])
    outside = wall_outside(models, run.wall_seconds)
    floors = floors_outside(models)
    return {
        "wall_seconds": run.wall_seconds,
        "wall_seconds_outside_identity": outside,
        "model_seconds": covered((model.started, model.ended) for model in models),
        "cpu_seconds": run.cpu_seconds,
        "peak_bytes": run.peak_bytes,
        "floor_seconds_outside_identity": floors,
        "floor_cpu_seconds": floor_cpu,
        "ratio": ratio_to_floors(outside, floors, fixed["seconds"]) if floors else None,
        "cpu_ratio": ratio_to_floors(run.cpu_seconds, floor_cpu, own_cpu) if floor_cpu else None,
        "layers": [asdict(layer) for layer in layers_of(models, run.memory)],
        "models": [{**asdict(model), "seconds": model.seconds} for model in models],
    }


def _show(
    report: dict[str, Any], full: Run, models: Sequence[ModelRun], hourly: Sequence[ModelRun]
) -> None:
    whole, fixed = report["full"], report["fixed"]
    print(f"{report['people']:,} people, {report['raw_rows']:,} raw rows, {report['machine']}\n")
    print(layer_table(layers_of(models, full.memory)), "\n")
    print(model_table(models), "\n")
    print(
        f"dbt's own fixed cost {fixed['seconds']:.1f} s (a run without rows takes "
        f"{fixed['wall_seconds']:.1f} s)\n"
        f"full run {whole['wall_seconds']:.1f} s wall, {whole['cpu_seconds']:.1f} s of processor, "
        f"peak {whole['peak_bytes'] / 1e9:.2f} GB\n"
        f"outside identity {whole['wall_seconds_outside_identity']:.1f} s; floors "
        f"{whole['floor_seconds_outside_identity']:.1f} s"
    )
    if whole["ratio"]:
        print(
            f"ratio to floors and fixed cost: {whole['ratio']:.2f} of wall time outside identity, "
            f"{whole['cpu_ratio']:.2f} of processor time in all"
        )
    if "hourly" in report:
        run = report["hourly"]
        print("\n" + model_table(hourly) + "\n")
        print(
            f"hourly run after {run['new_rows']:,} new events {run['wall_seconds']:.1f} s wall, "
            f"{run['cpu_seconds']:.1f} s of processor: {run['share_of_full']:.2f} of the full "
            f"run's wall time, {run['cpu_share_of_full']:.2f} of its processor time"
        )


if __name__ == "__main__":
    sys.exit(main())

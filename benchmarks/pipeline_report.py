"""What the measurements of ``pipeline.py`` add up to: layers, ratios, tables, a chart.

Nothing here runs or reads anything, so that the arithmetic can be tested without a build.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

LAYERS = (
    "seeds",
    "staging",
    "intermediate",
    "identity",
    "marts",
    "segments",
    "audiences",
    "activation",
    "publication",
)
IDENTITY = "identity"


@dataclass(frozen=True)
class ModelRun:
    """One model in one dbt run. Times are seconds, ``started`` and ``ended`` since the epoch.

    ``floor_seconds`` is what its compiled query takes in DuckDB alone; None where there is no
    query to run (a seed, a view, a Python model).
    """

    name: str
    layer: str
    started: float
    ended: float
    row_count: int | None = None
    floor_seconds: float | None = None
    floor_cpu_seconds: float | None = None

    @property
    def seconds(self) -> float:
        """How long dbt was busy with it."""
        return self.ended - self.started


@dataclass(frozen=True)
class LayerRun:
    """One layer of one run.

    ``busy_seconds`` adds the models up, ``wall_seconds`` is the time in which at least one of them
    ran, ``peak_bytes`` the largest resident set of the process meanwhile (models of two layers
    may run side by side, so this is what was held, not what this layer alone needed).
    """

    layer: str
    model_count: int
    row_count: int
    busy_seconds: float
    wall_seconds: float
    floor_seconds: float
    peak_bytes: int


def covered(intervals: Iterable[tuple[float, float]]) -> float:
    """Length of the union of intervals, in their unit."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(intervals):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def layers_of(models: Sequence[ModelRun], memory: Sequence[tuple[float, int]]) -> list[LayerRun]:
    """One entry a layer that has models, in the order of the data flow.

    ``memory`` holds samples (seconds since the epoch, resident bytes).
    """
    found = []
    for layer in LAYERS:
        own = [model for model in models if model.layer == layer]
        if not own:
            continue
        held = [
            size
            for moment, size in memory
            if any(model.started <= moment <= model.ended for model in own)
        ]
        found.append(
            LayerRun(
                layer=layer,
                model_count=len(own),
                row_count=sum(model.row_count or 0 for model in own),
                busy_seconds=sum(model.seconds for model in own),
                wall_seconds=covered((model.started, model.ended) for model in own),
                floor_seconds=sum(model.floor_seconds or 0.0 for model in own),
                peak_bytes=max(held, default=0),
            )
        )
    return found


def wall_outside(models: Sequence[ModelRun], wall_seconds: float, layer: str = IDENTITY) -> float:
    """Wall time of the run without the time in which only models of ``layer`` were running."""
    everything = covered((model.started, model.ended) for model in models)
    others = covered((model.started, model.ended) for model in models if model.layer != layer)
    return wall_seconds - (everything - others)


def floors_outside(models: Sequence[ModelRun], layer: str = IDENTITY) -> float:
    """Sum of the floors of all models that are not of ``layer``, in seconds."""
    return sum(model.floor_seconds or 0.0 for model in models if model.layer != layer)


def ratio_to_floors(wall_seconds: float, floor_seconds: float, fixed_seconds: float) -> float:
    """Wall time of a run over the sum of floors and dbt's own fixed cost."""
    return wall_seconds / (floor_seconds + fixed_seconds)


def models_of(
    run_results: Mapping[str, Any], manifest: Mapping[str, Any], to_epoch: Callable[[str], float]
) -> list[ModelRun]:
    """Models and seeds of ``run_results.json``; ``to_epoch`` turns its timestamps into seconds.

    Raises:
        ValueError: a model failed or was skipped, so the run measures nothing.
    """
    models = []
    for result in run_results["results"]:
        name = result["unique_id"]
        if name.split(".")[0] not in {"model", "seed"}:
            continue
        if result["status"] != "success":
            message = f"{name} ended as {result['status']}: a run that failed measures nothing"
            raise ValueError(message)
        times = [step for step in result["timing"] if step.get("started_at")]
        node = manifest["nodes"][name]
        models.append(
            ModelRun(
                name=node["name"],
                layer="seeds" if node["resource_type"] == "seed" else node["fqn"][1],
                started=min(to_epoch(step["started_at"]) for step in times),
                ended=max(to_epoch(step["completed_at"]) for step in times),
            )
        )
    return models


def bare_queries(run_results: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, str]:
    """Compiled queries by model name, of the SQL models that are stored as tables."""
    queries = {}
    for result in run_results["results"]:
        node = manifest["nodes"].get(result["unique_id"], {})
        if node.get("resource_type") != "model" or node["language"] != "sql":
            continue
        if node["config"]["materialized"] in {"table", "incremental"}:
            queries[node["name"]] = result["compiled_code"]
    return queries


def layer_table(layers: Sequence[LayerRun]) -> str:
    """The layers as a Markdown table."""
    head = "| layer | models | rows | busy s | wall s | floor s | peak GB |\n" + _rule(6)
    rows = [
        f"| {layer.layer} | {layer.model_count} | {layer.row_count:,} | {layer.busy_seconds:.1f} | "
        f"{layer.wall_seconds:.1f} | {layer.floor_seconds:.1f} | {layer.peak_bytes / 1e9:.2f} |"
        for layer in layers
    ]
    return "\n".join([head, *rows])


def model_table(models: Sequence[ModelRun], count: int = 15) -> str:
    """The models that took longest, each beside the floor of its query, as a Markdown table."""
    head = "| model | rows | dbt s | floor s |\n" + _rule(3)
    longest = sorted(models, key=lambda model: -model.seconds)[:count]
    rows = [
        f"| {model.name} | {'' if model.row_count is None else f'{model.row_count:,}'} | "
        f"{model.seconds:.2f} | "
        f"{'' if model.floor_seconds is None else f'{model.floor_seconds:.2f}'} |"
        for model in longest
    ]
    return "\n".join([head, *rows])


def _rule(number_columns: int) -> str:
    return "|---|" + "--:|" * number_columns


_BARS = (("wall", "#3b6ea5", "pipeline"), ("floor", "#9db8d2", "bare queries"))
_HEIGHT, _LEFT, _SCALE_WIDTH, _RIGHT = 18, 150, 460, 120


def chart(title: str, groups: Sequence[tuple[str, float, float]]) -> str:
    """An SVG of paired bars: per group (label, wall seconds, floor seconds)."""
    largest = max((max(wall, floor) for _, wall, floor in groups), default=1.0) or 1.0
    width = _LEFT + _SCALE_WIDTH + _RIGHT
    step = 2 * _HEIGHT + 14
    height = 70 + step * len(groups)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label="{escape(title)}">'
    )
    parts = [
        head,
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="12" y="22" font-size="14">{escape(title)}</text>',
    ]
    for number, (_, colour, label) in enumerate(_BARS):
        left = _LEFT + number * 130
        parts.append(f'<rect x="{left}" y="32" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{left + 18}" y="42">{label}</text>')
    for number, (label, *values) in enumerate(groups):
        top = 58 + number * step
        parts.append(f'<text x="12" y="{top + _HEIGHT + 4}">{escape(label)}</text>')
        for place, (value, (_, colour, _)) in enumerate(zip(values, _BARS, strict=True)):
            y = top + place * _HEIGHT
            length = _SCALE_WIDTH * value / largest
            parts.append(
                f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_HEIGHT - 3}" '
                f'fill="{colour}"/>'
            )
            parts.append(f'<text x="{_LEFT + length + 6:.1f}" y="{y + 12}">{value:.1f} s</text>')
    return "\n".join([*parts, "</svg>", ""])

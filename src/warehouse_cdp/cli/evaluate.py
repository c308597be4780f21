"""``cdp evaluate``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from warehouse_cdp.cli.console import columns, progress, say, say_json, thousands
from warehouse_cdp.cli.demo import demo_environment
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
from warehouse_cdp.warehouse.connection import open_any_warehouse
from warehouse_cdp.warehouse.profile import load_any_target

if TYPE_CHECKING:
    from warehouse_cdp.evaluation import Evaluation
    from warehouse_cdp.evaluation.scores import PairwiseScores


@app.command(
    epilog=examples("cdp evaluate", "cdp evaluate --sample-dir /tmp/sample --json"),
)
def evaluate(
    *,
    sample_dir: SampleOption = None,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    demo: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure a build of the sample against the sample's truth.

    Pairwise precision and recall of the linking, the share of knowable revenue and events that
    ended up with the right person, and the share of people whose golden fields are right today.
    """
    from warehouse_cdp.warehouse.measures import evaluate_build  # noqa: PLC0415 - costs a second

    with demo_environment(project_dir, wanted=demo, target=target):
        chosen = load_any_target(project_dir, target)
        with open_any_warehouse(chosen) as connection, progress("evaluate") as show:
            show("reading the truth", 0, 1)
            measured = evaluate_build(
                connection, chosen, sample_dir or project_dir / COMMITTED_SAMPLE
            )
    if as_json:
        say_json(asdict(measured))
        return
    for line in evaluation_lines(measured):
        say(line)


def evaluation_lines(measured: Evaluation) -> list[str]:
    """Return the measures as a screen shows them."""
    linking = measured.linking
    return columns(
        [
            ("pairwise precision", f"{linking.precision:.4f}", pairs(linking.predicted_pairs)),
            ("pairwise recall", f"{linking.recall:.4f}", pairs(linking.true_pairs)),
            ("pairwise F1", f"{linking.f1:.4f}", f"over {thousands(linking.records)} records"),
            ("B-cubed F1", f"{linking.bcubed_f1:.4f}", _left_out(linking)),
            *(
                row
                for name, share in (("revenue", measured.revenue), ("events", measured.events))
                for row in (
                    (f"{name} on the right person", f"{share.right:.2%}", "of what is knowable"),
                    (f"{name} on a wrong person", f"{share.wrong:.2%}", ""),
                )
            ),
            *(
                (f"{name} right", f"{share.right:.2%}", f"of {thousands(share.people)} people")
                for name, share in (
                    ("current e-mail", measured.golden.email),
                    ("current address", measured.golden.address),
                    ("name", measured.golden.name),
                )
            ),
        ]
    )


def _left_out(linking: PairwiseScores) -> str:
    return f"{thousands(linking.deleted_records)} deleted by their source not counted"


def pairs(count: int) -> str:
    """Return what a pairwise measure is a share of."""
    return f"of {thousands(count)} pairs"

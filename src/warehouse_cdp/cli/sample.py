"""``cdp sample`` and ``cdp load-sample``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from warehouse_cdp.cli.console import columns, progress, say, say_json, thousands
from warehouse_cdp.cli.frame import (
    COMMITTED_SAMPLE,
    HERE,
    JsonOption,
    ProjectOption,
    TargetOption,
    app,
    examples,
)
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.warehouse.profile import load_any_target

OutOption = Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to.")]
FromOption = Annotated[
    Path | None,
    typer.Option("--from", metavar="DIR", help=f"Sample folder; default: {COMMITTED_SAMPLE}."),
]


@app.command(
    "sample",
    epilog=examples("cdp sample --people 50000 --seed 7 --out /tmp/sample --format parquet"),
)
def write(
    out: OutOption,
    people: Annotated[int, typer.Option(metavar="N", help="People in the made-up world.")] = 2000,
    seed: Annotated[int, typer.Option(metavar="S", help="Same seed, same bytes.")] = 42,
    wave: Annotated[int, typer.Option(help="Which extract, 1 to 3: each a month later.")] = 1,
    file_format: Annotated[str, typer.Option("--format", help="csv or parquet.")] = "csv",
) -> None:
    """Write the raw tables of a made-up retailer, and the truth about them."""
    from warehouse_cdp.sample import write_sample  # noqa: PLC0415 - numpy and pandas cost a second

    started = time.monotonic()
    with progress("sample") as show:
        write_sample(out, people, seed, wave, file_format, show)
    seconds = time.monotonic() - started
    say(f"{thousands(people)} people, seed {seed}, wave {wave} -> {out} ({seconds:.1f} s)")
    say(f"next: cdp load-sample --from {out}")


@app.command("load-sample", epilog=examples("cdp load-sample --from /tmp/sample --target dev"))
def load(
    *,
    sample_dir: FromOption = None,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Load a sample's raw tables into the warehouse, as connectors would have landed them.

    Only the schemas raw_<source> of the sample are made anew; nothing else is touched.
    """
    from warehouse_cdp.warehouse.sample_loading import (  # noqa: PLC0415 - pandas costs a second
        load_sample_into,
    )

    chosen = load_any_target(project_dir, target)
    folder = sample_dir or project_dir / COMMITTED_SAMPLE
    facts = sample_facts(folder)
    started = time.monotonic()
    with progress("load") as show:
        counts = load_sample_into(folder, chosen, show)
    seconds = time.monotonic() - started
    as_of = str(facts["as_of"])
    if as_json:
        say_json({"warehouse": chosen.place, "as_of": as_of, "rows_by_table": counts})
        return
    for line in columns([(f"raw_{table}", thousands(rows)) for table, rows in counts.items()]):
        say(line.replace("/", ".", 1))
    say(
        f"{len(counts)} tables, {thousands(sum(counts.values()))} rows -> {chosen.place} "
        f"({seconds:.1f} s)"
    )
    say(f"the sample ends at {as_of}; next:")
    say(f"  dbt build --target {chosen.name} --vars 'as_of: {as_of[:19]}'")


def sample_facts(folder: Path) -> dict[str, Any]:
    """Return what a sample says about itself.

    Raises:
        InputDataError: the folder holds no sample.
    """
    path = folder / "sample.json"
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        str(facts["as_of"])
    except (OSError, ValueError, KeyError, TypeError):
        message = (
            f"{folder} holds no sample (sample.json): write one with `cdp sample --out {folder}`"
        )
        raise InputDataError(message) from None
    return dict(facts)

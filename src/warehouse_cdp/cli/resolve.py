"""``cdp resolve``."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warehouse_cdp.cli.console import columns, progress, say, say_json, thousands
from warehouse_cdp.cli.frame import JsonOption, app, examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warehouse_cdp.matching.evaluate import Agreement
    from warehouse_cdp.resolve.run import ResolveOutcome, ResolveRequest

_PERCENT = 100
FilesArgument = Annotated[
    # What cannot be read is told as an unreadable file, with its exit code, like any other.
    list[Path],
    typer.Argument(metavar="FILE...", readable=False, help="CSV or Parquet, taken together."),
]
OutputOption = Annotated[
    Path,
    typer.Option(
        "--output", "-o", metavar="OUT", help="Where record_id, customer_id go: .csv or .parquet."
    ),
]
LinksOption = Annotated[
    Path | None,
    typer.Option(
        metavar="LINKS", help="Where linked pairs and their evidence go: .csv or .parquet."
    ),
]


@app.command(
    epilog=examples(
        "cdp resolve people.csv --output customers.csv",
        "cdp resolve crm.csv shop.parquet --map given_name=first_name,birth_date=dob \\",
        "    --output customers.parquet --links links.csv",
    ),
)
def resolve(  # noqa: PLR0913 - the options of a command
    files: FilesArgument,
    *,
    output: OutputOption,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="STANDARD=COLUMN,...",
            help="Columns that have another name in the files. May be repeated.",
        ),
    ] = None,
    links: LinksOption = None,
    truth: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Who a record really is: not compared, but measured against."
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            metavar="P", help="Match probability from which two records are linked, 0 to 1."
        ),
    ] = None,
    once: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE",
            help="A source that is known to hold each person once. May be repeated.",
        ),
    ] = None,
    must_link: Annotated[
        Path | None,
        typer.Option(metavar="PAIRS", help="Pairs that are one person's: .csv or .parquet."),
    ] = None,
    cannot_link: Annotated[
        Path | None,
        typer.Option(metavar="PAIRS", help="Pairs that are two people's: .csv or .parquet."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find out who is who in files of person records, without a warehouse.

    Every row gets a customer_id; rows of one person get the same. Columns are known by their
    standard names (record_id, source, full_name, given_name, family_name, birth_date, email,
    phone, address_line, city, postal_code, national_id and more) or by --map; any of them will
    do, others are ignored and named. What counts as evidence, and how much, is learnt from the
    records. --must-link and --cannot-link name files of left_record_id, right_record_id, which
    outrank the evidence. Everything stays on this machine.
    """
    from warehouse_cdp.matching.pipeline import (  # noqa: PLC0415 - the matcher costs a second
        MatchOptions,
    )
    from warehouse_cdp.matching.pipeline import resolve as match  # noqa: PLC0415
    from warehouse_cdp.resolve.memory import keep_freed_memory  # noqa: PLC0415
    from warehouse_cdp.resolve.names import parse_map  # noqa: PLC0415
    from warehouse_cdp.resolve.nicknames import nicknames  # noqa: PLC0415
    from warehouse_cdp.resolve.run import ResolveRequest, resolve_files  # noqa: PLC0415
    from warehouse_cdp.resolve.told import pairs_of, read_told  # noqa: PLC0415

    started = time.monotonic()
    keep_freed_memory()
    threads = os.cpu_count() or 1
    must, cannot = (
        None if path is None else read_told(path, option)
        for path, option in ((must_link, "--must-link"), (cannot_link, "--cannot-link"))
    )
    options = MatchOptions(
        threads=threads,
        nicknames=nicknames(),
        deduplicated=once or (),
        must_links=pairs_of(must),
        cannot_links=pairs_of(cannot),
    )
    if threshold is not None:
        options = replace(options, threshold=threshold)
    mapped = parse_map(mapping or [])
    request = ResolveRequest(tuple(files), output, links, mapped, truth, must, cannot)
    with progress("resolve") as show:
        outcome = resolve_files(
            request,
            partial(match, options=options),
            lambda what, share: show(what, round(share * _PERCENT), _PERCENT),
        )
    seconds = time.monotonic() - started
    if as_json:
        say_json(as_dictionary(request, outcome, seconds))
        return
    for line in summary_lines(request, outcome, seconds):
        say(line)


def as_dictionary(
    request: ResolveRequest, outcome: ResolveOutcome, seconds: float
) -> dict[str, Any]:
    """Return the outcome as JSON: what the screen shows, and every row of the report."""
    quality = None
    if outcome.agreement is not None:
        quality = asdict(outcome.agreement) | {
            "truth": request.truth,
            "records_without_truth": outcome.records_without_truth,
        }
    return {
        "output": str(request.output),
        "links": None if request.links is None else str(request.links),
        "records": outcome.records,
        "customers": outcome.customers,
        "customers_by_size": outcome.customers_by_size,
        "largest_customer": outcome.largest,
        "link_count": outcome.link_count,
        "files": [
            {
                "path": file.path,
                "rows": file.rows,
                "used": dict(file.used),
                "ignored": list(file.ignored),
                "proposed": {standard: name for name, standard in file.proposed},
                "encoding": file.encoding,
            }
            for file in outcome.files
        ],
        "report": outcome.report.to_dict("records"),
        "quality": quality,
        "seconds": round(seconds, 3),
    }


def summary_lines(
    request: ResolveRequest, outcome: ResolveOutcome, seconds: float
) -> Iterator[str]:
    """Yield what a person wants to know: what was read, what was found, how right it is."""
    yield from _file_lines(outcome)
    yield ""
    yield (
        f"{counted(outcome.records, 'record')} -> {counted(outcome.customers, 'customer')} "
        f"({counted(outcome.link_count, 'link')}, {seconds:.1f} s)"
    )
    yield from columns(
        [
            (f"of {size} {'record' if size == '1' else 'records'}", thousands(count))
            for size, count in outcome.customers_by_size.items()
        ]
    )
    if str(outcome.largest) not in outcome.customers_by_size:
        yield f"  the largest has {counted(outcome.largest, 'record')}"
    notes = list(_notes(outcome))
    if notes:
        yield "worth knowing:"
        yield from columns(notes)
    if outcome.agreement is not None:
        yield from _quality_lines(request.truth or "", outcome.agreement, outcome)
    elif request.truth:
        yield f"against {request.truth}: it has no value in any record, so nothing was measured"
    yield f"wrote {request.output}" + (f" and {request.links}" if request.links else "")


def _file_lines(outcome: ResolveOutcome) -> Iterator[str]:
    said: tuple[str, str] | None = None
    for file in outcome.files:
        encoding = "" if file.encoding in {None, "utf-8"} else f" (read as {file.encoding})"
        yield f"{file.path}: {counted(file.rows, 'row')}{encoding}"
        used = ", ".join(
            standard if standard == name else f"{standard} ({name})"
            for standard, name in file.used.items()
        )
        guesses = dict(file.proposed)
        ignored = ", ".join(
            f"{name} (perhaps {guesses[name]})" if name in guesses else name or "(no name)"
            for name in file.ignored
        )
        if (used, ignored) == said:
            yield "  columns as above"
            continue
        said = (used, ignored)
        yield f"  uses     {used}"
        if ignored:
            yield f"  ignores  {ignored}"
        if file.proposed:
            hint = ",".join(f"{standard}={name}" for name, standard in file.proposed)
            yield f"  to use what it ignores: --map {hint}"


def _notes(outcome: ResolveOutcome) -> Iterator[tuple[str, ...]]:
    """Rows of the report that say what was left out, and how it was trained."""
    for row in outcome.report.to_dict("records"):
        step, what, reason = str(row["step"]), str(row["what"]), str(row["reason"])
        count = int(row["count"])
        if step == "columns" and reason.startswith("left out"):
            yield what, reason
        elif step == "block" and what.endswith("left out"):
            yield f"pairs by {what}", f"{thousands(count)}: {reason}"
        elif step == "cluster" and what == "components too large":
            yield what, f"{thousands(count)}: {reason}"
        elif step == "train" and what == "candidate pairs" and reason != "trained":
            yield "weights not learnt", reason
        elif step == "columns" and what.endswith("values of nobody"):
            yield what, f"{thousands(count)}: {reason}"
        elif step == "source" and not reason.endswith("no effect"):
            yield f"source {what}", reason


def _quality_lines(truth: str, found: Agreement, outcome: ResolveOutcome) -> Iterator[str]:
    without = outcome.records_without_truth
    known = f"{counted(found.records, 'record')}"
    if without:
        known += f"; {thousands(without)} without it count on no side"
    yield f"against {truth} ({known}):"
    pairs = f"{thousands(found.predicted_pairs)} pairs found, {thousands(found.true_pairs)} true"
    whole = f"{thousands(found.correct_clusters)} of {thousands(found.true_clusters)} people whole"
    rows: list[tuple[str, ...]] = [("", "precision", "recall", "F1", "")]
    for name, measure, of_what in (
        ("pairwise", found.pairwise, pairs),
        ("B-cubed", found.bcubed, "averaged over records"),
        ("cluster", found.cluster, whole),
    ):
        parts = (measure.precision, measure.recall, measure.f1)
        rows.append((name, *(f"{part:.4f}" for part in parts), of_what))
    yield from columns(rows)


def counted(count: int, what: str) -> str:
    """Return a count with its noun: ``1 record``, ``2,000 records``."""
    return f"{thousands(count)} {what}" + ("" if count == 1 else "s")

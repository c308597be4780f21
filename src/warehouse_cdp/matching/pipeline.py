"""``resolve``: from records in standard columns to one id per customer, with the evidence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.matching.columns import SOURCE, find_columns, record_ids
from warehouse_cdp.matching.decide import Decision, Told, decide, positions_of
from warehouse_cdp.matching.encode import Records, collapse, encode_column
from warehouse_cdp.matching.groups import equal_rows, load
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.parallel import each
from warehouse_cdp.matching.results import (
    DUPLICATE,
    FoundLinks,
    Resolution,
    customer_ids,
    no_links,
    row_labels,
)
from warehouse_cdp.matching.shared_values import MOST_NAMES, without_shared_values
from warehouse_cdp.matching.silence import Silence
from warehouse_cdp.matching.sources import findings, source_codes
from warehouse_cdp.matching.train import model_rows
from warehouse_cdp.matching.weighing import Evidence, gather

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from warehouse_cdp.matching.block import Pairs
    from warehouse_cdp.matching.columns import FoundColumns
    from warehouse_cdp.matching.encode import Encoded

__all__ = ["DUPLICATE", "MatchOptions", "Resolution", "prepare", "resolve"]

Positions = npt.NDArray[np.int32]


class Report:
    """What was done, row by row: ``step, what, count, reason``."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, int, str]] = []

    def add(self, step: str, what: str, count: int, reason: str = "") -> None:
        """Add a row."""
        self._rows.append((step, what, count, reason))

    def frame(self) -> pd.DataFrame:
        """All rows."""
        return pd.DataFrame(self._rows, columns=["step", "what", "count", "reason"]).astype(
            {"count": "int64"}
        )


@dataclass(frozen=True)
class Prepared:
    """Records in the order of their ids, encoded; what is known of their sources.

    ``order`` are the positions of the input's rows by id, ``ids`` the ids so ordered; ``records``
    is None where no column tells anything. ``sources`` are names and each row's (-1: none).
    """

    ids: pa.Array
    order: npt.NDArray[np.int64]
    records: Records | None
    sources: tuple[tuple[str, ...], npt.NDArray[np.int64]] | None
    told_rows: tuple[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], ...]


def resolve(
    records: pd.DataFrame,
    options: MatchOptions | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Resolution:
    """Find out which records are one person's.

    ``records`` has standard columns (``columns.STANDARD_COLUMNS``, any of them) and a unique
    ``record_id``. ``progress`` is told each step's name and the share of work done before it.
    The result does not depend on the order of rows.

    Raises:
        InputDataError: no record_id, an unknown or repeated one, or a column named twice; an
            instruction on a record that is not there, or instructions that contradict each other.
        ConfigurationError: a source that is said to be deduplicated is not there.
    """
    options = options or MatchOptions()
    tell = progress or (lambda _step, _share: None)
    report = Report()
    tell("reading columns", 0.0)
    rows = prepare(records, options, report)
    if rows.records is None:
        return _resolution_of_nothing(rows, report, records.index)
    evidence = gather(rows.records, rows.sources, options, tell)
    _report_evidence(report, evidence, options)
    tell("clustering", 0.9)
    linked = evidence.links(options.threshold)
    decision = decide(
        rows.records.count,
        evidence.pairs.left[linked],
        evidence.pairs.right[linked],
        evidence.weights[linked],
        evidence.weigh,
        _told(rows, options),
        evidence.weigh.sources,
        cut=options.cut,
        largest=options.largest_cluster,
        known=(evidence.pairs.left, evidence.pairs.right, evidence.weights),
        count_as=Silence(rows.records, evidence.weigh.settled.model, options.threshold),
    )
    _report_decision(report, decision, options)
    tell("writing", 0.95)
    labels, sure = row_labels(rows.records, evidence.is_sure, decision.labels)
    links = FoundLinks(evidence, linked[decision.kept], decision.labels, sure, rows.ids)
    report.add("cluster", "rows linked as duplicates", len(sure), DUPLICATE)
    found = Resolution(
        customer_ids(labels, rows.ids, rows.order, records.index),
        report.frame(),
        pd.DataFrame(model_rows(evidence.weigh.settled.model)),
        len(links),
        links.table,
    )
    tell("done", 1.0)
    return found


def prepare(records: pd.DataFrame, options: MatchOptions, report: Report | None = None) -> Prepared:
    """Read the columns of records, leave out what identifies nobody, and collapse equal rows."""
    report = report or Report()
    ids, order = record_ids(records)
    with ThreadPoolExecutor(1) as pool:
        # Compiled code takes half a second to load, in which Arrow reads the columns.
        pool.submit(load)
        found = find_columns(records, options.threads)
    _report_columns(report, found, len(records))
    moved = order if bool((order[1:] < order[:-1]).any()) else None
    encoded = each(
        lambda column: encode_column(column, moved),
        found.used,
        options.threads,
        cost=lambda column: column.distinct,
    )
    used, shared = without_shared_values(encoded)
    for column in shared:
        reason = f"more than {MOST_NAMES[column.column]} unlike names share each: on no record now"
        what = f"{column.column}: values of nobody"
        report.add("columns", what, column.values, f"{reason} ({column.rows:,} rows)")
    sources = None
    if SOURCE in records:
        named = records[SOURCE].iloc[order]
        sources = source_codes(
            named.astype(object).where(named.notna(), None).to_numpy(dtype=object)
        )
    unknown = sorted(set(options.deduplicated) - set(sources[0] if sources else ()))
    if unknown:
        valid = ", ".join(sources[0]) if sources else "none: the records have no column source"
        names = ", ".join(unknown)
        msg = f"deduplicated (--once) names {names}, which is no source (sources are {valid})"
        raise ConfigurationError(msg)
    told = (
        positions_of(options.must_links, ids, "must_links"),
        positions_of(options.cannot_links, ids, "cannot_links"),
    )
    collapsed = _collapsed(used, sources, told, options) if used else None
    if collapsed is not None:
        reason = "rows equal in every column are one"
        report.add("encode", "different records", collapsed.count, reason)
    return Prepared(ids, order, collapsed, sources, told)


def _collapsed(
    columns: Sequence[Encoded],
    sources: tuple[tuple[str, ...], npt.NDArray[np.int64]] | None,
    told: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]],
    options: MatchOptions,
) -> Records:
    """Equal rows as one record, but for rows that something was told of."""
    apart = np.zeros(len(columns[0].codes), dtype=np.int32)
    if sources is not None and options.deduplicated:
        names, codes = sources
        once = np.isin(codes, [names.index(name) for name in options.deduplicated])
        equal = pd.DataFrame({"row": equal_rows([c.codes for c in columns])[0], "source": codes})
        apart[once] = equal[once].groupby(["row", "source"]).cumcount().to_numpy()
    named = np.unique(np.concatenate([rows for pair in told for rows in pair]))
    apart[named] = int(apart.max(initial=0)) + 1 + np.arange(len(named))
    return collapse(columns, [apart] if apart.any() else [])


def _told(rows: Prepared, options: MatchOptions) -> Told:
    assert rows.records is not None  # noqa: S101 - asked before
    record = rows.records.row_record.astype(np.int32)
    (must_left, must_right), (cannot_left, cannot_right) = rows.told_rows
    bits = 0
    if rows.sources is not None:
        for name in options.deduplicated:
            bits |= 1 << rows.sources[0].index(name)
    return Told(
        (record[must_left], record[must_right]),
        (record[cannot_left], record[cannot_right]),
        bits,
    )


def _resolution_of_nothing(rows: Prepared, report: Report, index: pd.Index) -> Resolution:
    """Where no column tells anything each row is alone."""
    labels = np.arange(len(rows.ids))
    return Resolution(
        customer_ids(labels, rows.ids, rows.order, index),
        report.frame(),
        pd.DataFrame(model_rows_of_nothing()),
        0,
        no_links,
    )


def model_rows_of_nothing() -> dict[str, list[object]]:
    """The columns of a model without rows."""
    return {name: [] for name in ("comparison", "level", "m", "u", "weight")}


def _report_columns(report: Report, found: FoundColumns, rows: int) -> None:
    report.add("columns", "rows", rows)
    for column in found.used:
        reason = f"{column.filled:.1%} filled, compared as {column.kind}"
        report.add("columns", column.name, column.distinct, reason)
    for name, reason in found.left_out:
        report.add("columns", name, 0, f"left out: {reason}")
    for name in found.unknown:
        report.add("columns", name, 0, "ignored: not a standard column")


def _report_pairs(report: Report, pairs: Pairs) -> None:
    for count in pairs.counts:
        if count.expected_matches is not None:
            reason = f"not used: would add some {count.expected_matches} likely matches"
            report.add("block", count.rule, 0, reason)
            continue
        split = f"large blocks split by {' and '.join(count.split_by)}" if count.split_by else ""
        report.add("block", count.rule, count.pairs, split)
        if count.unlikely_pairs:
            reason = "they share next to nothing beside the rule's keys"
            report.add("block", f"{count.rule}: not compared", count.unlikely_pairs, reason)
        if count.left_out_pairs:
            blocks = "block" if count.left_out_blocks == 1 else "blocks"
            reason = f"{count.left_out_blocks:,} {blocks} too large for the rule's budget"
            report.add("block", f"{count.rule}: left out", count.left_out_pairs, reason)


def _report_evidence(report: Report, evidence: Evidence, options: MatchOptions) -> None:
    _report_pairs(report, evidence.pairs)
    settled = evidence.weigh.settled
    report.add("train", "candidate pairs", len(evidence.pairs.left), settled.model.reason)
    for what, count, reason in settled.findings:
        report.add("train", what, count, reason)
    if evidence.weigh.sources is not None:
        findings(evidence.weigh.sources, frozenset(options.deduplicated), report.add)
    reason = f"match probability from {options.threshold} on"
    if options.classifier is not None:
        reason += f" by {type(options.classifier).__name__}"
    report.add("score", "links", len(evidence.links(options.threshold)), reason)


def _report_decision(report: Report, decision: Decision, options: MatchOptions) -> None:
    refused = int((~decision.kept).sum())
    if refused:
        reason = "between records that were told to be two people's"
        report.add("decide", "links refused", refused, reason)
    report.add("cluster", "components", decision.components)
    if decision.too_large:
        reason = (
            f"more than {options.largest_cluster} records: taken apart along their "
            f"{decision.cut_links:,} weakest links"
        )
        report.add("cluster", "components too large", decision.too_large, reason)
    clusters = int(decision.labels.max(initial=-1)) + 1
    report.add("cluster", "clusters", clusters, "after cutting weak components")

"""``resolve``: from records in standard columns to one id per customer, with the evidence."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.matching.columns import SOURCE, find_columns, record_ids
from warehouse_cdp.matching.decide import Decision, Told, decide, positions_of
from warehouse_cdp.matching.encode import Records, collapse, combine, encode_column
from warehouse_cdp.matching.levels import LEVEL_NAMES
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.score import match_weights, probability
from warehouse_cdp.matching.shared_values import MOST_NAMES, without_shared_values
from warehouse_cdp.matching.sources import findings, source_codes
from warehouse_cdp.matching.train import model_rows
from warehouse_cdp.matching.weighing import Evidence, gather

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from warehouse_cdp.matching.block import Pairs
    from warehouse_cdp.matching.columns import FoundColumns
    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Encoded

__all__ = ["DUPLICATE", "MatchOptions", "Resolution", "prepare", "resolve"]

Positions = npt.NDArray[np.int32]

DUPLICATE: Final = "equal in every column"


@dataclass(frozen=True)
class Resolution:
    """What ``resolve`` found.

    Attributes:
        customer_id: one id per input row, aligned with the input's index.
        links: left_record_id, right_record_id, match_weight, match_probability, a column per
            comparison with its level's name, blocking_rule, and whether both are one_customer's
            in the end (else the component was cut between them).
        report: step, what, count, reason.
        model: comparison, level, m, u, weight.
    """

    customer_id: pd.Series
    links: pd.DataFrame
    report: pd.DataFrame
    model: pd.DataFrame


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

    ids: npt.NDArray[np.object_]
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
    )
    _report_decision(report, decision, options)
    tell("writing", 0.95)
    row_labels, sure = _rows(rows.records, evidence.is_sure, decision.labels)
    links = _links(evidence, linked[decision.kept], decision.labels, rows.ids)
    duplicates = _duplicates(evidence, sure, rows.ids)
    report.add("cluster", "rows linked as duplicates", len(duplicates), DUPLICATE)
    tell("done", 1.0)
    return Resolution(
        _customer_ids(row_labels, rows.ids, rows.order, records.index),
        pd.concat([links, duplicates], ignore_index=True) if len(duplicates) else links,
        report.frame(),
        pd.DataFrame(model_rows(evidence.weigh.settled.model)),
    )


def prepare(records: pd.DataFrame, options: MatchOptions, report: Report | None = None) -> Prepared:
    """Read the columns of records, leave out what identifies nobody, and collapse equal rows."""
    report = report or Report()
    ids, order = record_ids(records)
    found = find_columns(records, options.threads)
    _report_columns(report, found, len(records))
    with ThreadPoolExecutor(options.threads) as pool:
        encoded = list(pool.map(lambda column: encode_column(column, order), found.used))
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
        msg = f"deduplicated names {', '.join(unknown)}, which is no source (sources are {valid})"
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
        equal = pd.DataFrame({"row": combine([c.codes for c in columns]), "source": codes})
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
        _customer_ids(labels, rows.ids, rows.order, index),
        _no_links([]),
        report.frame(),
        pd.DataFrame(model_rows_of_nothing()),
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
        if count.expected_pairs is not None:
            reason = f"not used: would add some {count.expected_pairs} pairs to the other rules'"
            report.add("block", count.rule, 0, reason)
            continue
        split = f"large blocks split by {' and '.join(count.split_by)}" if count.split_by else ""
        report.add("block", count.rule, count.pairs, split)
        if count.unlikely_pairs:
            reason = "they share next to nothing beside the rule's keys"
            report.add("block", f"{count.rule}: not compared", count.unlikely_pairs, reason)
        if count.left_out_pairs:
            reason = f"{count.left_out_blocks} blocks too large for the rule's budget"
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


def _rows(
    records: Records, is_sure: npt.NDArray[np.bool_], labels: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Label of each row, and for each row whether it is a sure duplicate of its record's first."""
    rows = np.arange(len(records.row_record))
    further = records.first_row[records.row_record] != rows
    sure = further & is_sure[records.row_record]
    row_labels = labels[records.row_record]
    alone = further & ~sure
    row_labels[alone] = int(labels.max()) + 1 + np.arange(int(alone.sum()))
    return row_labels, sure


def _links(
    evidence: Evidence,
    linked: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    ids: npt.NDArray[np.object_],
) -> pd.DataFrame:
    records, pairs = evidence.records, evidence.pairs
    together = labels[pairs.left[linked]] == labels[pairs.right[linked]]
    left = records.first_row[pairs.left[linked]]
    right = records.first_row[pairs.right[linked]]
    rules = pa.array(pairs.rules, type=pa.string()).take(pa.array(pairs.rule[linked]))
    weights = evidence.weights[linked]
    found = _link_frame(records, evidence.levels[linked], weights, ids[left], ids[right], rules)
    return found.assign(one_customer=together)


def _duplicates(
    evidence: Evidence, sure: npt.NDArray[np.bool_], ids: npt.NDArray[np.object_]
) -> pd.DataFrame:
    records = evidence.records
    rows = np.flatnonzero(sure)
    here = records.row_record[rows].astype(np.int32)
    levels = evidence.weigh.comparer.levels(here, here)
    weights = match_weights(records, evidence.weigh.settled.model, here, here, levels)
    rules = pa.repeat(DUPLICATE, len(rows))
    found = _link_frame(records, levels, weights, ids[records.first_row[here]], ids[rows], rules)
    return found.assign(one_customer=True)


def _link_frame(
    records: Records,
    levels: Levels,
    weights: npt.NDArray[np.float64],
    left: npt.NDArray[np.object_],
    right: npt.NDArray[np.object_],
    rules: pa.Array,
) -> pd.DataFrame:
    columns: dict[str, object] = {
        "left_record_id": left,
        "right_record_id": right,
        "match_weight": weights,
        "match_probability": probability(weights),
    }
    for number, column in enumerate(records.columns):
        names = pa.array(["missing", *LEVEL_NAMES[column.kind]])
        columns[column.name] = _texts(names.take(pa.array(levels[:, number])))
    columns["blocking_rule"] = _texts(rules)
    return pd.DataFrame(columns)


def _texts(values: pa.Array) -> pd.arrays.ArrowExtensionArray:
    """Texts that pandas holds as they are: millions of Python strings would be copied twice."""
    return pd.arrays.ArrowExtensionArray(values.cast(pa.string()))


def _no_links(names: list[str]) -> pd.DataFrame:
    weights = {"match_weight": np.zeros(0), "match_probability": np.zeros(0)}
    texts = ["left_record_id", "right_record_id", *names, "blocking_rule"]
    frame = pd.DataFrame({name: np.zeros(0, dtype=object) for name in texts} | weights)
    ordered = frame[["left_record_id", "right_record_id", *weights, *names, "blocking_rule"]]
    return ordered.assign(one_customer=np.zeros(0, dtype=np.bool_))


def _customer_ids(
    labels: npt.NDArray[np.int64],
    ids: npt.NDArray[np.object_],
    order: npt.NDArray[np.int64],
    index: pd.Index,
) -> pd.Series:
    """Ids by the smallest record_id of each cluster; rows are in the order of their ids."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    names = np.array(
        ["cus_" + hashlib.sha256(str(ids[row]).encode()).hexdigest()[:20] for row in first],
        dtype=object,
    )
    aligned = np.empty(len(ids), dtype=object)
    aligned[order] = names[inverse.reshape(len(ids))]
    return pd.Series(aligned, index=index, name="customer_id")

"""``resolve``: from records in standard columns to one id per customer, with the evidence."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.errors import ConfigurationError, InputDataError
from warehouse_cdp.matching.block import Pairs, block
from warehouse_cdp.matching.cluster import components, refine
from warehouse_cdp.matching.columns import RECORD_ID, find_columns
from warehouse_cdp.matching.compare import Comparer, Levels
from warehouse_cdp.matching.encode import Records, collapse, encode_column
from warehouse_cdp.matching.levels import LEVEL_NAMES
from warehouse_cdp.matching.score import match_weights, probability, with_whole_names
from warehouse_cdp.matching.train import Model, model_rows, train

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warehouse_cdp.matching.columns import FoundColumns

Positions = npt.NDArray[np.int32]

DUPLICATE: Final = "equal in every column"
_IDENTIFIERS: Final = ("email", "national_id")
_PAIRS_AT_ONCE: Final = 1_000_000
_FEWEST_PAIRS_A_RULE: Final = 300_000


@dataclass(frozen=True)
class MatchOptions:
    """How to match; the defaults are meant to serve any file.

    Attributes:
        threshold: match probability from which two records are linked.
        cut: mean match weight (log2 odds) below which a cluster is taken apart.
        largest_cluster: records up to which a component is examined pair by pair.
        pairs_per_record: candidate pairs a blocking rule may make, per record of the file.
        nicknames: short given name to full one, both folded to plain lower-case letters.
        seed: of the random pairs that chance agreement is measured on.
        threads: on which texts are compared; the result does not depend on it.
    """

    threshold: float = 0.5
    cut: float = -2.0
    largest_cluster: int = 3_000
    pairs_per_record: float = 2.0
    nicknames: Mapping[str, str] = field(default_factory=dict)
    seed: int = 20_250_101
    threads: int = 2

    def __post_init__(self) -> None:
        """Refuse values out of range, all of them at once."""
        wrong = []
        if not 0.0 < self.threshold < 1.0:
            wrong.append(f"threshold is {self.threshold}: between 0 and 1 (both excluded)")
        if self.largest_cluster < 1:
            wrong.append(f"largest_cluster is {self.largest_cluster}: at least 1")
        if not self.pairs_per_record > 0:
            wrong.append(f"pairs_per_record is {self.pairs_per_record}: more than 0")
        if self.threads < 1:
            wrong.append(f"threads is {self.threads}: at least 1")
        if wrong:
            raise ConfigurationError("; ".join(wrong))


@dataclass(frozen=True)
class Resolution:
    """What ``resolve`` found.

    Attributes:
        customer_id: one id per input row, aligned with the input's index.
        links: left_record_id, right_record_id, match_weight, match_probability, a column per
            comparison with its level's name, blocking_rule.
        report: step, what, count, reason.
        model: comparison, level, m, u, weight.
    """

    customer_id: pd.Series
    links: pd.DataFrame
    report: pd.DataFrame
    model: pd.DataFrame


class _Report:
    def __init__(self) -> None:
        self._rows: list[tuple[str, str, int, str]] = []

    def add(self, step: str, what: str, count: int, reason: str = "") -> None:
        self._rows.append((step, what, count, reason))

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(self._rows, columns=["step", "what", "count", "reason"]).astype(
            {"count": "int64"}
        )


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
        InputDataError: no record_id, an unknown or repeated one, or a column named twice.
    """
    options = options or MatchOptions()
    tell = progress or (lambda _step, _share: None)
    report = _Report()
    record_ids = _record_ids(records)
    order = pc.sort_indices(pa.array(record_ids, type=pa.string())).to_numpy().astype(np.int64)
    ids = record_ids[order]
    tell("reading columns", 0.0)
    found = find_columns(records, options.threads)
    _report_columns(report, found, len(records))
    if not found.used:
        labels = np.arange(len(ids))
        return Resolution(
            _customer_ids(labels, ids, order, records.index),
            _no_links([]), report.frame(), pd.DataFrame(model_rows_of_nothing()),
        )  # fmt: skip
    with ThreadPoolExecutor(options.threads) as pool:
        columns = list(pool.map(lambda column: encode_column(column, order), found.used))
    unique = collapse(columns)
    report.add("encode", "different records", unique.count, "rows equal in every column are one")
    tell("blocking", 0.1)
    budget = max(_FEWEST_PAIRS_A_RULE, int(options.pairs_per_record * len(records)))
    pairs = block(unique, budget, threads=options.threads)
    _report_pairs(report, pairs)
    tell("comparing", 0.25)
    comparer = Comparer(unique, options.nicknames, options.threads)
    levels = _compare(comparer, pairs, tell)
    tell("training", 0.7)
    model = train(unique, pairs, levels, comparer, options.seed)
    model = with_whole_names(unique, model, pairs, levels)
    report.add("train", "candidate pairs", len(pairs.left), model.reason)
    tell("scoring", 0.8)
    weights = match_weights(unique, model, pairs.left, pairs.right, levels)
    linked = np.flatnonzero(probability(weights) >= options.threshold)
    report.add("score", "links", len(linked), f"match probability from {options.threshold} on")
    tell("clustering", 0.9)
    labels = components(unique.count, pairs.left[linked], pairs.right[linked])
    report.add("cluster", "components", int(labels.max()) + 1)

    def weigh(left: Positions, right: Positions) -> npt.NDArray[np.float64]:
        return match_weights(unique, model, left, right, comparer.levels(left, right))

    labels, too_large = refine(labels, weigh, options.cut, options.largest_cluster)
    report.add("cluster", "clusters", int(labels.max()) + 1, "after cutting weak components")
    if too_large:
        reason = f"more than {options.largest_cluster} records: left uncut"
        report.add("cluster", "components too large", too_large, reason)
    tell("writing", 0.95)
    row_labels, sure = _rows(unique, model, comparer, labels, options.threshold)
    links = _links(unique, pairs, levels, weights, linked, ids)
    duplicates = _duplicates(unique, model, comparer, sure, ids)
    report.add("cluster", "rows linked as duplicates", len(duplicates), DUPLICATE)
    tell("done", 1.0)
    return Resolution(
        _customer_ids(row_labels, ids, order, records.index),
        pd.concat([links, duplicates], ignore_index=True) if len(duplicates) else links,
        report.frame(),
        pd.DataFrame(model_rows(model)),
    )


def model_rows_of_nothing() -> dict[str, list[object]]:
    """The columns of a model without rows."""
    return {name: [] for name in ("comparison", "level", "m", "u", "weight")}


def _record_ids(records: pd.DataFrame) -> npt.NDArray[np.object_]:
    if RECORD_ID not in records.columns:
        msg = f"the records have no column {RECORD_ID}: it must name each record uniquely"
        raise InputDataError(msg)
    ids = records[RECORD_ID]
    if ids.isna().any():
        msg = f"{int(ids.isna().sum())} records have no {RECORD_ID}: each must have its own"
        raise InputDataError(msg)
    ids = ids.astype(str)
    repeated = int(ids.duplicated().sum())
    if repeated:
        msg = f"{repeated} records repeat another's {RECORD_ID}: each must have its own"
        raise InputDataError(msg)
    return ids.to_numpy(dtype=object)


def _report_columns(report: _Report, found: FoundColumns, rows: int) -> None:
    report.add("columns", "rows", rows)
    for column in found.used:
        reason = f"{column.filled:.1%} filled, compared as {column.kind}"
        report.add("columns", column.name, column.distinct, reason)
    for name, reason in found.left_out:
        report.add("columns", name, 0, f"left out: {reason}")
    for name in found.unknown:
        report.add("columns", name, 0, "ignored: not a standard column")


def _report_pairs(report: _Report, pairs: Pairs) -> None:
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


def _compare(comparer: Comparer, pairs: Pairs, tell: Callable[[str, float], None]) -> Levels:
    count = len(pairs.left)
    levels = np.empty((count, len(comparer.records.columns)), dtype=np.int8, order="F")
    for start in range(0, count, _PAIRS_AT_ONCE):
        here = slice(start, start + _PAIRS_AT_ONCE)
        levels[here] = comparer.levels(pairs.left[here], pairs.right[here])
        tell("comparing", 0.25 + 0.45 * min(1.0, (start + _PAIRS_AT_ONCE) / count))
    return levels


def _rows(
    records: Records,
    model: Model,
    comparer: Comparer,
    labels: npt.NDArray[np.int64],
    threshold: float,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Label of each row, and for each row whether it is a sure duplicate of its record's first.

    Rows that are equal in every column are one person's only if their agreement weighs enough:
    two rows that hold nothing but "Maria" are not. An e-mail or a national id is enough even where
    nothing was learnt: nothing in such rows speaks against it.
    """
    everyone = np.arange(records.count, dtype=np.int32)
    itself = match_weights(records, model, everyone, everyone, comparer.levels(everyone, everyone))
    is_sure = probability(itself) >= threshold
    for column in records.columns:
        if column.name in _IDENTIFIERS:
            is_sure |= column.codes >= 0
    rows = np.arange(len(records.row_record))
    further = records.first_row[records.row_record] != rows
    sure = further & is_sure[records.row_record]
    row_labels = labels[records.row_record]
    alone = further & ~sure
    row_labels[alone] = int(labels.max()) + 1 + np.arange(int(alone.sum()))
    return row_labels, sure


def _links(
    records: Records,
    pairs: Pairs,
    levels: Levels,
    weights: npt.NDArray[np.float64],
    linked: npt.NDArray[np.int64],
    ids: npt.NDArray[np.object_],
) -> pd.DataFrame:
    left = records.first_row[pairs.left[linked]]
    right = records.first_row[pairs.right[linked]]
    rules = pa.array(pairs.rules, type=pa.string()).take(pa.array(pairs.rule[linked]))
    return _link_frame(records, levels[linked], weights[linked], ids[left], ids[right], rules)


def _duplicates(
    records: Records,
    model: Model,
    comparer: Comparer,
    sure: npt.NDArray[np.bool_],
    ids: npt.NDArray[np.object_],
) -> pd.DataFrame:
    rows = np.flatnonzero(sure)
    here = records.row_record[rows].astype(np.int32)
    levels = comparer.levels(here, here)
    weights = match_weights(records, model, here, here, levels)
    rules = pa.repeat(DUPLICATE, len(rows))
    return _link_frame(records, levels, weights, ids[records.first_row[here]], ids[rows], rules)


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
    return frame[["left_record_id", "right_record_id", *weights, *names, "blocking_rule"]]


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

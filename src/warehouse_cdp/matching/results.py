"""What ``resolve`` hands back: ids of customers, and links, worked out when asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from warehouse_cdp.matching.groups import numbered
from warehouse_cdp.matching.levels import LEVEL_NAMES
from warehouse_cdp.matching.parallel import each
from warehouse_cdp.matching.score import match_weights, probability

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Records
    from warehouse_cdp.matching.weighing import Evidence

DUPLICATE: Final = "equal in every column"
_PREFIX: Final = b"cus_"
_HASHED: Final = 10
_DIGITS: Final = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


@dataclass(frozen=True)
class Resolution:
    """What ``resolve`` found.

    Attributes:
        customer_id: one id per input row, aligned with the input's index.
        report: step, what, count, reason.
        model: comparison, level, m, u, weight.
        link_count: number of ``links``.
    """

    customer_id: pd.Series
    report: pd.DataFrame
    model: pd.DataFrame
    link_count: int
    make_links: Callable[[], pd.DataFrame] = field(repr=False)

    @cached_property
    def links(self) -> pd.DataFrame:
        """Pairs that were linked, with their evidence; made when first asked for.

        left_record_id, right_record_id, match_weight, match_probability, a column per comparison
        with its level's name, blocking_rule, and whether both are one_customer's in the end (else
        the component was cut between them).
        """
        return self.make_links()


@dataclass(frozen=True)
class FoundLinks:
    """What the table of links is made of.

    ``linked`` are candidate pairs, ``labels`` the cluster of each record, ``sure`` the rows that
    are duplicates of their record's first one, ``ids`` those of the rows.
    """

    evidence: Evidence
    linked: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    sure: npt.NDArray[np.int64]
    ids: pa.Array

    def __len__(self) -> int:
        """Number of links."""
        return len(self.linked) + len(self.sure)

    def table(self) -> pd.DataFrame:
        """Links between records, then those of equal rows."""
        links = self._between_records()
        if not len(self.sure):
            return links
        return pd.concat([links, self._duplicates()], ignore_index=True)

    def _between_records(self) -> pd.DataFrame:
        records, pairs = self.evidence.records, self.evidence.pairs
        left, right = pairs.left[self.linked], pairs.right[self.linked]
        found = self._frame(
            self.evidence.levels[self.linked],
            self.evidence.weights[self.linked],
            (records.first_row[left], records.first_row[right]),
            pa.array(pairs.rules, type=pa.string()).take(pa.array(pairs.rule[self.linked])),
        )
        return found.assign(one_customer=self.labels[left] == self.labels[right])

    def _duplicates(self) -> pd.DataFrame:
        records = self.evidence.records
        here = records.row_record[self.sure].astype(np.int32)
        levels = self.evidence.weigh.comparer.levels(here, here)
        model = self.evidence.weigh.settled.model
        weights = match_weights(records, model, here, here, levels)
        rules = pa.repeat(DUPLICATE, len(here))
        found = self._frame(levels, weights, (records.first_row[here], self.sure), rules)
        return found.assign(one_customer=True)

    def _frame(
        self,
        levels: Levels,
        weights: npt.NDArray[np.float64],
        rows: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
        rules: pa.Array,
    ) -> pd.DataFrame:
        columns = self.evidence.records.columns
        texts = [(self.ids, row) for row in rows] + [
            (pa.array(["missing", *LEVEL_NAMES[column.kind]]), levels[:, number])
            for number, column in enumerate(columns)
        ]
        threads = self.evidence.weigh.options.threads
        left, right, *named = each(lambda text: text[0].take(pa.array(text[1])), texts, threads)
        return pd.DataFrame(
            {
                "left_record_id": _texts(left),
                "right_record_id": _texts(right),
                "match_weight": weights,
                "match_probability": probability(weights),
                **{column.name: _texts(text) for column, text in zip(columns, named, strict=True)},
                "blocking_rule": _texts(rules),
            }
        )


def _texts(values: pa.Array) -> pd.arrays.ArrowExtensionArray:
    """Texts that pandas holds as they are: millions of Python strings would be copied twice."""
    return pd.arrays.ArrowExtensionArray(values.cast(pa.string()))


def _names_of(hashes: bytes) -> pa.Array:
    """``cus_`` and the hexadecimal digits of each hash, as texts."""
    held = np.frombuffer(hashes, dtype=np.uint8).reshape(-1, _HASHED)
    signs = np.empty((len(held), len(_PREFIX) + 2 * _HASHED), dtype=np.uint8)
    signs[:, : len(_PREFIX)] = np.frombuffer(_PREFIX, dtype=np.uint8)
    signs[:, len(_PREFIX) :: 2] = _DIGITS[held >> 4]
    signs[:, len(_PREFIX) + 1 :: 2] = _DIGITS[held & 15]
    places = np.arange(len(held) + 1, dtype=np.int32) * signs.shape[1]
    return pa.StringArray.from_buffers(len(held), pa.py_buffer(places), pa.py_buffer(signs))


def no_links() -> pd.DataFrame:
    """The table of links without any."""
    weights = {"match_weight": np.zeros(0), "match_probability": np.zeros(0)}
    texts = ["left_record_id", "right_record_id", "blocking_rule"]
    frame = pd.DataFrame({name: np.zeros(0, dtype=object) for name in texts} | weights)
    ordered = frame[["left_record_id", "right_record_id", *weights, "blocking_rule"]]
    return ordered.assign(one_customer=np.zeros(0, dtype=np.bool_))


def row_labels(
    records: Records, is_sure: npt.NDArray[np.bool_], labels: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Label of each row, and the rows that surely duplicate their record's first."""
    if len(records.row_record) == records.count:
        return labels, np.zeros(0, dtype=np.int64)
    rows = np.arange(len(records.row_record))
    further = records.first_row[records.row_record] != rows
    sure = further & is_sure[records.row_record]
    found = labels[records.row_record]
    alone = further & ~sure
    found[alone] = int(labels.max()) + 1 + np.arange(int(alone.sum()))
    return found, np.flatnonzero(sure)


def customer_ids(
    labels: npt.NDArray[np.int64],
    ids: pa.Array,
    order: npt.NDArray[np.int64],
    index: pd.Index,
) -> pd.Series:
    """Ids by the smallest record_id of each cluster; rows are in the order of their ids."""
    numbers, first = numbered(labels)
    smallest = ids.take(pa.array(first)).cast(pa.binary()).to_pylist()
    names = _names_of(b"".join([sha256(name).digest()[:_HASHED] for name in smallest]))
    aligned = np.empty(len(ids), dtype=np.int32)
    aligned[order] = numbers
    return pd.Series(_texts(names.take(pa.array(aligned))), index=index, name="customer_id")

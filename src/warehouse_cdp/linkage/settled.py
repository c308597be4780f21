"""Matching ids to clusters only where something moved: what ``assign`` gives, from columns.

A cluster is *settled* when all its records hold one id and no other cluster has a record that
held it last: it keeps that id whatever becomes of the others, and gives no row of the log. A few
passes over integer codes tell which clusters are. Only the others, and records that are gone, are
matched one by one, with what the log says of them and of the ids they ever held.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage.assignment import Past, assigned, record_ages
from warehouse_cdp.linkage.clusters import component_labels
from warehouse_cdp.linkage.seen import one_chunk

if TYPE_CHECKING:
    import pandas as pd

Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_NONE = -1


class Log:
    """The log of assignments (``record_id, customer_id, run_number``), as codes.

    ``current`` and ``last`` are, by record, the customer that its newest row names and the newest
    that any row names; -1 where there is none.
    """

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows.combine_chunks()
        self.records, self.record = _encoded(self.rows["record_id"])
        self.customers, self.customer = _encoded(self.rows["customer_id"])
        self._run = self.rows["run_number"].to_numpy().astype(np.int64)
        order = np.argsort(self._run, kind="stable")
        self.current = self._newest(order)
        self.last = self._newest(order[self.customer[order] != _NONE])

    @cached_property
    def newest_run_number(self) -> int:
        """The run that wrote last, 0 before the first."""
        return int(self._run.max()) if len(self._run) else 0

    @cached_property
    def record_count(self) -> int:
        """How many records have a customer now."""
        return int((self.current != _NONE).sum())

    @cached_property
    def all_customers(self) -> set[str]:
        """Every id that was ever given."""
        return set(self.customers.to_pylist())

    def ages(self, customers: Flags) -> dict[str, int]:
        """Of some customers the order in which the log names them first."""
        rows = np.flatnonzero(_at(customers, self.customer))
        named = self.rows.take(pa.array(rows)).append_column("row", pa.array(rows))
        by_age = named.sort_by([("run_number", "ascending"), ("record_id", "ascending")])
        found: dict[str, int] = {}
        for place, customer in enumerate(by_age["customer_id"].to_pylist()):
            found.setdefault(customer, place)
        return found

    def _newest(self, order: Codes) -> Codes:
        found = np.full(len(self.records), _NONE, dtype=np.int64)
        found[self.record[order]] = self.customer[order]
        return found


def assign_changes(
    records: pa.Table, links: pa.Table, log: Log, run_id: str, recorded_at: pd.Timestamp | None
) -> pd.DataFrame:
    """The rows (``ASSIGNMENT_COLUMNS``) that ``assign`` would append for the clusters of links.

    ``records`` has ``record_id, created_at``, ``links`` the linked pairs (``left_record_id,
    right_record_id``).

    Raises:
        InputDataError: a link names a record that is not there, or a record is there twice.
    """
    records = records.combine_chunks()
    records = records.take(pc.sort_indices(records["record_id"]))
    ids = one_chunk(records["record_id"])
    if pc.count_distinct(ids).as_py() != len(ids):
        msg = "a record is there twice; each must be there once"
        raise InputDataError(msg)
    labels = _labels(ids, links)
    codes = _places(ids, log.records)
    is_open = _is_open(labels, _of(log.current, codes), _of(log.last, codes), len(log.customers))
    gone = log.current != _NONE
    gone[codes[codes != _NONE]] = False
    shown = records.filter(pa.array(is_open))
    members: dict[str, list[str]] = {}
    keys = ids.take(pa.array(labels[is_open])).to_pylist()
    for key, record in sorted(zip(keys, shown["record_id"].to_pylist(), strict=True)):
        members.setdefault(key, []).append(record)
    involved = gone.copy()
    involved[codes[is_open & (codes != _NONE)]] = True
    past = Past.of(log.rows.filter(pa.array(involved[log.record])).to_pandas())
    past.run_number = log.newest_run_number
    known = np.zeros(len(log.customers), dtype=np.bool_)
    known[_places(pa.array(past.age, type=pa.string()), log.customers)] = True
    past.age = log.ages(known)
    # Which of these ids a settled cluster has: nobody else gets one back.
    held = np.zeros(len(log.customers), dtype=np.bool_)
    held[_of(log.current, codes)[~is_open]] = True
    past.elsewhere = set(log.customers.filter(pa.array(held & known)).to_pylist())
    ages = record_ages(shown.to_pandas())
    return assigned(members, ages, past, lambda: log.all_customers, run_id, recorded_at)


def _is_open(labels: Codes, current: Codes, last: Codes, customers: int) -> Flags:
    """Of each record whether its cluster must be matched to an id."""
    count = len(labels)
    lowest, highest = np.full(count, customers), np.full(count, _NONE - 1)
    np.minimum.at(lowest, labels, current)
    np.maximum.at(highest, labels, current)
    held = last != _NONE
    first, final = np.full(customers, count), np.full(customers, _NONE)
    np.minimum.at(first, last[held], labels[held])
    np.maximum.at(final, last[held], labels[held])
    one_id = (lowest == highest) & (lowest != _NONE)
    one_cluster = _at(first == final, np.where(one_id, lowest, _NONE))
    is_settled: Flags = one_id & one_cluster
    return ~is_settled[labels]


def _labels(ids: pa.Array, links: pa.Table) -> Codes:
    ends = [_places(one_chunk(links[f"{side}_record_id"]), ids) for side in ("left", "right")]
    lost = int(((ends[0] == _NONE) | (ends[1] == _NONE)).sum())
    if lost:
        msg = (
            f"{lost} links name a record that is not there; "
            "records and links must come from one run"
        )
        raise InputDataError(msg)
    return component_labels(len(ids), *ends)


def _encoded(texts: pa.ChunkedArray) -> tuple[pa.Array, Codes]:
    encoded = one_chunk(texts).cast(pa.string()).dictionary_encode()
    codes = pc.fill_null(encoded.indices, _NONE).to_numpy(zero_copy_only=False)
    return encoded.dictionary, codes.astype(np.int64)


def _places(texts: pa.Array, among: pa.Array) -> Codes:
    found = pc.fill_null(pc.index_in(texts, value_set=among), _NONE)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def _of(values: Codes, places: Codes) -> Codes:
    """Values at some places, -1 where the place is -1."""
    return np.append(values, _NONE)[places]


def _at(flags: Flags, places: Codes) -> Flags:
    return np.asarray(np.append(flags, False)[places], dtype=np.bool_)

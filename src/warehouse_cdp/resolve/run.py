"""Resolving files from end to end: read, hand to a resolver, measure, write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from warehouse_cdp.matching.evaluate import agreement
from warehouse_cdp.resolve.outputs import check_outputs, write_outputs
from warehouse_cdp.resolve.records import read_records
from warehouse_cdp.resolve.told import check_told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from warehouse_cdp.matching.evaluate import Agreement
    from warehouse_cdp.resolve.records import FileReport
    from warehouse_cdp.resolve.told import ToldPairs

    Progress = Callable[[str, float], None]

_READING_SHARE = 0.1
_LARGE = 10


class Resolved(Protocol):
    """What a resolver finds; ``matching.pipeline.Resolution`` is one."""

    @property
    def customer_id(self) -> pd.Series:
        """The customer of each row of the records."""

    @property
    def links(self) -> pd.DataFrame:
        """Pairs of records with the evidence for their being one person."""

    @property
    def report(self) -> pd.DataFrame:
        """What was done: ``step, what, count, reason``."""


class Resolver(Protocol):
    """Finds out who is who in records of standard columns."""

    def __call__(self, records: pd.DataFrame, progress: Progress) -> Resolved:
        """Return the customers of ``records``, telling ``progress`` what and how far (0 to 1)."""


@dataclass(frozen=True)
class ResolveRequest:
    """What to resolve and where to write it.

    ``must_link`` and ``cannot_link`` are checked against the records; the resolver is to know them.
    """

    inputs: tuple[Path, ...]
    output: Path
    links: Path | None = None
    mapped: Mapping[str, str] = field(default_factory=dict)
    truth: str | None = None
    must_link: ToldPairs | None = None
    cannot_link: ToldPairs | None = None


@dataclass(frozen=True)
class ResolveOutcome:
    """What was found: counts, and how right it is where the truth of any record is known.

    ``customers_by_size`` counts customers by their number of records; the last key is ``10+``.
    """

    files: tuple[FileReport, ...]
    records: int
    customers: int
    customers_by_size: dict[str, int]
    largest: int
    link_count: int
    report: pd.DataFrame
    agreement: Agreement | None
    records_without_truth: int


def resolve_files(
    request: ResolveRequest, resolver: Resolver, progress: Progress
) -> ResolveOutcome:
    """Resolve files and write ``record_id, customer_id`` in the order of the input's rows.

    ``progress`` is told what is being done and how far all is, from 0 to 1.

    Raises:
        ConfigurationError: an option names a column or a place that is not there or cannot be.
        InputDataError: the files cannot be read or hold nothing to resolve.
        DestinationError: the results cannot be written.
    """
    outputs = {"--output": request.output}
    if request.links is not None:
        outputs["--links"] = request.links
    told = [pairs.path for pairs in (request.must_link, request.cannot_link) if pairs is not None]
    check_outputs(request.inputs, outputs, told)
    found = read_records(
        request.inputs,
        request.mapped,
        request.truth,
        lambda what, share: progress(what, share * _READING_SHARE),
    )
    check_told(request.must_link, request.cannot_link, pa.array(found.records["record_id"]))
    resolved = resolver(
        found.records,
        progress=lambda what, share: progress(what, _READING_SHARE + share * (1 - _READING_SHARE)),
    )
    customers, sizes = _labels(resolved.customer_id)
    progress("writing", 1.0)
    assigned = pa.table(
        {
            "record_id": pa.array(found.records["record_id"]).cast(pa.string()),
            "customer_id": pa.array(resolved.customer_id, pa.string()),
        }
    )
    tables = {request.output: assigned}
    if request.links is not None:
        links = pa.Table.from_pandas(resolved.links, preserve_index=False)
        tables[request.links] = links.replace_schema_metadata(None)
    write_outputs(tables)
    by_size = np.bincount(np.minimum(sizes, _LARGE))
    return ResolveOutcome(
        files=found.files,
        records=len(customers),
        customers=len(sizes),
        customers_by_size={
            f"{size}+" if size == _LARGE else str(size): int(count)
            for size, count in enumerate(by_size)
            if count
        },
        largest=int(sizes.max()),
        link_count=len(resolved.links),
        report=resolved.report,
        agreement=None
        if found.truth is None or not (found.truth >= 0).any()
        else agreement(customers, found.truth),
        records_without_truth=0 if found.truth is None else int(np.count_nonzero(found.truth < 0)),
    )


def _labels(customer_id: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Each record's customer as a number, and the number of records of each customer."""
    codes, _ = pd.factorize(customer_id)
    return codes, np.bincount(codes)

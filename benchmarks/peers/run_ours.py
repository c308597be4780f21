"""``warehouse_cdp.matching.resolve`` on a Parquet file: ``run_ours.py IN OUT``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from contestant import compete

from warehouse_cdp import __version__
from warehouse_cdp.matching.pipeline import resolve
from warehouse_cdp.resolve.memory import keep_freed_memory

if TYPE_CHECKING:
    from collections.abc import Callable


def match(source: str, target: str) -> Callable[[], dict[str, Any]]:
    """Resolve without configuration, with the memory settings of ``cdp resolve``."""
    keep_freed_memory()
    records = pq.read_table(source).to_pandas(
        types_mapper={pa.string(): pd.ArrowDtype(pa.string())}.get
    )
    found = resolve(records)
    table = {"record_id": pa.array(records["record_id"]), "cluster_id": pa.array(found.customer_id)}
    pq.write_table(pa.table(table), target)
    report = found.report
    pairs = int(report.loc[report["step"] == "train", "count"].sum())
    return lambda: {"pairs": pairs, "version": f"warehouse_cdp {__version__}"}


if __name__ == "__main__":
    compete(match)

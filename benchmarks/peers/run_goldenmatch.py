"""goldenmatch with zero configuration on a Parquet file: ``run_goldenmatch.py IN OUT``.

``dedupe_df`` without a configuration is its documented entry. It refuses to return what its own
health check calls red; ``confidence_required=False`` and ``allow_red_config=True`` take the
result all the same, as a user would who wants one. ``record_id`` is not matched on.
"""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import goldenmatch
import pyarrow as pa
import pyarrow.parquet as pq
from contestant import compete

if TYPE_CHECKING:
    from collections.abc import Callable


def match(source: str, target: str) -> Callable[[], dict[str, Any]]:
    """Deduplicate; records in no cluster stand alone."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    people = pq.read_table(source)
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        found = goldenmatch.dedupe_df(
            people, exclude_columns=["record_id"], confidence_required=False, allow_red_config=True
        )
    cluster = list(range(people.num_rows))
    for members in (entry["members"] for entry in found.clusters.values()):
        for member in members:
            cluster[int(member)] = min(members)
    table = {"record_id": people["record_id"], "cluster_id": pa.array(cluster)}
    pq.write_table(pa.table(table), target)
    pairs = len(found.scored_pairs)
    return lambda: {"pairs": pairs, "version": f"goldenmatch {goldenmatch.__version__}"}


if __name__ == "__main__":
    compete(match)

"""Plain recordlinkage on a Parquet file: ``run_recordlinkage.py IN OUT``.

As its documentation does it for FEBRL: exact blocks joined, string comparisons thresholded, exact
comparisons of codes, ``ECMClassifier`` on what is 0 or 1. Links become clusters by scipy.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import recordlinkage
from contestant import compete
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCKS = (
    ("national_id",),
    ("phone",),
    ("email",),
    ("given_name", "family_name"),
    ("given_name", "birth_date"),
    ("family_name", "birth_date"),
    ("postal_code", "birth_date"),
    ("address_line",),
)
STRINGS = ("given_name", "family_name", "address_line", "city", "email")
EXACT = ("birth_date", "postal_code", "region", "national_id", "phone")


def match(source: str, target: str) -> Callable[[], dict[str, Any]]:
    """Index, compare, classify and join."""
    warnings.simplefilter("ignore")
    people = pd.read_parquet(source)
    record_ids = people.pop("record_id")
    indexer = recordlinkage.Index()
    for block in BLOCKS:
        if set(block) <= set(people.columns):
            indexer.block(list(block))
    pairs = indexer.index(people)
    compare = recordlinkage.Compare()
    for column in STRINGS:
        if column in people.columns:
            compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
    for column in EXACT:
        if column in people.columns:
            compare.exact(column, column, label=column)
    features = compare.compute(pairs, people)
    linked = recordlinkage.ECMClassifier(binarize=0.5).fit_predict(features)
    left, right = (linked.get_level_values(side).to_numpy() for side in (0, 1))
    links = coo_array((np.ones(len(left)), (left, right)), shape=(len(people), len(people)))
    _, labels = connected_components(links, directed=False)
    table = {"record_id": pa.array(record_ids), "cluster_id": pa.array(labels)}
    pq.write_table(pa.table(table), target)
    version = f"recordlinkage {recordlinkage.__version__}"
    return lambda: {"pairs": len(pairs), "version": version}


if __name__ == "__main__":
    compete(match)

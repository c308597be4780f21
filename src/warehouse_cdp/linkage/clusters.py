"""Exact clusters: which records hang together through links. Order-free, any length of chain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from warehouse_cdp.errors import InputDataError

CLUSTER_COLUMNS = ("record_id", "cluster_key")


def component_labels(
    count: int, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """For each of ``count`` positions the smallest position of its connected component."""
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    number, labels = connected_components(graph, directed=False)
    smallest = np.full(number, count, dtype=np.int64)
    np.minimum.at(smallest, labels, np.arange(count))
    return np.asarray(smallest[labels], dtype=np.int64)


def cluster_records(record_ids: pd.Series, links: pd.DataFrame) -> pd.DataFrame:
    """One row a record (``CLUSTER_COLUMNS``); the key is the smallest ``record_id`` of a cluster.

    ``links`` has ``left_record_id`` and ``right_record_id``; where it has ``decision``, only rows
    that say ``linked`` count. Every record handed in comes back, alone if nothing links it.
    """
    index, left, right = linked_positions(record_ids, links)
    labels = component_labels(len(index), left, right)
    return pd.DataFrame(
        {"record_id": index.to_numpy(), "cluster_key": index.to_numpy()[labels]}, dtype=object
    )


def linked_positions(
    record_ids: pd.Series, links: pd.DataFrame
) -> tuple[pd.Index[str], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The record ids in order, and the place in it of both ends of each linked row of ``links``.

    Raises:
        InputDataError: a link names a record that is not there.
    """
    if "decision" in links.columns:
        links = links[links["decision"] == "linked"]
    index = pd.Index(np.sort(record_ids.astype(str).to_numpy(dtype=object)))
    left = index.get_indexer(pd.Index(links["left_record_id"]))
    right = index.get_indexer(pd.Index(links["right_record_id"]))
    if (left < 0).any() or (right < 0).any():
        msg = (
            f"{int(((left < 0) | (right < 0)).sum())} links name a record that is not there; "
            "records and links must come from one run"
        )
        raise InputDataError(msg)
    return index, left.astype(np.int64), right.astype(np.int64)

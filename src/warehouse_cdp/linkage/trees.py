"""The strongest links that hold each customer together: one path between any two records.

Of all links of a cluster a maximum spanning tree keeps those on the strongest paths: the path
between two records in it is one whose weakest link is as strong as can be, and so is every part of
it. A table of all pairs would grow with the square of a cluster; this one grows with the way from
each record to the root of its tree, from which two joins give the path between any two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from warehouse_cdp.linkage.clusters import component_labels, linked_positions

if TYPE_CHECKING:
    Positions = npt.NDArray[np.int64]

LINK_TREE_COLUMNS = (
    "record_id",
    "root_record_id",
    "left_record_id",
    "right_record_id",
    "rule",
    "match_weight",
    "step_number",
)
_NONE = -1


def link_trees(record_ids: pd.Series, links: pd.DataFrame) -> pd.DataFrame:
    """The way from each record to the root of its tree, a row a step (``LINK_TREE_COLUMNS``).

    A step leads from ``left_record_id`` over a link to ``right_record_id``; the first begins at
    the record, the last stands at the root and leads nowhere (``right_record_id``, ``rule`` and
    ``match_weight`` are null), so every record has a row. The root is the smallest ``record_id``
    of the cluster. ``links`` are those of ``link_records``; only linked ones count. Of equal links
    those of smaller record ids are taken; a link without a weight is certain. The order of rows
    changes nothing.

    Raises:
        InputDataError: a link names a record that is not there.
    """
    linked = links[links["decision"] == "linked"]
    index, left, right = linked_positions(record_ids, linked)
    weights = linked["match_weight"].to_numpy(dtype=np.float64)
    order = _strongest_first(left, right, weights)
    left, right = left[order], right[order]
    parent, parent_link = _parents(len(index), left, right)
    roots = component_labels(len(index), left, right)
    steps = _ways_up(parent)
    record, place = steps["record"].to_numpy(), steps["place"].to_numpy()
    ids = index.to_numpy(dtype=object)
    next_place, link = parent[place], parent_link[place]
    return pd.DataFrame(
        {
            "record_id": ids[record],
            "root_record_id": ids[roots[record]],
            "left_record_id": ids[place],
            "right_record_id": _picked(ids, next_place),
            "rule": _picked(linked["rule"].to_numpy(dtype=object)[order], link),
            "match_weight": _weights(weights[order], link),
            "step_number": steps["step_number"].to_numpy(),
        }
    )


def _strongest_first(
    left: Positions, right: Positions, weights: npt.NDArray[np.float64]
) -> Positions:
    """The order of links by falling weight, then by their records; of one pair the strongest.

    Ranks in this order are distinct, so the tree is the only one: no tie is left to an algorithm.
    """
    order = np.lexsort((right, left, -np.nan_to_num(weights, nan=np.inf)))
    pairs = pd.DataFrame({"left": left[order], "right": right[order]})
    return np.asarray(order[~pairs.duplicated().to_numpy()], dtype=np.int64)


def _parents(count: int, left: Positions, right: Positions) -> tuple[Positions, Positions]:
    """Of each record the next one towards its root and the link to it; -1 at a root."""
    ranks = np.arange(1, len(left) + 1, dtype=np.float64)
    graph = coo_matrix((ranks, (left, right)), shape=(count, count)).tocsr()
    tree = minimum_spanning_tree(graph).tocoo()
    # One more node above all roots: a single walk then reaches every tree.
    roots = np.unique(component_labels(count, left, right))
    ends = np.concatenate([tree.row, roots]), np.concatenate([tree.col, np.full(len(roots), count)])
    forest = coo_matrix((np.ones(len(ends[0])), ends), shape=(count + 1, count + 1)).tocsr()
    _, before = breadth_first_order(forest, count, directed=False)
    parent = before[:count].astype(np.int64)
    parent[parent == count] = _NONE
    parent_link = np.full(count, _NONE, dtype=np.int64)
    links = tree.data.astype(np.int64) - 1
    for one, other in ((tree.row, tree.col), (tree.col, tree.row)):
        is_child = parent[one] == other
        parent_link[one[is_child]] = links[is_child]
    return parent, parent_link


def _ways_up(parent: Positions) -> pd.DataFrame:
    """``record, place, step_number``: every place on the way from each record to its root."""
    record = np.arange(len(parent), dtype=np.int64)
    place, number = record, 1
    parts = []
    while len(record):
        parts.append((record, place, np.full(len(record), number, dtype=np.int64)))
        goes_on = parent[place] != _NONE
        record, place = record[goes_on], parent[place[goes_on]]
        number += 1
    names = ("record", "place", "step_number")
    columns = {
        name: np.concatenate([np.zeros(0, dtype=np.int64), *(part[at] for part in parts)])
        for at, name in enumerate(names)
    }
    return pd.DataFrame(columns).sort_values(["record", "step_number"], ignore_index=True)


def _picked(values: npt.NDArray[np.object_], place: Positions) -> npt.NDArray[np.object_]:
    found = np.full(len(place), None, dtype=object)
    found[place >= 0] = values[place[place >= 0]]
    return found


def _weights(values: npt.NDArray[np.float64], place: Positions) -> npt.NDArray[np.float64]:
    found = np.full(len(place), np.nan)
    found[place >= 0] = values[place[place >= 0]]
    return found

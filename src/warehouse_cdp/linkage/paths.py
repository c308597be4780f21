"""Why are two records one customer? The strongest chain of links between them."""

from __future__ import annotations

import heapq

import pandas as pd

from warehouse_cdp.errors import InputDataError

PATH_COLUMNS = (
    "step",
    "left_record_id",
    "right_record_id",
    "rule",
    "evidence",
    "match_weight",
    "is_weakest",
)


def explain(links: pd.DataFrame, left_record_id: str, right_record_id: str) -> pd.DataFrame:
    """The links from one record to another (``PATH_COLUMNS``), weakest link marked.

    Of all paths the one whose weakest link is strongest; among those the shortest, then the
    smallest record ids. ``links`` are those of ``link_records``; only linked ones count. Empty
    when both are one record; ``InputDataError`` when no path joins them.
    """
    linked = links[links["decision"] == "linked"]
    neighbours: dict[str, list[tuple[str, int]]] = {}
    for position, (one, other) in enumerate(
        zip(linked["left_record_id"], linked["right_record_id"], strict=True)
    ):
        neighbours.setdefault(one, []).append((other, position))
        neighbours.setdefault(other, []).append((one, position))
    weights = linked["match_weight"].astype(float).tolist()
    chosen = _widest_path(neighbours, weights, left_record_id, right_record_id)
    path = linked.iloc[chosen][["rule", "evidence", "match_weight"]].reset_index(drop=True)
    ends = [left_record_id]
    for position in chosen:
        row = linked.iloc[position]
        one, other = str(row["left_record_id"]), str(row["right_record_id"])
        ends.append(other if ends[-1] == one else one)
    path.insert(0, "right_record_id", ends[1:])
    path.insert(0, "left_record_id", ends[:-1])
    path.insert(0, "step", range(1, len(chosen) + 1))
    path["is_weakest"] = False
    if len(path):
        path.loc[path["match_weight"].idxmin(), "is_weakest"] = True
    return path[list(PATH_COLUMNS)]


def _widest_path(
    neighbours: dict[str, list[tuple[str, int]]], weights: list[float], start: str, goal: str
) -> list[int]:
    best: dict[str, tuple[float, int]] = {start: (float("-inf"), 0)}
    came: dict[str, tuple[str, int]] = {}
    queue: list[tuple[float, int, str]] = [(float("-inf"), 0, start)]
    done: set[str] = set()
    while queue:
        width, steps, record = heapq.heappop(queue)
        if record in done:
            continue
        done.add(record)
        if record == goal:
            path = []
            while record != start:
                record, position = came[record]
                path.append(position)
            return path[::-1]
        for other, position in sorted(neighbours.get(record, [])):
            # Widths are negated weights: the largest on a path is its weakest link.
            reached = (max(width, -weights[position]), steps + 1)
            if other not in done and (other not in best or reached < best[other]):
                best[other] = reached
                came[other] = (record, position)
                heapq.heappush(queue, (*reached, other))
    msg = (
        "no chain of links joins these two records: they are two customers (identity_links "
        "says whether a pair was rejected or cut, and by which guard)"
    )
    raise InputDataError(msg)


def weakest_links(links: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    """Per cluster of two or more records ``cluster_key, record_count, weakest_weight``.

    The weight of the weakest link that the cluster cannot do without (of its maximum spanning
    tree).
    """
    cluster_of = dict(zip(clusters["record_id"], clusters["cluster_key"], strict=True))
    linked = links[links["decision"] == "linked"].sort_values(
        ["match_weight", "left_record_id", "right_record_id"], ascending=[False, True, True]
    )
    parent: dict[str, str] = {}

    def find(record: str) -> str:
        while parent.setdefault(record, record) != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    weakest: dict[str, float] = {}
    for one, other, weight in zip(
        linked["left_record_id"], linked["right_record_id"], linked["match_weight"], strict=True
    ):
        first, second = find(one), find(other)
        if first != second:
            parent[first] = second
            weakest[cluster_of[one]] = float(weight)
    sizes = clusters.groupby("cluster_key").size()
    return pd.DataFrame(
        [(key, int(sizes[key]), weight) for key, weight in sorted(weakest.items())],
        columns=["cluster_key", "record_count", "weakest_weight"],
    )

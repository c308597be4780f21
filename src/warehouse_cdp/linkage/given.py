"""Edges that need no comparison to exist: overrides, source merges, identical records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from warehouse_cdp.linkage.deterministic import source_merges
from warehouse_cdp.linkage.scoring import weigh_edges

if TYPE_CHECKING:
    from warehouse_cdp.linkage.comparing import WorldComparer
    from warehouse_cdp.linkage.encoding import EncodedWorld
    from warehouse_cdp.linkage.overrides import ActiveOverrides
    from warehouse_cdp.matching.train import Model

Positions = npt.NDArray[Any]

MUST_LINK: Final = "override_must_link"


def given_edges(
    world: EncodedWorld, comparer: WorldComparer, model: Model, overrides: ActiveOverrides
) -> pd.DataFrame:
    """The given edges of a world, weighed as any other; of a pair the first reason counts."""
    index = world.records.index
    copies = np.flatnonzero(world.first_of != np.arange(len(index)))
    merges = source_merges(world.records)
    parts = [
        (
            index.get_indexer(pd.Index(frame["left_record_id"], dtype=object)),
            index.get_indexer(pd.Index(frame["right_record_id"], dtype=object)),
            rule,
        )
        for frame, rule in ((overrides.must_links, MUST_LINK), (merges, "source_merge"))
    ]
    parts.append((world.first_of[copies], copies, "identical_record"))
    left = np.concatenate([part[0] for part in parts]).astype(np.int64)
    right = np.concatenate([part[1] for part in parts]).astype(np.int64)
    rules = np.concatenate([np.full(len(part[0]), part[2], dtype=object) for part in parts])
    record = world.encoded.row_record.astype(np.int32)
    edges = weigh_edges(world, comparer, model, record[left], record[right])
    return edges.assign(left=left, right=right, rule=rules, card=False)


def with_given(given: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Given edges and others, each pair once: what is given goes before what was found."""
    both = pd.concat([given, edges], ignore_index=True)
    return both.drop_duplicates(["left", "right"], keep="first", ignore_index=True)


def count_without_edge(
    left: Positions, right: Positions, edges: tuple[Positions, Positions], size: int
) -> int:
    """How many of the pairs ``left, right``, each there once, are none of the ``edges``.

    All are positions below ``size``, in either order.
    """
    made, listed = (
        np.minimum(one, other).astype(np.int64) * size + np.maximum(one, other)
        for one, other in ((left, right), edges)
    )
    return len(left) - int(pd.Series(made).isin(listed).sum())

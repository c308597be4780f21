"""Candidate pairs compared and weighed in batches; only those that may matter are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from warehouse_cdp.linkage.comparing import FIELDS, agreement
from warehouse_cdp.linkage.deterministic import decide_pairs
from warehouse_cdp.matching.levels import exact_level
from warehouse_cdp.matching.score import match_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from warehouse_cdp.linkage.comparing import WorldComparer
    from warehouse_cdp.linkage.encoding import EncodedWorld
    from warehouse_cdp.matching.block import Pairs
    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.train import Model

Positions = npt.NDArray[np.int32]

PAIRS_AT_ONCE: Final = 1_000_000
LEVEL: Final = "level_"
"""Prefix of the columns of edges that hold the level of a comparison."""
_DECIDING: Final = ("email", "phone", "national_id")


def batches(pairs: Pairs) -> Iterator[slice]:
    """Slices of pairs that are compared at once."""
    for start in range(0, len(pairs.left), PAIRS_AT_ONCE):
        yield slice(start, start + PAIRS_AT_ONCE)


def all_levels(comparer: WorldComparer, pairs: Pairs) -> Levels:
    """Levels of all pairs (rows) in all columns."""
    columns = len(comparer.records.columns)
    levels = np.empty((len(pairs.left), columns), dtype=np.int8, order="F")
    for here in batches(pairs):
        levels[here] = comparer.levels(pairs.left[here], pairs.right[here])
    return levels


def score_candidates(
    world: EncodedWorld, comparer: WorldComparer, pairs: Pairs, model: Model, least: float
) -> pd.DataFrame:
    """Candidate pairs of distinct records that a rule links or that weigh ``least`` bits or more.

    ``left, right`` (positions in the world's records), agreement in ``FIELDS``, a level for each
    comparison (``level_*``), ``match_weight``, ``rule`` (None where the weight decides) and
    ``card`` (whether a loyalty card is shared).
    """
    kept = [_no_edges(world)]
    for here in batches(pairs):
        left, right = pairs.left[here], pairs.right[here]
        levels = comparer.levels(left, right)
        weights = match_weights(world.encoded, model, left, right, levels)
        wanted = (weights >= least) | _may_be_ruled(world, comparer, left, right, levels)
        where = np.flatnonzero(wanted)
        edges = weigh_edges(world, comparer, model, left[where], right[where])
        # A shared value alone decides nothing: without a rule the weight does.
        told = (edges["rule"].notna() | (edges["match_weight"] >= least)).to_numpy()
        kept.append(edges[told])
    return pd.concat(kept, ignore_index=True)


def weigh_edges(
    world: EncodedWorld, comparer: WorldComparer, model: Model, left: Positions, right: Positions
) -> pd.DataFrame:
    """Edges between distinct records, as in ``score_candidates``."""
    levels = comparer.levels(left, right)
    edges = agreement(world, left, right, levels)
    names = [column.name for column in world.encoded.columns]
    for number, name in enumerate(names):
        edges[LEVEL + name] = levels[:, number]
    edges["match_weight"] = match_weights(world.encoded, model, left, right, levels)
    edges["card"] = comparer.shares("loyalty_card", left, right)
    edges["left"], edges["right"] = world.distinct[left], world.distinct[right]
    edges["rule"] = decide_pairs(edges, world.records["given_name_key"].notna().to_numpy())
    return edges


def weigher(
    world: EncodedWorld, comparer: WorldComparer, model: Model
) -> Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], npt.NDArray[np.float64]]:
    """What gives the match weights of pairs of records by position: infinity for identical ones."""
    record = world.encoded.row_record.astype(np.int32)

    def weigh(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        one, other = (
            np.minimum(record[left], record[right]),
            np.maximum(record[left], record[right]),
        )
        found = np.full(len(left), np.inf)
        differ = np.flatnonzero(one != other)
        one, other = one[differ], other[differ]
        levels = comparer.levels(one, other)
        found[differ] = match_weights(world.encoded, model, one, other, levels)
        return found

    return weigh


def _no_edges(world: EncodedWorld) -> pd.DataFrame:
    names = [*FIELDS, *(LEVEL + column.name for column in world.encoded.columns)]
    empty = {name: np.zeros(0, dtype=np.int8) for name in names}
    return pd.DataFrame(
        {
            **empty,
            "match_weight": np.zeros(0),
            "card": np.zeros(0, dtype=np.bool_),
            "left": np.zeros(0, dtype=np.int64),
            "right": np.zeros(0, dtype=np.int64),
            "rule": np.zeros(0, dtype=object),
        }
    )


def _may_be_ruled(
    world: EncodedWorld,
    comparer: WorldComparer,
    left: Positions,
    right: Positions,
    levels: Levels,
) -> npt.NDArray[np.bool_]:
    found = comparer.shares("loyalty_card", left, right)
    for number, column in enumerate(world.encoded.columns):
        if column.name in _DECIDING:
            found |= levels[:, number] == exact_level(column.kind)
    return found

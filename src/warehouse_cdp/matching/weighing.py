"""From columns to weighed pairs: blocking, comparison, training, and what goes beyond columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.block import Pairs, block
from warehouse_cdp.matching.classify import classifier_weights
from warehouse_cdp.matching.compare import Comparer, Levels
from warehouse_cdp.matching.parallel import in_slices
from warehouse_cdp.matching.score import (
    match_weights,
    probability,
    with_columns_together,
    with_whole_names,
)
from warehouse_cdp.matching.settle import Settled, settle
from warehouse_cdp.matching.sources import Sources, learn_sources
from warehouse_cdp.matching.train import train

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse_cdp.matching.encode import Records
    from warehouse_cdp.matching.options import MatchOptions

Positions = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float64]

IDENTIFYING: Final = (("email",), ("national_id",), ("given_name", "family_name", "birth_date"))
"""Columns that identify a person together, where rows agree in everything."""
LEAST_EVIDENCE: Final = 1.0
"""Bits that must speak for a pair beyond the prior."""
_PAIRS_AT_ONCE: Final = 1_000_000
_FEWEST_PAIRS_A_RULE: Final = 300_000


@dataclass(frozen=True)
class Weigher:
    """Match weights of any pairs of records: the model's, or a classifier's, and the sources'."""

    records: Records
    comparer: Comparer
    settled: Settled
    options: MatchOptions
    sources: Sources | None = None

    def __call__(self, left: Positions, right: Positions) -> Weights:
        """Weights of pairs."""
        return self.of_levels(left, right, self.comparer.levels(left, right))

    def of_levels(self, left: Positions, right: Positions, levels: Levels) -> Weights:
        """Weights of pairs whose levels are known."""
        if self.options.classifier is not None:
            found = classifier_weights(
                self.options.classifier,
                levels,
                self.records.columns,
                self.options.classifier_columns,
            )
        else:
            found = match_weights(self.records, self.settled.model, left, right, levels)
        if self.sources is not None:
            found += self.sources.between(left, right)
        return found

    def of_themselves(self) -> npt.NDArray[np.bool_]:
        """Whether the rows of each record, equal in every column, are surely one person's.

        A single row is. Two rows that hold nothing but "Maria" are not. An e-mail, a national id,
        or whole name and birth date are enough even where nothing was learnt: nothing in such rows
        speaks against it.
        """
        several = np.flatnonzero(self.records.weights > 1).astype(np.int32)
        levels = self.comparer.levels(several, several)
        weights = match_weights(self.records, self.settled.model, several, several, levels)
        least = self.settled.model.prior_weight() + LEAST_EVIDENCE
        is_sure = (probability(weights) >= self.options.threshold) & (weights >= least)
        held = {column.name: column.codes[several] >= 0 for column in self.records.columns}
        for names in IDENTIFYING:
            if all(name in held for name in names):
                is_sure |= np.all([held[name] for name in names], axis=0)
        of_records = np.ones(self.records.count, dtype=np.bool_)
        of_records[several] = is_sure
        return of_records


@dataclass(frozen=True)
class Evidence:
    """Candidate pairs with their levels and match weights, and how any others are weighed."""

    records: Records
    pairs: Pairs
    levels: Levels
    weights: Weights
    weigh: Weigher
    is_sure: npt.NDArray[np.bool_]

    def links(self, threshold: float) -> npt.NDArray[np.int64]:
        """Candidate pairs of a match probability from ``threshold`` on.

        Something must speak for them: in a file of few records the prior alone may reach it.
        """
        least = self.weigh.settled.model.prior_weight() + LEAST_EVIDENCE
        return np.flatnonzero((probability(self.weights) >= threshold) & (self.weights >= least))


def gather(
    records: Records,
    sources: tuple[tuple[str, ...], npt.NDArray[np.int64]] | None,
    options: MatchOptions,
    tell: Callable[[str, float], None],
) -> Evidence:
    """Weigh the candidate pairs of ``records``.

    ``sources`` are the names of the sources and each row's; None where there are none.
    """
    tell("blocking", 0.1)
    rows = len(records.row_record)
    budget = max(_FEWEST_PAIRS_A_RULE, int(options.pairs_per_record * rows))
    pairs = block(records, budget, threads=options.threads)
    tell("comparing", 0.25)
    comparer = Comparer(records, options.nicknames, options.threads)
    levels = _compare(comparer, pairs, tell)
    tell("training", 0.7)
    model = train(records, pairs, levels, comparer, options.seed, threads=options.threads)
    settled = settle(model, levels, records)
    model = with_whole_names(records, settled.model, pairs, levels, options.threads)
    model = with_columns_together(records, model, pairs, levels, comparer, options.threads)
    settled = replace(settled, model=model)
    tell("scoring", 0.8)
    weigher = Weigher(records, comparer, settled, options)
    weights = _weigh(weigher, pairs, levels)
    is_sure = weigher.of_themselves()
    if sources is not None and len(sources[0]) > 1:
        learnt = learn_sources(*sources, records, pairs, weights, is_sure)
        weigher = Weigher(records, comparer, settled, options, learnt)
        weights = weights + learnt.between(pairs.left, pairs.right)
    return Evidence(records, pairs, levels, weights, weigher, is_sure)


def _compare(comparer: Comparer, pairs: Pairs, tell: Callable[[str, float], None]) -> Levels:
    count = len(pairs.left)
    levels = np.empty((count, len(comparer.records.columns)), dtype=np.int8, order="F")
    for start in range(0, count, _PAIRS_AT_ONCE):
        here = slice(start, start + _PAIRS_AT_ONCE)
        levels[here] = comparer.levels(pairs.left[here], pairs.right[here])
        tell("comparing", 0.25 + 0.45 * min(1.0, (start + _PAIRS_AT_ONCE) / count))
    return levels


def _weigh(weigher: Weigher, pairs: Pairs, levels: Levels) -> Weights:
    weights = np.empty(len(pairs.left))

    def weigh(here: slice) -> None:
        weights[here] = weigher.of_levels(pairs.left[here], pairs.right[here], levels[here])

    # A classifier may not be safe to be asked by several threads.
    threads = weigher.options.threads if weigher.options.classifier is None else 1
    in_slices(weigh, len(weights), threads)
    return weights

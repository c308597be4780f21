"""Pairs counted by their pattern of levels: what EM needs of millions of pairs is thousands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.groups import numbered
from warehouse_cdp.matching.levels import exact_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Encoded

Shares = npt.NDArray[np.float64]
WHOLE_NAME: Final = ("given_name", "family_name")


@dataclass(frozen=True)
class Classes:
    """Shares of levels (from 1 on, by column) among three classes of pairs, and how many each has.

    ``m`` is of one person's records, ``household`` of two people who share a home, ``u`` of
    others; ``prior`` and ``household_prior`` are the shares of the first two among all pairs.
    ``name_lift`` is how many times as often as by ``u`` others bear one whole name.
    """

    m: tuple[Shares, ...]
    u: tuple[Shares, ...]
    household: tuple[Shares, ...]
    prior: float
    household_prior: float
    name_lift: float = 1.0


@dataclass(frozen=True)
class Patterns:
    """Distinct rows of levels (``patterns``), how many pairs have each, and each pair's pattern.

    ``one_name`` says which patterns are of pairs that bear one whole name.
    """

    patterns: npt.NDArray[np.int8]
    counts: npt.NDArray[np.int64]
    of_pair: npt.NDArray[np.int32]
    level_counts: tuple[int, ...]
    one_name: npt.NDArray[np.bool_]

    def posteriors(self, classes: Classes) -> tuple[Shares, Shares]:
        """Probability that a pair of each pattern is one person's, and one household's."""
        rest = 1.0 - classes.prior - classes.household_prior
        match = np.full(len(self.patterns), np.log(classes.prior / rest))
        household = np.full(len(self.patterns), np.log(classes.household_prior / rest))
        for number, (m, u, shared) in enumerate(
            zip(classes.m, classes.u, classes.household, strict=True)
        ):
            levels = self.patterns[:, number]
            match += np.concatenate([[0.0], np.log(m) - np.log(u)])[levels]
            household += np.concatenate([[0.0], np.log(shared) - np.log(u)])[levels]
        others = np.where(self.one_name, np.log(classes.name_lift), 0.0)
        top = np.maximum(np.maximum(match, household), others)
        match, household = np.exp(match - top), np.exp(household - top)
        total = match + household + np.exp(others - top)
        return match / total, household / total

    def shares(self, number: int, weights: Shares | None) -> Shares:
        """Pairs at each level from 1 on of a column, each pattern weighted by ``weights``."""
        counts = self.counts if weights is None else self.counts * weights
        seen = np.bincount(
            self.patterns[:, number], weights=counts, minlength=self.level_counts[number] + 1
        )
        return np.asarray(seen[1:], dtype=np.float64)


def count_patterns(levels: Levels, columns: Sequence[Encoded]) -> Patterns:
    """Count the distinct rows of ``levels``, in their lexical order."""
    level_counts = tuple(exact_level(column.kind) for column in columns)
    combined = np.zeros(len(levels), dtype=np.int64)
    size = 1
    for number, count in enumerate(level_counts):
        if size > np.iinfo(np.int64).max // (count + 1):
            combined = _distinct(combined)[0].astype(np.int64)
            size = int(combined.max(initial=0)) + 1
        combined *= count + 1
        combined += levels[:, number]
        size *= count + 1
    of_pair, first = _distinct(combined)
    counts = np.bincount(of_pair)
    distinct = levels[first]
    return Patterns(distinct, counts, of_pair, level_counts, _bear_one_name(distinct, columns))


def _bear_one_name(levels: Levels, columns: Sequence[Encoded]) -> npt.NDArray[np.bool_]:
    exact = {column.name: n for n, column in enumerate(columns) if column.name in WHOLE_NAME}
    if len(exact) < len(WHOLE_NAME):
        return np.zeros(len(levels), dtype=np.bool_)
    agree = [levels[:, n] == exact_level(columns[n].kind) for n in exact.values()]
    return np.asarray(np.logical_and.reduce(agree), dtype=np.bool_)


def _distinct(
    codes: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """The position of each code among the distinct ones, sorted, and the first row of each."""
    numbers, first = numbered(codes)
    order = np.argsort(codes[first])
    positions = np.empty(len(order), dtype=np.int32)
    positions[order] = np.arange(len(order), dtype=np.int32)
    return positions.take(numbers), first[order]

"""Rows of a stored model that say how comparisons depend on each other."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from warehouse_cdp.linkage.encoding import COMPARED
from warehouse_cdp.matching.columns import STANDARD_COLUMNS
from warehouse_cdp.matching.levels import LEVEL_NAMES
from warehouse_cdp.matching.namesakes import Namesakes
from warehouse_cdp.matching.together import TOGETHER, Together

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.matching.train import Model

Row = tuple[str, str, float, float]
NAMESAKES: Final = "namesakes."


def dependence_rows(model: Model) -> list[Row]:
    """Comparison, level, ``m`` and ``u`` of what a model says beyond single comparisons.

    ``m`` and ``u`` say how many times as often as by the comparisons alone.
    """
    rows = []
    for both in model.together:
        shares = zip(both.m.ravel().tolist(), both.u.ravel().tolist(), strict=True)
        levels = _both_levels(both.one, both.other)
        name = _both_names(both.one, both.other)
        rows += [(name, word, m, u) for word, (m, u) in zip(levels, shares, strict=True)]
    ratios = model.namesakes.ratios if model.namesakes else {}
    for name in sorted(ratios):
        words = LEVEL_NAMES[STANDARD_COLUMNS[name]]
        found = zip(words, ratios[name].tolist(), strict=True)
        rows += [(NAMESAKES + name, word, ratio, 1.0) for word, ratio in found]
    return rows


def read_together(found: Mapping[tuple[str, str], tuple[float, float]]) -> tuple[Together, ...]:
    """What two comparisons do at once, from rows by comparison and level."""
    stored = []
    for one, other in TOGETHER:
        name = _both_names(one, other)
        cells = [found.get((name, word)) for word in _both_levels(one, other)]
        if all(cells):
            shape = tuple(len(LEVEL_NAMES[STANDARD_COLUMNS[column]]) for column in (one, other))
            m, u = np.array(cells, dtype=np.float64).T.reshape(2, *shape)
            stored.append(Together(one, other, m, u))
    return tuple(stored)


def read_namesakes(found: Mapping[tuple[str, str], tuple[float, float]]) -> Namesakes | None:
    """What strangers of one name share, from rows by comparison and level."""
    ratios = {}
    for name in COMPARED:
        words = LEVEL_NAMES[STANDARD_COLUMNS[name]]
        cells = [found.get((NAMESAKES + name, word)) for word in words]
        if all(cells):
            ratios[name] = np.array([cell[0] for cell in cells if cell], dtype=np.float64)
    return Namesakes(ratios) if ratios else None


def _both_names(one: str, other: str) -> str:
    return f"{one} & {other}"


def _both_levels(one: str, other: str) -> list[str]:
    words = (LEVEL_NAMES[STANDARD_COLUMNS[name]] for name in (one, other))
    return [f"{first} & {second}" for first, second in product(*words)]

"""A match model learnt from candidate pairs, without labels, or the documented defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.linkage.comparing import agreement
from warehouse_cdp.linkage.dependences import dependence_rows
from warehouse_cdp.linkage.encoding import COMPARED
from warehouse_cdp.linkage.match_model import (
    TRAINED,
    default_model,
    default_parameters,
    model_frame,
)
from warehouse_cdp.linkage.mistakes import shares_of_two_people
from warehouse_cdp.linkage.scoring import all_levels
from warehouse_cdp.linkage.separation import pair_contradictions
from warehouse_cdp.matching import train as training
from warehouse_cdp.matching.encode import Records
from warehouse_cdp.matching.levels import level
from warehouse_cdp.matching.name_pairs import GIVEN
from warehouse_cdp.matching.patterns import Classes
from warehouse_cdp.matching.score import with_columns_together, with_whole_names
from warehouse_cdp.matching.settle import settle

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from warehouse_cdp.linkage.comparing import WorldComparer
    from warehouse_cdp.linkage.encoding import EncodedWorld
    from warehouse_cdp.linkage.settings import LinkageSettings
    from warehouse_cdp.matching.block import Pairs
    from warehouse_cdp.matching.compare import Levels

_FEWEST_VALUES: Final = 20
_FEWEST_COMPARISONS: Final = 3


class _SomeColumns:
    """A comparer of which some columns are looked at."""

    def __init__(self, comparer: WorldComparer, columns: list[int]) -> None:
        self._comparer = comparer
        self._columns = columns

    def levels(self, left: npt.NDArray[np.int32], right: npt.NDArray[np.int32]) -> Levels:
        return self._comparer.levels(left, right)[:, self._columns]


def learn(
    world: EncodedWorld,
    comparer: WorldComparer,
    pairs: Pairs,
    settings: LinkageSettings,
    trained_at: pd.Timestamp | None,
) -> pd.DataFrame:
    """A model (``MODEL_COLUMNS``) learnt from candidate pairs.

    A comparison that hardly any pair knows keeps its default parameters. With fewer than
    ``min_training_pairs`` pairs, too few true ones among them, or when agreement comes out as
    speaking against a match, the default model is returned and its ``reason`` says so. What the
    sources say about mistakes (``shares_of_two_people``) is kept in the model, so that it is
    frozen as the weights are.
    """
    count, rows = len(pairs.left), len(world.records)

    def documented(reason: str) -> pd.DataFrame:
        return default_model(trained_at, f"default: {reason}", count, rows)

    least = settings.min_training_pairs
    if count < least:
        return documented(f"{count} candidate pairs, {least} needed")
    levels = all_levels(comparer, pairs)
    enough = max(_FEWEST_VALUES, least // 20)
    known = [number for number in range(levels.shape[1]) if (levels[:, number] > 0).sum() >= enough]
    if len(known) < _FEWEST_COMPARISONS:
        return documented(f"{len(known)} comparisons have values, {_FEWEST_COMPARISONS} needed")
    encoded = world.encoded
    some = Records(
        tuple(encoded.columns[number] for number in known),
        encoded.row_record,
        encoded.first_row,
        encoded.weights,
    )
    known_columns = _SomeColumns(comparer, known)
    model = training.train(some, pairs, levels[:, known], known_columns, settings.seed)
    if model.reason != TRAINED:
        return documented(model.reason.partition(": ")[2])
    model = settle(model, levels[:, known], some, are_guarded=True).model
    model = with_whole_names(some, model, pairs, levels[:, known])
    model = with_columns_together(some, model, pairs, levels[:, known], known_columns)
    learnt = model.classes
    against = [
        name for name, m, u in zip(model.names, learnt.m, learnt.u, strict=True) if m[-1] <= u[-1]
    ]
    if against:
        return documented(f"training found agreement on {', '.join(against)} to speak against")
    parameters = {name: default_parameters(name) for name in COMPARED}
    shares = zip(learnt.m, learnt.u, learnt.household, strict=True)
    parameters.update(zip(model.names, shares, strict=True))
    # Father and son of one name are the guards' to tell apart, which see whole customers: counted
    # here as well, an address beside a name would say too little.
    own, chance, _ = parameters[GIVEN]
    parameters[GIVEN] = (own, chance, chance)
    m, u, household = zip(*parameters.values(), strict=True)
    classes = Classes(m, u, household, learnt.prior, learnt.household_prior)
    frequencies = {
        column.name: (column, shares)
        for column, shares in zip(some.columns, model.frequencies, strict=True)
    }
    two_people = _shares_of_two_people(world, pairs, levels)
    names = model.whole_names
    return model_frame(
        classes,
        frequencies,
        names,
        dependence_rows(model),
        TRAINED,
        count,
        trained_at,
        two_people,
    )


def _shares_of_two_people(world: EncodedWorld, pairs: Pairs, levels: Levels) -> Mapping[str, float]:
    """What the sources say about mistakes; only pairs of one family and home are looked at."""
    names = [column.name for column in world.encoded.columns]
    family, address = levels[:, names.index("family_name")], levels[:, names.index("address_line")]
    home = (family > level("family_name", "different")) & (address >= level("address", "close"))
    where = np.flatnonzero(home)
    left, right = pairs.left[where], pairs.right[where]
    fields = agreement(world, left, right, levels[where])
    one, other = world.distinct[left], world.distinct[right]
    apart = pair_contradictions(one, other, fields, world.records)
    return shares_of_two_people(one, other, fields, apart, world.records)

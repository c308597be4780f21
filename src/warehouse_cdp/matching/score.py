"""Match weight (log2 odds) and probability of pairs under a model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.compiling import compiled
from warehouse_cdp.matching.levels import DIFFERENT, UNKNOWN, exact_level, level
from warehouse_cdp.matching.name_pairs import (
    FAMILY,
    GIVEN,
    correction,
    whole_names,
    with_frequencies,
)
from warehouse_cdp.matching.namesakes import PLACES, learn_namesakes, namesake_weights
from warehouse_cdp.matching.parallel import in_slices
from warehouse_cdp.matching.together import added_weights, learn_together
from warehouse_cdp.matching.train import DEFAULT_HOUSEHOLD

if TYPE_CHECKING:
    from warehouse_cdp.matching.block import Pairs
    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Records
    from warehouse_cdp.matching.train import Compares, Model

Weights = npt.NDArray[np.float64]
Array = npt.NDArray[Any]

_LARGEST_ADJUSTMENT: Final = 10.0
_NAME_ROUNDS: Final = 2
_PAIRS_ENOUGH: Final = 400_000
CONFIRMED: Final = 0.99
"""Match probability from which columns confirm a pair without the others."""
# Kinds whose nearly equal values say as much as their commoner value does.
_CLOSE_COUNTS: Final = {"given_name", "family_name", "text", "address"}


@dataclass(frozen=True)
class Classed:
    """Log2 odds of each pair, up to one constant: of one person, one household, two strangers."""

    person: Weights
    household: Weights
    strangers: Weights

    def weights(self) -> Weights:
        """The match weight of each pair."""
        others = np.logaddexp2(self.strangers, self.household)
        return np.asarray(self.person - others, dtype=np.float64)

    def of_strangers(self) -> Weights:
        """How likely each pair is of strangers."""
        others = np.logaddexp2(self.person, self.household)
        return probability(self.strangers - others)


def match_weights(
    records: Records,
    model: Model,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    levels: Levels,
) -> Weights:
    """Match weight of each pair: the log2 odds of one person against any two, see ``classed``."""
    return classed(records, model, left, right, levels).weights()


def classed(
    records: Records,
    model: Model,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    levels: Levels,
) -> Classed:
    """Odds of the three classes of pairs.

    The prior's weight plus that of each level, less what speaks for two people of one household:
    their shared name, address and phone explain themselves. Agreement on a value weighs by how
    common the value is: log2(u / frequency) is added, where ``u`` is the frequency on average.
    Of two values that nearly agree the more frequent counts; a partial agreement gains nothing
    from rarity. Of equally frequent values a higher level never weighs less, and full agreement
    no less than a missing value. A whole name that several people bear makes strangers likelier
    (``name_pairs``), and so does what strangers of one name share (``namesakes``), but not two
    people of one household, whose given names are independent. In odds: m / (u s + h), with ``s``
    how much likelier.
    """
    odds = _of_columns(records, model, left, right, levels)
    where, of_name = _of_whole_name(model, left, right)
    odds.strangers[where] -= of_name
    return odds


def _of_columns(
    records: Records,
    model: Model,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    levels: Levels,
) -> Classed:
    """The odds without what the frequencies of whole names say."""
    total = np.full(len(left), model.prior_weight())
    household = np.full(len(left), model.household_prior_weight())
    gains: dict[str, Weights] = {}
    for number in range(len(records.columns)):
        gains[records.columns[number].name], for_home = _of_column(
            records, model, number, left, right, levels
        )
        total += gains[records.columns[number].name]
        household += for_home
    for number, gained in added_weights(model, levels):
        gains[model.names[number]] += gained
        total += gained
        household += gained
    return Classed(total, household, namesake_weights(model, levels, gains))


@dataclass(frozen=True)
class Parts:
    """What match weights add up from: ``prior``, ``columns`` (pairs x columns), ``household``."""

    prior: float
    columns: Weights
    household: Weights


def weight_parts(
    records: Records,
    model: Model,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    levels: Levels,
) -> Parts:
    """The parts of ``match_weights``: prior + sum of columns + household (at most 0).

    What a whole name's frequency and what namesakes share take away stands under the given name,
    what two columns do together under the coarser.
    """
    columns = np.zeros((len(left), len(records.columns)))
    household = np.full(len(left), model.household_prior_weight())
    for number in range(len(records.columns)):
        columns[:, number], for_home = _of_column(records, model, number, left, right, levels)
        household += for_home
    for number, gained in added_weights(model, levels):
        columns[:, number] += gained
        household += gained
    gains = {name: columns[:, number] for number, name in enumerate(model.names)}
    shared = namesake_weights(model, levels, gains)
    if shared.any():
        columns[:, model.names.index(GIVEN)] -= shared
        household -= shared
    where, of_name = _of_whole_name(model, left, right)
    if len(where):
        columns[where, model.names.index(GIVEN)] += of_name
        household[where] += of_name
    return Parts(model.prior_weight(), columns, -np.logaddexp2(0.0, household))


def _of_column(
    records: Records,
    model: Model,
    number: int,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    levels: Levels,
) -> tuple[Weights, Weights]:
    """Weight of a column of each pair: for one person, and for one household, against strangers."""
    for_one, for_home = np.zeros(len(left)), np.zeros(len(left))
    _add_column(records, model, number, (left, right), levels, for_one, for_home)
    return for_one, for_home


def _add_column(
    records: Records,
    model: Model,
    number: int,
    pairs: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]],
    levels: Levels,
    for_one: Weights,
    for_home: Weights,
) -> None:
    """Add a column's weights of each pair to ``for_one`` and ``for_home``."""
    column = records.columns[number]
    exact = exact_level(column.kind)
    close = level(column.kind, "close") if column.kind in _CLOSE_COUNTS else exact
    weights = model.weights()[number]
    home = model.household_weights()[number]
    rarity = np.clip(model.rarity[number], -_LARGEST_ADJUSTMENT, _LARGEST_ADJUSTMENT)
    shared = shares_frequency(column.name)
    mine, told = np.ascontiguousarray(levels[:, number]), (weights, home, rarity)
    _add(mine, len(mine), column.codes, *pairs, *told, exact, close, int(shared), for_one, for_home)


@compiled("i1[] i8 i4[] i4[] i4[] f8[] f8[] f8[] i8 i8 i8 f8[w] f8[w]")
def _add(  # noqa: PLR0913, PLR0917 - one compiled loop; it takes no objects
    levels: Array,
    count: int,
    codes: Array,
    left: Array,
    right: Array,
    weights: Array,
    home: Array,
    rarity: Array,
    exact: int,
    close: int,
    shared: int,
    for_one: Array,
    for_home: Array,
) -> None:
    least = weights[DIFFERENT]
    # However common the value, agreement weighs no less than its absence, or than ignorance.
    least_of_all = 0.0
    if least > 0.0:
        least_of_all = least
    for pair in range(count):
        mine = levels[pair]
        weight, at_home = weights[mine], home[mine]
        if mine > DIFFERENT:
            one, other = codes[left[pair]], codes[right[pair]]
            if one >= 0 and other >= 0 and (one == other or mine < exact):
                # Of two values the more frequent counts.
                adjustment, theirs = rarity[one], rarity[other]
                if theirs < adjustment:  # noqa: PLR1730 - min and max take long to compile
                    adjustment = theirs
                # Nearly a common value is less, nearly a rare one no more: only the values'
                # like is frequent.
                if mine < close and adjustment > 0.0:
                    adjustment = 0.0
                lowest = (least_of_all if mine == exact else least) - weight
                if adjustment < lowest:  # noqa: PLR1730 - as above
                    adjustment = lowest
                weight += adjustment
                if shared:
                    at_home += adjustment
        for_one[pair] += weight
        for_home[pair] += at_home


def shares_frequency(name: str) -> bool:
    """Whether a household that shares a value of the column shares its rarity: names too."""
    return name in DEFAULT_HOUSEHOLD or name in {"given_name", "birth_date"}


def with_whole_names(
    records: Records, model: Model, pairs: Pairs, levels: Levels, threads: int = 1
) -> Model:
    """The model with the frequencies of whole names, learnt from candidate pairs.

    At first all bearers of a name count as different people; then those that the rest of their
    records makes one person are taken off. From that side on, since a name alone would otherwise
    prove itself.
    """
    names = model.whole_names or whole_names(records)
    if names is None:
        return model
    code = names.code.take(pairs.left)
    alike = np.flatnonzero((code >= 0) & (code == names.code.take(pairs.right)))
    code = code.take(alike)
    left, right, mine = pairs.left[alike], pairs.right[alike], levels.T.take(alike, axis=1).T
    rows = (records.weights[left] * records.weights[right]).astype(np.float64)
    copies = np.where(names.code >= 0, records.weights * (records.weights - 1) / 2.0, 0.0)
    own: Weights = np.bincount(
        np.maximum(names.code, 0), weights=copies, minlength=len(names.counts)
    ).astype(np.float64)
    names = with_frequencies(names, own)
    odds = Classed(*np.empty((3, len(left))))

    def add_up(here: slice) -> None:
        found = _of_columns(records, model, left[here], right[here], mine[here])
        odds.person[here], odds.household[here] = found.person, found.household
        odds.strangers[here] = found.strangers

    in_slices(add_up, len(left), threads)
    for _ in range(_NAME_ROUNDS):
        where, of_name = _of_whole_name(replace(model, whole_names=names), left, right)
        strangers = odds.strangers.copy()
        strangers[where] -= of_name
        likely = probability(replace(odds, strangers=strangers).weights())
        matched: Weights = np.bincount(
            code, weights=likely * rows, minlength=len(names.counts)
        ).astype(np.float64)
        names = with_frequencies(names, matched + own)
    return replace(model, whole_names=names)


def _weigh_slices(
    records: Records,
    model: Model,
    pairs: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]],
    levels: Levels,
    found: Weights,
    threads: int,
) -> None:
    """Write the match probability of each pair into ``found``."""

    def weigh(here: slice) -> None:
        one, other = pairs[0][here], pairs[1][here]
        found[here] = probability(match_weights(records, model, one, other, levels[here]))

    in_slices(weigh, len(found), threads)


def with_columns_together(
    records: Records,
    model: Model,
    pairs: Pairs,
    levels: Levels,
    comparer: Compares,
    threads: int = 1,
) -> Model:
    """The model with what columns do together, and what namesakes share.

    What an address and a postcode do together is learnt from pairs that all else confirms:
    pairs that one of the two has made probable would prove themselves.
    """
    # Of many pairs some tell as much as all.
    some = slice(None, None, max(len(levels) // _PAIRS_ENOUGH, 1))
    levels = levels[some]
    elsewhere = levels.copy(order="F")
    elsewhere[:, [n for n, name in enumerate(model.names) if name in PLACES]] = UNKNOWN
    likely = np.empty(len(levels))
    ends = np.ascontiguousarray(pairs.left[some]), np.ascontiguousarray(pairs.right[some])
    _weigh_slices(records, model, ends, elsewhere, likely, threads)
    confirmed = (likely >= CONFIRMED).astype(np.float64)
    model = learn_together(records, model, levels, confirmed, comparer)

    def strangers(
        left: npt.NDArray[np.int32], right: npt.NDArray[np.int32], levels: Levels
    ) -> Weights:
        return classed(records, model, left, right, levels).of_strangers()

    return replace(
        model, namesakes=learn_namesakes(records, model.whole_names, comparer, strangers, threads)
    )


def _of_whole_name(
    model: Model, left: npt.NDArray[np.int32], right: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], Weights]:
    if model.whole_names is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    given = model.frequencies[model.names.index(GIVEN)]
    family = model.frequencies[model.names.index(FAMILY)]
    return correction(model.whole_names, left, right, given, family)


def probability(weights: Weights) -> Weights:
    """Match probability of match weights."""
    return np.asarray(1.0 / (1.0 + np.exp2(-weights)), dtype=np.float64)

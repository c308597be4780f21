"""Fellegi-Sunter parameters without labels: how often true and other pairs reach each level.

``m`` is the share of true pairs at a level, ``u`` that of other pairs. EM runs on counts of
patterns of levels among the candidate pairs; ``u`` of partial agreement comes from random pairs,
that of full agreement from value frequencies, both net of the true pairs among them (in a file
where each person has four records, agreement at random is mostly no chance). The prior is over
all pairs: those that blocking left out count as no matches.

Sources: Fellegi and Sunter, "A theory for record linkage" (1969); Winkler, "Using the EM
algorithm for weight computation" (1988); the frequencies as in Winkler, "Frequency-based
matching in Fellegi-Sunter model of record linkage" (2000).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.frequencies import frequencies_of, matched_values
from warehouse_cdp.matching.levels import DIFFERENT, LEVEL_NAMES
from warehouse_cdp.matching.name_pairs import (
    FAMILY,
    GIVEN,
    bearers,
    lift,
    whole_names,
)
from warehouse_cdp.matching.parallel import each
from warehouse_cdp.matching.patterns import Classes, Patterns, count_patterns
from warehouse_cdp.matching.sampling import pairs_drawn_by_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from warehouse_cdp.matching.block import Pairs
    from warehouse_cdp.matching.compare import Levels
    from warehouse_cdp.matching.encode import Encoded, Records
    from warehouse_cdp.matching.name_pairs import NamePairs
    from warehouse_cdp.matching.namesakes import Namesakes
    from warehouse_cdp.matching.together import Together

Shares = npt.NDArray[np.float64]
Array = npt.NDArray[Any]

Made = TypeVar("Made")

DEFAULT_M: Final = {
    "given_name": (0.06, 0.03, 0.03, 0.03, 0.08, 0.02, 0.75),
    "middle_name": (0.20, 0.15, 0.05, 0.60),
    "family_name": (0.06, 0.03, 0.02, 0.09, 0.80),
    "date": (0.03, 0.02, 0.02, 0.06, 0.02, 0.85),
    "age": (0.05, 0.15, 0.80),
    "email": (0.25, 0.05, 0.04, 0.06, 0.60),
    "phone": (0.25, 0.05, 0.70),
    "address": (0.20, 0.07, 0.05, 0.13, 0.55),
    "text": (0.20, 0.05, 0.10, 0.65),
    "postal_code": (0.15, 0.05, 0.08, 0.72),
    "category": (0.15, 0.85),
    "identifier": (0.03, 0.01, 0.04, 0.92),
}
"""What the levels mean for people in general: the start of EM, and its prior where data are few."""
DEFAULT_HOUSEHOLD: Final = {
    "family_name": (0.20, 0.03, 0.03, 0.09, 0.65),
    "email": (0.80, 0.10, 0.02, 0.03, 0.05),
    "phone": (0.60, 0.05, 0.35),
    "address_line": (0.10, 0.05, 0.05, 0.15, 0.65),
    "city": (0.10, 0.05, 0.10, 0.75),
    "postal_code": (0.10, 0.03, 0.07, 0.80),
    "region": (0.10, 0.90),
    "country": (0.02, 0.98),
}
"""Of two people of one household; on other columns they agree as any two people do."""
PRIOR_STRENGTH: Final = 20.0
"""Pairs that ``DEFAULT_M`` and ``DEFAULT_HOUSEHOLD`` count for."""
FEWEST_TRAINING_PAIRS: Final = 20
TRAINED: Final = "trained"
"""The reason of a model that was learnt; any other says why it was not."""
_PERSONAL: Final = {"given_name", "birth_date", "age", "national_id"}
IDENTIFIERS: Final = {"email", "phone"}
"""What hardly two people share."""
NO_HOUSEHOLDS: Final = 1e-30
"""Share of household pairs where no column tells people of one home apart."""
_ROUNDS: Final = 3
_STEPS: Final = 100
_TOLERANCE: Final = 1e-5
_PARTNERS: Final = 1.0


class Compares(Protocol):
    """What yields levels of pairs of records: a ``Comparer``, or something in its place."""

    def levels(self, left: npt.NDArray[np.int32], right: npt.NDArray[np.int32]) -> Levels:
        """Levels of each pair (rows) in each column of the records (columns)."""
        ...


@dataclass(frozen=True)
class Model:
    """Parameters by column, in the order of the records' columns.

    ``m[c]`` and ``u[c]`` hold a share for each level from 1 on; ``frequencies[c]`` for each value
    of the column how likely another person's record has it, ``whole_names`` those of given and
    family name together, ``together`` what two columns do at once, ``namesakes`` what
    strangers of one name share. ``classes.prior`` is the share of true pairs among all.
    ``reason`` says how the parameters came about.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    classes: Classes
    frequencies: tuple[Shares, ...]
    reason: str
    whole_names: NamePairs | None = None
    together: tuple[Together, ...] = ()
    namesakes: Namesakes | None = None

    @cached_property
    def rarity(self) -> tuple[Shares, ...]:
        """By column the bits that agreement on each value says beyond agreement: log2(u / f)."""
        return tuple(
            np.log2(u[-1]) - np.log2(held)
            for u, held in zip(self.classes.u, self.frequencies, strict=True)
        )

    def weights(self) -> list[Shares]:
        """By column the weight (log2 m/u) of each level; 0 for "missing"."""
        return _weights(self.classes.m, self.classes.u)

    def household_weights(self) -> list[Shares]:
        """By column the weight of each level for one household against two strangers."""
        return _weights(self.classes.household, self.classes.u)

    def prior_weight(self) -> float:
        """Log2 odds of two records that nothing is known of."""
        return float(np.log2(self.classes.prior) - np.log2(self._strangers()))

    def household_prior_weight(self) -> float:
        """Log2 odds of one household against two strangers, of records nothing is known of."""
        return float(np.log2(self.classes.household_prior) - np.log2(self._strangers()))

    def _strangers(self) -> float:
        return 1.0 - self.classes.prior - self.classes.household_prior


def _weights(shares: tuple[Shares, ...], u: tuple[Shares, ...]) -> list[Shares]:
    return [
        np.concatenate([[0.0], np.log2(share) - np.log2(other)])
        for share, other in zip(shares, u, strict=True)
    ]


def train(
    records: Records,
    pairs: Pairs,
    levels: Levels,
    comparer: Compares,
    seed: int,
    random_pairs: int = 250_000,
    threads: int = 1,
) -> Model:
    """A model from candidate ``pairs`` and their ``levels``; the same input gives the same model.

    With fewer than ``FEWEST_TRAINING_PAIRS`` expected true pairs the default ``m`` stays and the
    reason says so.
    """
    columns = records.columns
    all_pairs = max(records.count * (records.count - 1) // 2, 1)
    random = pairs_drawn_by_rows(records, min(random_pairs, 20 * all_pairs), seed)
    # Equal rows were collapsed to one record; as pairs they count for value frequencies.
    several = np.flatnonzero(records.weights > 1).astype(np.int32)
    counted = (
        lambda: count_patterns(levels, columns),
        lambda: count_patterns(comparer.levels(*random), columns),
        lambda: count_patterns(comparer.levels(several, several), columns),
    )
    with ThreadPoolExecutor(1) as pool:
        naming = pool.submit(whole_names, records)
        patterns, chance, itself = each(_call, counted, threads)
        names = naming.result()
    pairs_of_rows = records.weights[several] * (records.weights[several] - 1) / 2.0
    rows_of_pair = records.weights.take(pairs.left) * records.weights.take(pairs.right)
    named = None if names is None else bearers(names, pairs, several)
    owned = [_of_one_owner(column, columns) for column in columns]
    frequencies = [
        frequencies_of(column, mine) for column, mine in zip(columns, owned, strict=True)
    ]
    u = [
        _u(column, chance.shares(number, None), frequency)
        for number, (column, frequency) in enumerate(zip(columns, frequencies, strict=True))
    ]
    prior = min(0.3, _PARTNERS / max(records.count - 1, 1))
    # Without a column that tells housemates apart, all that agrees would be laid on the home.
    tells_apart = not _PERSONAL.isdisjoint(column.name for column in columns)
    classes = _classes(columns, None, None, u, prior, prior if tells_apart else NO_HOUSEHOLDS)
    classes = replace(classes, name_lift=_name_lift(records, names, frequencies, None))
    for _ in range(_ROUNDS):
        classes = _expect_and_maximise(patterns, columns, classes, all_pairs)
        matched, _ = patterns.posteriors(classes)
        strangers = 1.0 - np.sum(chance.posteriors(classes), axis=0)
        of_pairs = matched.take(patterns.of_pair) * rows_of_pair
        of_rows = several, itself.posteriors(classes)[0][itself.of_pair] * pairs_of_rows
        found = partial(matched_values, columns, pairs, levels, of_pairs, of_rows)
        counting = [partial(found, number) for number in range(len(columns))]
        if names is not None and named is not None:
            of_name = partial(named.matched, of_pairs, of_rows[1], len(names.counts))
            counting.append(of_name)
        agreed = each(_call, counting, threads)
        of_names = None if names is None else agreed.pop()
        frequencies = [
            frequencies_of(column, found if mine is None else mine)
            for column, found, mine in zip(columns, agreed, owned, strict=True)
        ]
        u = [
            _u(column, chance.shares(number, strangers), frequency)
            for number, (column, frequency) in enumerate(zip(columns, frequencies, strict=True))
        ]
        classes = _classes(
            columns, classes.m, classes.household, u, classes.prior, classes.household_prior
        )
        classes = replace(classes, name_lift=_name_lift(records, names, frequencies, of_names))
    reason = TRAINED
    expected = float((matched * patterns.counts).sum())
    if expected < FEWEST_TRAINING_PAIRS:
        classes = replace(
            _classes(columns, None, None, u, classes.prior, classes.household_prior),
            name_lift=classes.name_lift,
        )
        reason = (
            f"documented defaults: of {len(levels):,} pairs compared {expected:.0f} seem to be one "
            f"person's, {FEWEST_TRAINING_PAIRS} are needed to learn from"
        )
    return Model(
        tuple(column.name for column in columns),
        tuple(column.kind for column in columns),
        classes,
        tuple(frequencies),
        reason,
        names,
    )


def _of_one_owner(column: Encoded, columns: Sequence[Encoded]) -> Shares | None:
    """True pairs of rows by value of an identifier where nothing tells its owners apart, or None.

    In a list of e-mails and phones alone each value that two rows share may be two people's as
    well as one's: taken for the first, frequencies bear out that nobody is there twice, and
    taken for the second, that all are. Such values identify people, so it is the second.
    """
    if column.name not in IDENTIFIERS or not _PERSONAL.isdisjoint(c.name for c in columns):
        return None
    counts = column.counts.astype(np.float64)
    return np.asarray(counts * (counts - 1.0) / 2.0, dtype=np.float64)


def _call(count: Callable[[], Made]) -> Made:
    return count()


def _name_lift(
    records: Records,
    names: NamePairs | None,
    frequencies: Sequence[Shares],
    matched: Shares | None,
) -> float:
    if names is None:
        return 1.0
    of_column = {
        column.name: shares for column, shares in zip(records.columns, frequencies, strict=True)
    }
    return lift(names, matched, of_column[GIVEN], of_column[FAMILY])


def _classes(
    columns: Sequence[Encoded],
    m: Sequence[Shares] | None,
    household: Sequence[Shares] | None,
    u: Sequence[Shares],
    prior: float,
    household_prior: float,
) -> Classes:
    """Classes with defaults for what is None; a household shares only what has a default."""
    shared = [
        np.array(DEFAULT_HOUSEHOLD[column.name]) if column.name in DEFAULT_HOUSEHOLD else chance
        for column, chance in zip(columns, u, strict=True)
    ]
    if household is not None:
        shared = [
            seen if column.name in DEFAULT_HOUSEHOLD else chance
            for column, seen, chance in zip(columns, household, u, strict=True)
        ]
    return Classes(
        tuple(m) if m is not None else tuple(np.array(DEFAULT_M[c.kind]) for c in columns),
        tuple(u),
        tuple(shared),
        prior,
        household_prior,
    )


def _u(column: Encoded, seen: Shares, frequencies: Shares) -> Shares:
    """Shares of the levels among pairs of two people."""
    counts = column.counts / column.counts.sum()
    exact = float(np.clip((counts * frequencies).sum(), 1e-12, 0.9))
    shares = seen + 0.5
    shares[-1] = 0.0
    shares *= (1.0 - exact) / shares.sum()
    shares[-1] = exact
    return shares


def _expect_and_maximise(
    patterns: Patterns, columns: Sequence[Encoded], start: Classes, all_pairs: int
) -> Classes:
    """EM with ``u`` fixed, from the default shares on."""
    defaults = _classes(columns, None, None, start.u, start.prior, start.household_prior)
    classes = defaults
    least = 0.05 / all_pairs
    for _ in range(_STEPS):
        classes = replace(classes, name_lift=start.name_lift)
        matched, household = patterns.posteriors(classes)
        prior = float(np.clip((matched * patterns.counts).sum() / all_pairs, least, 0.5))
        homes = float(np.clip((household * patterns.counts).sum() / all_pairs, least, 0.25))
        homes = homes if start.household_prior > NO_HOUSEHOLDS else NO_HOUSEHOLDS
        new = _classes(
            columns,
            [_learnt(patterns, n, matched, m) for n, m in enumerate(defaults.m)],
            [_learnt(patterns, n, household, h) for n, h in enumerate(defaults.household)],
            start.u,
            prior,
            homes,
        )
        change = max(float(np.abs(a - b).max()) for a, b in zip(classes.m, new.m, strict=True))
        done = change < _TOLERANCE and abs(prior - classes.prior) < _TOLERANCE * prior
        classes = new
        if done:
            break
    return replace(classes, name_lift=start.name_lift)


def _learnt(patterns: Patterns, number: int, weights: Shares, default: Shares) -> Shares:
    seen = patterns.shares(number, weights) + PRIOR_STRENGTH * default
    return np.asarray(seen / seen.sum(), dtype=np.float64)


def model_rows(model: Model) -> list[dict[str, object]]:
    """The model as rows: comparison, level, m, u, weight (log2 m/u); the prior first.

    Comparisons ``household.<column>`` hold in ``m`` how often two people of one home reach a
    level, where that is not how often any two do: with them the match weight of a pair can be
    worked out again.
    """
    classes = model.classes
    rows = [
        _row("prior", "match", classes.prior, 1.0 - classes.prior, model.prior_weight()),
        _row(
            "household.prior",
            "household",
            classes.household_prior,
            1.0 - classes.household_prior,
            model.household_prior_weight(),
        ),
    ]
    for prefix, shares, weights in (
        ("", classes.m, model.weights()),
        ("household.", classes.household, model.household_weights()),
    ):
        for number, (name, kind) in enumerate(zip(model.names, model.kinds, strict=True)):
            if prefix and np.array_equal(shares[number], classes.u[number]):
                continue
            rows += [
                _row(
                    prefix + name,
                    level,
                    shares[number][position],
                    classes.u[number][position],
                    weights[number][position + DIFFERENT],
                )
                for position, level in enumerate(LEVEL_NAMES[kind])
            ]
    return rows


def _row(comparison: str, level: str, m: float, u: float, weight: float) -> dict[str, object]:
    shares = {"m": float(m), "u": float(u), "weight": float(weight)}
    return {"comparison": comparison, "level": level, **shares}

"""The match model as a frame of rows, so that it can be stored and used again unchanged.

Rows of a comparison's levels hold ``m`` (share of true pairs at the level), ``u`` (share of other
pairs) and ``weight`` = log2(m / u); ``household.<comparison>`` says in ``m`` how often two people
of one home reach it. ``frequency.<comparison>`` has a row for each common value, named by a hash:
``m`` is the share of records with it, ``u`` how likely another person's record has it, ``weight``
what agreeing on it adds to agreeing on a value of average frequency. Values without a row are rare.
``frequency.whole_name`` does so for names that several people bear; there ``weight`` is what is
taken from that of the two parts. ``address_line & postal_code`` has a row for each two levels:
``m`` and ``u`` say how many times as often as if independent they are reached at once, and
``namesakes.<comparison>`` in ``m`` how many times as often as any two strangers of one name do.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.identity_tables import MODEL_COLUMNS
from warehouse_cdp.linkage.dependences import read_namesakes, read_together
from warehouse_cdp.linkage.encoding import COMPARED
from warehouse_cdp.linkage.mistakes import MISTAKE
from warehouse_cdp.matching.columns import STANDARD_COLUMNS
from warehouse_cdp.matching.levels import LEVEL_NAMES
from warehouse_cdp.matching.name_pairs import FAMILY, GIVEN, NamePairs, whole_names
from warehouse_cdp.matching.patterns import Classes
from warehouse_cdp.matching.train import DEFAULT_HOUSEHOLD, DEFAULT_M, Model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warehouse_cdp.matching.encode import Encoded, Records

Shares = npt.NDArray[np.float64]
ByName = dict[tuple[str, str], tuple[float, float]]

PRIOR: Final = "prior"
HOUSEHOLD: Final = "household."
FREQUENCY: Final = "frequency."
WHOLE_NAME: Final = FREQUENCY + "whole_name"
TRAINED: Final = "trained"
FEWEST_HOLDERS: Final = 5
"""A value that fewer records hold has no row: it is rare, and its hash might point to a person."""
MOST_VALUES: Final = 20_000
"""Rows for values of a comparison, the most frequent first."""
_RARE: Final = "rare"
_PARTNERS: Final = 1.5
"""Of a record among the others, when nothing could be learnt."""

DEFAULT_U: Final[Mapping[str, float]] = {
    "given_name": 0.011,
    "family_name": 0.005,
    "birth_date": 0.00005,
    "email": 0.0002,
    "phone": 0.0002,
    "address_line": 0.0005,
    "city": 0.02,
    "postal_code": 0.003,
    "national_id": 0.0001,
}
"""How often two people agree fully, when that cannot be learnt."""
_DEFAULT_PARTIAL_U: Final[Mapping[str, tuple[float, ...]]] = {
    "given_name": (0.02, 0.012, 0.004, 0.013, 0.0002),
    "family_name": (0.02, 0.002, 0.008),
    "birth_date": (0.012, 0.002, 0.0008, 0.0002),
    "email": (0.01, 0.0006, 0.0004),
    "phone": (0.0001,),
    "address_line": (0.01, 0.003, 0.0005),
    "city": (0.03, 0.004),
    "postal_code": (0.03, 0.0006),
    "national_id": (0.0001, 0.0001),
}
"""And how often nearly, by level from the second to the last but one."""


def default_parameters(name: str) -> tuple[Shares, Shares, Shares]:
    """``m``, ``u`` and household share of each level of a comparison, of people in general."""
    exact, between = DEFAULT_U[name], _DEFAULT_PARTIAL_U[name]
    m = np.array(DEFAULT_M[STANDARD_COLUMNS[name]])
    u = np.array([1.0 - exact - sum(between), *between, exact])
    home = DEFAULT_HOUSEHOLD.get(name)
    return m, u, np.array(home) if home else u.copy()


def default_classes(record_count: int) -> Classes:
    """Documented parameters of all comparisons; the prior follows from the number of records."""
    parameters = [default_parameters(name) for name in COMPARED]
    prior = min(0.3, _PARTNERS / max(record_count - 1, 1))
    m, u, household = zip(*parameters, strict=True)
    return Classes(m, u, household, prior, prior)


def default_model(
    trained_at: pd.Timestamp | None, reason: str, pair_count: int, record_count: int
) -> pd.DataFrame:
    """The documented default parameters as a model frame; ``reason`` says why they serve."""
    return model_frame(default_classes(record_count), {}, None, (), reason, pair_count, trained_at)


def model_frame(
    classes: Classes,
    frequencies: Mapping[str, tuple[Encoded, Shares]],
    names: NamePairs | None,
    dependences: Sequence[tuple[str, str, float, float]],
    reason: str,
    pair_count: int,
    trained_at: pd.Timestamp | None,
    two_people: Mapping[str, float] = MappingProxyType({}),
) -> pd.DataFrame:
    """Rows of a model (``MODEL_COLUMNS``); ``classes`` are in the order of ``COMPARED``."""
    rows: list[tuple[str, str, float, float]] = []
    strangers = 1.0 - classes.prior - classes.household_prior
    rows.append((PRIOR, "match", classes.prior, strangers))
    rows.append((HOUSEHOLD + PRIOR, "household", classes.household_prior, strangers))
    for prefix, shares in (("", classes.m), (HOUSEHOLD, classes.household)):
        for number, name in enumerate(COMPARED):
            if prefix and np.array_equal(shares[number], classes.u[number]):
                continue
            words = LEVEL_NAMES[STANDARD_COLUMNS[name]]
            parameters = zip(words, shares[number], classes.u[number], strict=True)
            rows += [(prefix + name, word, float(m), float(u)) for word, m, u in parameters]
    for number, name in enumerate(COMPARED):
        if name in frequencies:
            rows += _frequency_rows(name, *frequencies[name], float(classes.u[number][-1]))
    if names is not None:
        rows += _name_rows(names, *(frequencies[part] for part in (GIVEN, FAMILY)))
    rows += dependences
    rows += [(MISTAKE, guard, 1.0 - share, share) for guard, share in sorted(two_people.items())]
    frame = pd.DataFrame(rows, columns=["comparison", "level", "m", "u"])
    # Rounded first: what is stored is what pairs are scored by.
    frame["m"], frame["u"] = frame["m"].round(12), frame["u"].round(12)
    frame["weight"] = np.log2((frame["m"] / frame["u"]).to_numpy()).round(9)
    # Of values the weight is against their average; of whole names, against that of their parts.
    exact = frame["comparison"].str.removeprefix(FREQUENCY).map(_exact_u(classes))
    of_value = (frame["comparison"].str.startswith(FREQUENCY) & exact.notna()).to_numpy()
    against_average = np.log2((exact / frame["u"]).to_numpy(dtype=np.float64)[of_value])
    frame.loc[of_value, "weight"] = against_average.round(9)
    frame["reason"] = reason
    frame["pair_count"] = pair_count
    frame["model_number"] = 1
    frame["trained_at"] = trained_at if trained_at is not None else pd.NaT
    frame["model_id"] = model_id(frame)
    return frame[list(MODEL_COLUMNS)]


def model_id(model: pd.DataFrame) -> str:
    """What a model is called: a hash of its parameters."""
    text = model[["comparison", "level", "m", "u"]].to_csv(index=False)
    return "model_" + hashlib.sha256(text.encode()).hexdigest()[:16]


def _exact_u(classes: Classes) -> dict[str, float]:
    return {name: float(u[-1]) for name, u in zip(COMPARED, classes.u, strict=True)}


def _frequency_rows(
    name: str, column: Encoded, frequencies: Shares, exact: float
) -> list[tuple[str, str, float, float]]:
    common = np.flatnonzero(column.counts >= FEWEST_HOLDERS)
    # Of equally frequent values either all have a row or none, so that no order decides.
    if len(common) > MOST_VALUES:
        bound = np.sort(column.counts[common])[-MOST_VALUES]
        common = common[column.counts[common] > bound]
    total = max(float(column.counts.sum()), 1.0)
    rare = np.setdiff1d(np.arange(len(column.values)), common)
    shares = column.counts / total
    weight = shares[rare].sum()
    unusual = float((shares[rare] * frequencies[rare]).sum() / weight) if weight else exact
    rows = [(FREQUENCY + name, _RARE, float(shares[rare].mean()) if len(rare) else exact, unusual)]
    hashes = value_hashes(column.texts(common))
    found = zip(hashes, shares[common].tolist(), frequencies[common].tolist(), strict=True)
    return rows + [(FREQUENCY + name, digest, share, chance) for digest, share, chance in found]


def _name_rows(
    names: NamePairs, given: tuple[Encoded, Shares], family: tuple[Encoded, Shares]
) -> list[tuple[str, str, float, float]]:
    """Rows of whole names: ``m`` is the product of the parts' frequencies, ``u`` their own."""
    (one, of_one), (other, of_other) = given, family
    product = of_one[names.given] * of_other[names.family]
    borne = np.flatnonzero(names.frequencies > product)
    if len(borne) > MOST_VALUES:
        bound = np.sort(names.counts[borne])[-MOST_VALUES]
        borne = borne[names.counts[borne] > bound]
    hashes = _name_hashes(names, one, other, borne)
    found = zip(hashes, product[borne].tolist(), names.frequencies[borne].tolist(), strict=True)
    return [(WHOLE_NAME, digest, m, u) for digest, m, u in found]


def _name_hashes(
    names: NamePairs, given: Encoded, family: Encoded, which: npt.NDArray[np.int64]
) -> list[str]:
    one = given.texts(names.given[which])
    other = family.texts(names.family[which])
    return value_hashes([f"{first}|{last}" for first, last in zip(one, other, strict=True)])


def value_hashes(values: list[str]) -> list[str]:
    """What a value is called in a model: it is known again, and not read."""
    return [hashlib.sha256(value.encode()).hexdigest()[:16] for value in values]


def newest_model(models: pd.DataFrame) -> pd.DataFrame:
    """The model trained last among stored ones; no rows when none is stored."""
    if models.empty:
        return models
    newest: pd.DataFrame = models.loc[models["model_number"] == models["model_number"].max()]
    return newest.reset_index(drop=True)


def is_trained(model: pd.DataFrame) -> bool:
    """Whether a stored model was learnt from data rather than being the default."""
    return bool(len(model)) and str(model["reason"].iloc[0]) == TRAINED


def is_readable(model: pd.DataFrame) -> bool:
    """Whether a stored model has all that this version scores by."""
    return not _absent(named_rows(model))


def prior_weight(model: pd.DataFrame) -> float:
    """The weight (log2 odds) that two records start from under a model."""
    return float(model.loc[model["comparison"] == PRIOR, "weight"].iloc[0])


def read_model(model: pd.DataFrame, records: Records, by_name: ByName | None = None) -> Model:
    """A stored model for the values at hand; ``by_name`` are its ``named_rows``, if known.

    Raises:
        InputDataError: the model was stored by another version and lacks comparisons.
    """
    found = named_rows(model) if by_name is None else by_name
    absent = _absent(found)
    if absent:
        msg = (
            f"the match model lacks {', '.join(absent[:5])}: it was trained by another version; "
            "train again (dbt build --vars 'identity_retrain: true')"
        )
        raise InputDataError(msg)
    m, u, household = [], [], []
    for name in COMPARED:
        words = LEVEL_NAMES[STANDARD_COLUMNS[name]]
        m.append(np.array([found[(name, word)][0] for word in words]))
        u.append(np.array([found[(name, word)][1] for word in words]))
        shared = [found.get((HOUSEHOLD + name, word)) for word in words]
        household.append(np.array([pair[0] for pair in shared if pair]) if all(shared) else u[-1])
    classes = Classes(
        tuple(m),
        tuple(u),
        tuple(household),
        found[(PRIOR, "match")][0],
        found[(HOUSEHOLD + PRIOR, "household")][0],
    )
    return Model(
        tuple(COMPARED),
        tuple(STANDARD_COLUMNS[name] for name in COMPARED),
        classes,
        tuple(_frequencies(column, found, exact[-1]) for column, exact in
              zip(records.columns, u, strict=True)),
        str(model["reason"].iloc[0]),
        _whole_names(records, found),
        read_together(found),
        read_namesakes(found),
    )  # fmt: skip


def named_rows(model: pd.DataFrame) -> ByName:
    """The m and u of a model by comparison and level."""
    keys = zip(model["comparison"].astype(str), model["level"].astype(str), strict=True)
    values = zip(model["m"].astype(float), model["u"].astype(float), strict=True)
    return dict(zip(keys, values, strict=True))


def _absent(found: ByName) -> list[str]:
    needed = [(PRIOR, "match"), (HOUSEHOLD + PRIOR, "household")] + [
        (name, word) for name in COMPARED for word in LEVEL_NAMES[STANDARD_COLUMNS[name]]
    ]
    return [f"{name}.{word}" for name, word in needed if (name, word) not in found]


def _frequencies(column: Encoded, found: ByName, exact: float) -> Shares:
    name = FREQUENCY + column.name
    if (name, _RARE) not in found:
        return np.full(len(column.values), exact)
    rare = found[(name, _RARE)][1]
    hashes = value_hashes(column.texts())
    return np.array([found.get((name, digest), (0.0, rare))[1] for digest in hashes])


def _whole_names(records: Records, found: ByName) -> NamePairs | None:
    names = whole_names(records)
    given, family = records.column(GIVEN), records.column(FAMILY)
    if names is None or given is None or family is None:
        return None
    hashes = _name_hashes(names, given, family, np.arange(len(names.counts)))
    chances = [found.get((WHOLE_NAME, digest), (0.0, 0.0))[1] for digest in hashes]
    return replace(names, frequencies=np.array(chances, dtype=np.float64))

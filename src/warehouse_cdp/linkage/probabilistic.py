"""Fellegi-Sunter: training on unlabelled pairs, a frozen model as a frame, scoring.

The model says for each comparison and level how often true pairs (``m``) and other candidate
pairs (``u``) reach it; ``weight`` is log2(m / u). A pair's match weight is the prior's plus its
levels' weights; an unknown level weighs nothing. The model is a plain frame, so it can be stored
and used again unchanged: identities then do not jitter with the data.
"""

from __future__ import annotations

import hashlib
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from recordlinkage import ECMClassifier
from recordlinkage.algorithms.nb_sklearn import ECM

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.identity_tables import MODEL_COLUMNS
from warehouse_cdp.linkage.compare import LEVELS
from warehouse_cdp.linkage.mistakes import MISTAKE
from warehouse_cdp.linkage.pairs import make_pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIOR = "prior"
_SMOOTHING = 0.5
_FEWEST_VALUES = 20
_FEWEST_COMPARISONS = 3
_EVEN_ODDS = 0.5
_STARTING_SHARE_OF_MATCHES = 0.2

# What the levels mean for people in general; they serve where there are too few pairs to learn
# from. Order as in LEVELS without "missing"; u is the agreement of two people picked at random.
_DEFAULT_M: dict[str, tuple[float, ...]] = {
    "given_name": (0.03, 0.11, 0.08, 0.78),
    "family_name": (0.06, 0.09, 0.85),
    "birth_date": (0.02, 0.06, 0.92),
    "email": (0.30, 0.10, 0.60),
    "phone": (0.30, 0.02, 0.68),
    "address": (0.20, 0.15, 0.65),
    "place": (0.15, 0.10, 0.75),
    "national_id": (0.01, 0.04, 0.95),
}
_DEFAULT_U: dict[str, tuple[float, ...]] = {
    "given_name": (0.940, 0.045, 0.004, 0.011),
    "family_name": (0.975, 0.020, 0.005),
    "birth_date": (0.99895, 0.001, 0.00005),
    "email": (0.9988, 0.001, 0.0002),
    "phone": (0.9997, 0.0001, 0.0002),
    "address": (0.992, 0.0075, 0.0005),
    "place": (0.965, 0.032, 0.003),
    "national_id": (0.9998, 0.0001, 0.0001),
}
_DEFAULT_PARTNERS = 1.5
"""Of a record among the others, when nothing could be learnt."""


class LevelECM(ECM):  # type: ignore[misc]
    """recordlinkage's ECM for ordered levels with unknowns, on counts of patterns.

    Differs from its parent in that columns may have more than two levels, a level of 0 (unknown)
    carries no evidence, and it starts from ``start_m`` (an array per column, one value a level
    from 1 on) rather than at random, so that training is repeatable. ``u`` is fixed: it was
    measured on random pairs. The prior is over ``all_pairs``, those left out by blocking counting
    as non-matches, so that agreement on what was blocked on is not taken for granted.
    """

    def __init__(
        self,
        start_m: list[npt.NDArray[np.float64]],
        u: list[npt.NDArray[np.float64]],
        all_pairs: int,
        max_iter: int = 200,
        atol: float = 1e-6,
    ) -> None:
        super().__init__(init="jaro", max_iter=max_iter, binarize=None, atol=atol)
        self.start_m = start_m
        self.u_ = u
        self.all_pairs = all_pairs

    def fit(self, X: npt.NDArray[np.int8]) -> LevelECM:  # noqa: N803 - the parent's name
        """Learn m of each level and the share of matches from levels of pairs."""
        patterns, counts = np.unique(np.asarray(X), axis=0, return_counts=True)
        self.classes_ = np.array([0, 1])
        self.m_ = [share.copy() for share in self.start_m]
        self.prior_ = min(0.5, _STARTING_SHARE_OF_MATCHES * len(X) / self.all_pairs)
        for _ in range(self.max_iter):
            before = np.concatenate([*self.m_, [self.prior_]])
            self._step(patterns, counts.astype(np.float64))
            after = np.concatenate([*self.m_, [self.prior_]])
            if np.allclose(before, after, atol=self.atol, rtol=0.0):
                break
        return self

    def _step(self, patterns: npt.NDArray[np.int8], counts: npt.NDArray[np.float64]) -> None:
        matches = self._posterior(patterns) * counts
        self.prior_ = float(np.clip(matches.sum() / self.all_pairs, 1e-12, 1 - 1e-6))
        for column, m in enumerate(self.m_):
            seen = np.bincount(patterns[:, column], weights=matches, minlength=len(m) + 1)[1:]
            m[:] = (seen + _SMOOTHING) / (seen + _SMOOTHING).sum()

    def _posterior(self, patterns: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
        odds = np.full(len(patterns), np.log(self.prior_ / (1 - self.prior_)))
        for column, (m, u) in enumerate(zip(self.m_, self.u_, strict=True)):
            evidence = np.concatenate([[0.0], np.log(m) - np.log(u)])
            odds += evidence[patterns[:, column]]
        return np.asarray(1.0 / (1.0 + np.exp(-odds)), dtype=np.float64)

    def predict_proba(self, X: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:  # noqa: N803
        """Probabilities of (no match, match) of each row of levels."""
        match = self._posterior(np.asarray(X))
        return np.column_stack([1.0 - match, match])

    def predict(self, X: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:  # noqa: N803
        """1 where a match is at least as likely as not."""
        return (self._posterior(np.asarray(X)) >= _EVEN_ODDS).astype(np.int64)


class LevelECMClassifier(ECMClassifier):  # type: ignore[misc]
    """recordlinkage's ``ECMClassifier`` with ``LevelECM`` as its kernel."""

    def __init__(
        self,
        start_m: list[npt.NDArray[np.float64]],
        u: list[npt.NDArray[np.float64]],
        all_pairs: int,
    ) -> None:
        super().__init__()
        self.kernel = LevelECM(start_m, u, all_pairs)


def default_model(
    trained_at: pd.Timestamp | None, reason: str, pair_count: int, record_count: int
) -> pd.DataFrame:
    """The documented default parameters as a model frame; ``reason`` says why they serve."""
    return _model_frame(
        {name: np.array(values) for name, values in _DEFAULT_M.items()},
        {name: np.array(values) for name, values in _DEFAULT_U.items()},
        min(0.5, _DEFAULT_PARTNERS / max(record_count - 1, 1)),
        reason,
        pair_count,
        trained_at,
    )


def train_model(
    levels: pd.DataFrame,
    random_levels: pd.DataFrame,
    records: pd.DataFrame,
    min_training_pairs: int,
    trained_at: pd.Timestamp | None = None,
    two_people: Mapping[str, float] = MappingProxyType({}),
) -> pd.DataFrame:
    """A model (``MODEL_COLUMNS``) learnt from candidate pairs, without labels.

    ``levels`` are those of the candidate pairs that could be one person's (pairs whose names
    contradict are left out by the caller), ``random_levels`` those of pairs picked at random.
    A comparison that hardly any pair knows keeps its default parameters. With fewer than
    ``min_training_pairs`` pairs, or when agreement comes out as speaking against a match, the
    default model is returned and its ``reason`` says so. ``two_people`` comes from
    ``shares_of_two_people`` and is kept in the model, so that it is frozen as the weights are.
    """
    count = len(records)
    if len(levels) < min_training_pairs:
        reason = f"default: {len(levels)} candidate pairs, {min_training_pairs} needed"
        return default_model(trained_at, reason, len(levels), count)
    enough = max(_FEWEST_VALUES, min_training_pairs // 20)
    columns = [name for name in LEVELS if int((levels[name] > 0).sum()) >= enough]
    if len(columns) < _FEWEST_COMPARISONS:
        reason = f"default: {len(columns)} comparisons have values, {_FEWEST_COMPARISONS} needed"
        return default_model(trained_at, reason, len(levels), count)
    u = {name: np.array(values) for name, values in _DEFAULT_U.items()}
    u.update({name: chance_agreement(name, random_levels, records) for name in columns})
    classifier = LevelECMClassifier(
        [np.array(_DEFAULT_M[name]) for name in columns],
        [u[name] for name in columns],
        count * (count - 1) // 2,
    )
    classifier.fit(levels[columns])
    kernel: LevelECM = classifier.kernel
    against = [name for name, m in zip(columns, kernel.m_, strict=True) if m[-1] <= u[name][-1]]
    if against:
        reason = f"default: training found agreement on {', '.join(against)} to speak against"
        return default_model(trained_at, reason, len(levels), count)
    m = {name: np.array(values) for name, values in _DEFAULT_M.items()}
    m.update(zip(columns, kernel.m_, strict=True))
    return _model_frame(m, u, kernel.prior_, "trained", len(levels), trained_at, two_people)


def newest_model(models: pd.DataFrame) -> pd.DataFrame:
    """The model trained last among stored ones; no rows when none is stored."""
    if models.empty:
        return models
    newest: pd.DataFrame = models.loc[models["model_number"] == models["model_number"].max()]
    return newest.reset_index(drop=True)


def is_trained(model: pd.DataFrame) -> bool:
    """Whether a stored model was learnt from data rather than being the default."""
    return bool(len(model)) and str(model["reason"].iloc[0]) == "trained"


def prior_weight(model: pd.DataFrame) -> float:
    """The weight (log2 odds) that two records start from under a model."""
    return float(model.loc[model["comparison"] == PRIOR, "weight"].iloc[0])


def random_pairs(records: pd.DataFrame, size: int, seed: int) -> pd.MultiIndex:
    """``size`` pairs of different records picked at random (repeatably), for chance agreement."""
    count = len(records)
    if count <= 1:
        return make_pairs(records.index, np.zeros(0, np.int64), np.zeros(0, np.int64))
    draw = np.random.default_rng(seed)
    left = draw.integers(0, count, size)
    # A shift of 1 to count - 1 never lands on the record itself.
    right = (left + draw.integers(1, count, size)) % count
    return make_pairs(records.index, np.minimum(left, right), np.maximum(left, right))


_EXACT_COLUMNS = {
    "given_name": "given_name_key",
    "family_name": "family_name_key",
    "birth_date": "birth_date_key",
    "email": "email_key",
    "phone": "phone_key",
    "place": "postal_code_key",
    "national_id": "national_id_key",
}


def chance_agreement(
    comparison: str, random_levels: pd.DataFrame, records: pd.DataFrame
) -> npt.NDArray[np.float64]:
    """U of each level of a comparison: how often two records picked at random reach it.

    Agreement on the whole value follows from the value frequencies, which no sample can measure
    where it is rare; the levels between come from the sample.
    """
    levels = len(LEVELS[comparison]) - 1
    seen = np.bincount(random_levels[comparison].to_numpy(), minlength=levels + 1)[1:]
    shares = (seen + _SMOOTHING) / (seen + _SMOOTHING).sum()
    column = _EXACT_COLUMNS.get(comparison)
    if column:
        frequencies = records[column].value_counts().to_numpy(dtype=np.float64)
        total = frequencies.sum()
        if total > 1:
            equal = (frequencies * (frequencies - 1)).sum() / (total * (total - 1))
            exact = float(np.clip(equal, 1e-9, 0.5))
            shares[:-1] *= (1.0 - exact) / shares[:-1].sum()
            shares[-1] = exact
    return np.asarray(shares, dtype=np.float64)


def _model_frame(
    m: dict[str, npt.NDArray[np.float64]],
    u: dict[str, npt.NDArray[np.float64]],
    prior: float,
    reason: str,
    pair_count: int,
    trained_at: pd.Timestamp | None,
    two_people: Mapping[str, float] = MappingProxyType({}),
) -> pd.DataFrame:
    rows: list[dict[str, object]] = [
        {"comparison": PRIOR, "level": "match", "m": prior, "u": 1.0 - prior}
    ]
    for name, level_names in LEVELS.items():
        for position, level in enumerate(level_names[1:]):
            rows.append(
                {
                    "comparison": name,
                    "level": level,
                    "m": float(m[name][position]),
                    "u": float(u[name][position]),
                }
            )
    rows += [
        {"comparison": MISTAKE, "level": guard, "m": 1.0 - share, "u": share}
        for guard, share in sorted(two_people.items())
    ]
    frame = pd.DataFrame(rows)
    frame["m"] = frame["m"].astype(float).round(9)
    frame["u"] = frame["u"].astype(float).round(9)
    frame["weight"] = np.log2(frame["m"] / frame["u"]).round(9)
    frame["reason"] = reason
    frame["pair_count"] = pair_count
    frame["model_number"] = 1
    frame["trained_at"] = trained_at if trained_at is not None else pd.NaT
    parameters = frame[["comparison", "level", "m", "u"]].to_csv(index=False)
    frame["model_id"] = "model_" + hashlib.sha256(parameters.encode()).hexdigest()[:16]
    return frame[list(MODEL_COLUMNS)]


def score_pairs(
    levels: pd.DataFrame, model: pd.DataFrame
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Match weight (log2 odds) and match probability of each row of levels."""
    weights = {
        (str(comparison), str(level)): float(weight)
        for comparison, level, weight in zip(
            model["comparison"], model["level"], model["weight"].to_numpy(float), strict=True
        )
    }
    needed = [(PRIOR, "match")] + [
        (name, level) for name, level_names in LEVELS.items() for level in level_names[1:]
    ]
    absent = [f"{name}.{level}" for name, level in needed if (name, level) not in weights]
    if absent:
        msg = (
            f"the match model lacks {', '.join(absent)}: it was trained by another version; "
            "train again (dbt build --vars 'identity_retrain: true')"
        )
        raise InputDataError(msg)
    total = np.full(len(levels), weights[(PRIOR, "match")])
    for name, level_names in LEVELS.items():
        by_code = np.array([0.0] + [weights[(name, level)] for level in level_names[1:]])
        total += by_code[levels[name].to_numpy()]
    return total, probability(total)


def probability(weight: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Match probability of a match weight."""
    return np.asarray(1.0 / (1.0 + np.exp2(-weight)), dtype=np.float64)

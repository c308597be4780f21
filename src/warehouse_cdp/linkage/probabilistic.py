"""Fellegi-Sunter: training on unlabelled pairs, a frozen model as a frame, scoring.

The model says for each comparison and level how often true pairs (``m``) and other candidate
pairs (``u``) reach it; ``weight`` is log2(m / u). A pair's match weight is the prior's plus its
levels' weights; an unknown level weighs nothing. The model is a plain frame, so it can be stored
and used again unchanged: identities then do not jitter with the data.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd
from recordlinkage import ECMClassifier  # type: ignore[import-untyped]
from recordlinkage.algorithms.nb_sklearn import ECM  # type: ignore[import-untyped]

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage.compare import LEVELS

MODEL_COLUMNS = (
    "model_id",
    "comparison",
    "level",
    "reason",
    "m",
    "u",
    "weight",
    "pair_count",
    "trained_at",
)
PRIOR = "prior"
_SMOOTHING = 0.5
_STARTING_SHARE_OF_MATCHES = 0.2

# What the levels mean for people in general, from published parameters of similar data; they
# serve where there are too few pairs to learn from. Order as in LEVELS without "missing".
_DEFAULT_M: dict[str, tuple[float, ...]] = {
    "given_name": (0.04, 0.10, 0.11, 0.75),
    "family_name": (0.07, 0.08, 0.85),
    "birth_date": (0.02, 0.06, 0.92),
    "email": (0.35, 0.10, 0.55),
    "phone": (0.30, 0.02, 0.68),
    "address": (0.20, 0.15, 0.65),
    "place": (0.15, 0.10, 0.75),
    "national_id": (0.01, 0.04, 0.95),
}
_DEFAULT_U: dict[str, tuple[float, ...]] = {
    "given_name": (0.88, 0.05, 0.02, 0.05),
    "family_name": (0.72, 0.06, 0.22),
    "birth_date": (0.965, 0.015, 0.02),
    "email": (0.97, 0.02, 0.01),
    "phone": (0.96, 0.01, 0.03),
    "address": (0.85, 0.07, 0.08),
    "place": (0.55, 0.15, 0.30),
    "national_id": (0.998, 0.001, 0.001),
}
_DEFAULT_PRIOR = 0.10


class LevelECM(ECM):  # type: ignore[misc]
    """recordlinkage's ECM for ordered levels with unknowns, on counts of patterns.

    Differs from its parent in that columns may have more than two levels, a level of 0 (unknown)
    carries no evidence, and it starts from ``start_m`` and ``start_u`` (a list of arrays per
    column, one value a level from 1 on) rather than at random, so that training is repeatable.
    """

    def __init__(
        self,
        start_m: list[npt.NDArray[np.float64]],
        start_u: list[npt.NDArray[np.float64]],
        max_iter: int = 200,
        atol: float = 1e-6,
    ) -> None:
        super().__init__(init="jaro", max_iter=max_iter, binarize=None, atol=atol)
        self.start_m = start_m
        self.start_u = start_u

    def fit(self, X: npt.NDArray[np.int8]) -> LevelECM:  # noqa: N803 - the parent's name
        patterns, counts = np.unique(np.asarray(X), axis=0, return_counts=True)
        self.classes_ = np.array([0, 1])
        self.m_ = [share.copy() for share in self.start_m]
        self.u_ = [share.copy() for share in self.start_u]
        self.prior_ = _STARTING_SHARE_OF_MATCHES
        for _ in range(self.max_iter):
            before = np.concatenate([*self.m_, *self.u_, [self.prior_]])
            self._step(patterns, counts.astype(np.float64))
            after = np.concatenate([*self.m_, *self.u_, [self.prior_]])
            if np.allclose(before, after, atol=self.atol, rtol=0.0):
                break
        return self

    def _step(self, patterns: npt.NDArray[np.int8], counts: npt.NDArray[np.float64]) -> None:
        matches = self._posterior(patterns) * counts
        others = counts - matches
        self.prior_ = float(np.clip(matches.sum() / counts.sum(), 1e-6, 1 - 1e-6))
        for column, (m, u) in enumerate(zip(self.m_, self.u_, strict=True)):
            for share, weight in ((m, matches), (u, others)):
                seen = np.bincount(patterns[:, column], weights=weight, minlength=len(m) + 1)[1:]
                share[:] = (seen + _SMOOTHING) / (seen + _SMOOTHING).sum()

    def _posterior(self, patterns: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
        odds = np.full(len(patterns), np.log(self.prior_ / (1 - self.prior_)))
        for column, (m, u) in enumerate(zip(self.m_, self.u_, strict=True)):
            evidence = np.concatenate([[0.0], np.log(m) - np.log(u)])
            odds += evidence[patterns[:, column]]
        return np.asarray(1.0 / (1.0 + np.exp(-odds)), dtype=np.float64)

    def predict_proba(self, X: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:  # noqa: N803
        match = self._posterior(np.asarray(X))
        return np.column_stack([1.0 - match, match])

    def predict(self, X: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:  # noqa: N803
        return (self._posterior(np.asarray(X)) >= 0.5).astype(np.int64)


class LevelECMClassifier(ECMClassifier):  # type: ignore[misc]
    """recordlinkage's ``ECMClassifier`` with ``LevelECM`` as its kernel."""

    def __init__(
        self, start_m: list[npt.NDArray[np.float64]], start_u: list[npt.NDArray[np.float64]]
    ) -> None:
        super().__init__()
        self.kernel = LevelECM(start_m, start_u)


def default_model(trained_at: pd.Timestamp | None, reason: str, pair_count: int) -> pd.DataFrame:
    """The documented default parameters as a model frame; ``reason`` says why they serve."""
    return _model_frame(
        {name: np.array(values) for name, values in _DEFAULT_M.items()},
        {name: np.array(values) for name, values in _DEFAULT_U.items()},
        _DEFAULT_PRIOR,
        reason,
        pair_count,
        trained_at,
    )


def train_model(
    levels: pd.DataFrame, min_training_pairs: int, trained_at: pd.Timestamp | None = None
) -> pd.DataFrame:
    """A model (``MODEL_COLUMNS``) learnt from the levels of candidate pairs.

    A comparison that hardly any pair knows keeps its default parameters. With fewer than
    ``min_training_pairs`` pairs, or when the outcome contradicts itself (agreement speaks
    against a match), the default model is returned and its ``reason`` says so.
    """
    if len(levels) < min_training_pairs:
        reason = f"default: {len(levels)} candidate pairs, {min_training_pairs} needed"
        return default_model(trained_at, reason, len(levels))
    known = {name: int((levels[name] > 0).sum()) for name in LEVELS}
    columns = [name for name in LEVELS if known[name] >= max(50, min_training_pairs // 20)]
    if len(columns) < 3:
        reason = f"default: {len(columns)} comparisons have values, 3 needed"
        return default_model(trained_at, reason, len(levels))
    classifier = LevelECMClassifier(
        [np.array(_DEFAULT_M[name]) for name in columns],
        [np.array(_DEFAULT_U[name]) for name in columns],
    )
    classifier.fit(levels[columns])
    kernel: LevelECM = classifier.kernel
    if any(m[-1] <= u[-1] for m, u in zip(kernel.m_, kernel.u_, strict=True)):
        return default_model(
            trained_at, "default: training found agreement to speak against a match", len(levels)
        )
    m = {name: np.array(values) for name, values in _DEFAULT_M.items()}
    u = {name: np.array(values) for name, values in _DEFAULT_U.items()}
    m.update(zip(columns, kernel.m_, strict=True))
    u.update(zip(columns, kernel.u_, strict=True))
    return _model_frame(m, u, kernel.prior_, "trained", len(levels), trained_at)


def _model_frame(
    m: dict[str, npt.NDArray[np.float64]],
    u: dict[str, npt.NDArray[np.float64]],
    prior: float,
    reason: str,
    pair_count: int,
    trained_at: pd.Timestamp | None,
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
    frame = pd.DataFrame(rows)
    frame["m"] = frame["m"].astype(float).round(9)
    frame["u"] = frame["u"].astype(float).round(9)
    frame["weight"] = np.log2(frame["m"] / frame["u"]).round(9)
    frame["reason"] = reason
    frame["pair_count"] = pair_count
    frame["trained_at"] = trained_at if trained_at is not None else pd.NaT
    parameters = frame[["comparison", "level", "m", "u"]].to_csv(index=False)
    frame["model_id"] = "model_" + hashlib.sha256(parameters.encode()).hexdigest()[:16]
    return frame[list(MODEL_COLUMNS)]


def score_pairs(
    levels: pd.DataFrame, model: pd.DataFrame
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Match weight (log2 odds) and match probability of each row of levels."""
    weights = {
        (row.comparison, row.level): float(row.weight)
        for row in model[["comparison", "level", "weight"]].itertuples(index=False)
    }
    needed = [(PRIOR, "match")] + [
        (name, level) for name, level_names in LEVELS.items() for level in level_names[1:]
    ]
    absent = [f"{name}.{level}" for name, level in needed if (name, level) not in weights]
    if absent:
        raise InputDataError(
            f"the match model lacks {', '.join(absent)}: it was trained by another version; "
            "train again (dbt build --vars 'identity_retrain: true')"
        )
    total = np.full(len(levels), weights[(PRIOR, "match")])
    for name, level_names in LEVELS.items():
        by_code = np.array([0.0] + [weights[(name, level)] for level in level_names[1:]])
        total += by_code[levels[name].to_numpy()]
    return total, probability(total)


def probability(weight: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Match probability of a match weight."""
    return np.asarray(1.0 / (1.0 + np.exp2(-weight)), dtype=np.float64)

"""EM against recordlinkage's ECM on shared patterns: binary columns, no households."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import recordlinkage

from warehouse_cdp.matching import train
from warehouse_cdp.matching.encode import Encoded, pack
from warehouse_cdp.matching.patterns import Classes, count_patterns

TOLERANCE = 1e-3
"""On shares and posteriors: ECM itself stops when parameters move less than 1e-5."""


def binary_column(name: str) -> Encoded:
    values = pa.array(["a", "b"])
    codes = np.array([0, 1], dtype=np.int32)
    return Encoded(name, "category", codes, values, np.array([1, 1]), pack(values))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_em_is_that_of_recordlinkage(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(seed)
    count, columns = 40_000, 6
    is_match = draw.random(count) < 0.15
    m, u = draw.uniform(0.7, 0.97, columns), draw.uniform(0.03, 0.3, columns)
    agrees = draw.random((count, columns)) < np.where(is_match[:, None], m, u)
    names = [f"c{number}" for number in range(columns)]

    oracle = recordlinkage.ECMClassifier(max_iter=1_000, atol=1e-9)
    vectors = pd.DataFrame(agrees.astype(int), columns=names)
    oracle.fit(vectors)
    kernel = oracle.kernel
    shares = np.exp(kernel.feature_log_prob_)  # classes x (columns x outcomes 0 and 1)
    prior = np.exp(kernel.class_log_prior_)
    if prior[0] < prior[1]:
        shares, prior = shares[::-1], prior[::-1]
    of_strangers, of_matches = shares[0].reshape(columns, 2), shares[1].reshape(columns, 2)

    # Ours has u from frequencies and random pairs, and a default of 20 pairs: here u is the
    # oracle's, and the default counts for nothing.
    monkeypatch.setattr(train, "PRIOR_STRENGTH", 1e-9)
    encoded = [binary_column(name) for name in names]
    patterns = count_patterns((agrees + 1).astype(np.int8), encoded)
    default = np.array(train.DEFAULT_M["category"])
    start = Classes((default,) * columns, tuple(of_strangers), tuple(of_strangers), 0.1, 1e-30)
    found = start
    for _ in range(20):
        found = train._expect_and_maximise(patterns, encoded, found, count)  # noqa: SLF001
        found = Classes(found.m, found.u, found.household, found.prior, 1e-30)

    assert found.prior == pytest.approx(prior[1], abs=TOLERANCE)
    np.testing.assert_allclose(np.array(found.m), of_matches, atol=TOLERANCE)
    posterior = patterns.posteriors(found)[0][patterns.of_pair]
    chance = np.asarray(oracle.prob(vectors))
    chance = chance if np.corrcoef(chance, is_match)[0, 1] > 0 else 1.0 - chance
    np.testing.assert_allclose(posterior, chance, atol=10 * TOLERANCE)

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from matching_worlds import encoded, people
from warehouse_cdp.matching.block import Pairs, block
from warehouse_cdp.matching.compare import Comparer, Levels
from warehouse_cdp.matching.patterns import count_patterns
from warehouse_cdp.matching.score import match_weights, probability
from warehouse_cdp.matching.train import Model, train

if TYPE_CHECKING:
    from warehouse_cdp.matching.encode import Records


@pytest.fixture(scope="module")
def world() -> tuple[Records, Pairs, Levels, Comparer, np.ndarray]:
    frame = people(300)
    names = [name for name in frame.columns if name not in ("record_id", "truth")]
    records = encoded(**{name: frame[name].tolist() for name in names})
    pairs = block(records, budget=10**6)
    comparer = Comparer(records)
    truth = frame["truth"].to_numpy()[records.first_row]
    levels = comparer.levels(pairs.left, pairs.right)
    return records, pairs, levels, comparer, truth


@pytest.fixture(scope="module")
def model(world: tuple[Records, Pairs, Levels, Comparer, np.ndarray]) -> Model:
    records, pairs, levels, comparer, _ = world
    return train(records, pairs, levels, comparer, seed=1)


def test_training_without_labels_finds_what_labels_would_tell(
    world: tuple[Records, Pairs, Levels, Comparer, np.ndarray], model: Model
) -> None:
    records, pairs, levels, _, truth = world
    assert model.reason == "trained"
    true = truth[pairs.left] == truth[pairs.right]
    assert model.classes.prior == pytest.approx(true.mean(), rel=0.1)
    for number, name in enumerate(model.names):
        for share, of_pairs in ((model.classes.m[number], true), (model.classes.u[number], ~true)):
            seen = levels[of_pairs, number]
            expected = np.bincount(seen[seen > 0], minlength=len(share) + 1)[1:]
            assert np.abs(share - expected / expected.sum()).max() < 0.05, name
    weights = match_weights(records, model, pairs.left, pairs.right, levels)
    assert ((probability(weights) >= 0.5) == true).mean() > 0.9995


def test_training_is_repeatable(
    world: tuple[Records, Pairs, Levels, Comparer, np.ndarray], model: Model
) -> None:
    records, pairs, levels, comparer, _ = world
    again = train(records, pairs, levels, comparer, seed=1)
    assert again.classes.prior == model.classes.prior
    for one, other in zip(
        (*again.classes.m, *again.classes.u), (*model.classes.m, *model.classes.u), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_agreement_on_a_rarer_value_weighs_more(
    world: tuple[Records, Pairs, Levels, Comparer, np.ndarray], model: Model
) -> None:
    records, _, _, comparer, _ = world
    column = model.names.index("family_name")
    frequencies = model.frequencies[column][records.columns[column].codes]
    everyone = np.argsort(frequencies, kind="stable").astype(np.int32)
    few = np.array([everyone[0], everyone[-1]], dtype=np.int32)
    levels = np.zeros((2, len(records.columns)), dtype=np.int8)
    levels[:, column] = comparer.levels(few, few)[:, column]
    rare, common = match_weights(records, model, few, few, levels)
    assert rare > common


def test_too_few_pairs_keep_the_default_and_say_so() -> None:
    records = encoded(given_name=["anna", "paul", "mary"], city=["rome", "oslo", "bern"])
    pairs = block(records, budget=100)
    comparer = Comparer(records)
    model = train(records, pairs, comparer.levels(pairs.left, pairs.right), comparer, seed=1)
    assert model.reason.startswith("documented defaults: of 3 pairs compared 0 seem")


def test_patterns_count_every_pair_once() -> None:
    draw = np.random.default_rng(3)
    frame = people(5)
    records = encoded(**{name: frame[name].tolist() for name in ("given_name", "city", "email")})
    levels = draw.integers(0, 4, (500, 3)).astype(np.int8)
    patterns = count_patterns(levels, records.columns)
    expected, counts = np.unique(levels, axis=0, return_counts=True)
    np.testing.assert_array_equal(patterns.patterns, expected)
    np.testing.assert_array_equal(patterns.counts, counts)
    np.testing.assert_array_equal(patterns.patterns[patterns.of_pair], levels)

"""The matcher's classes in a script of recordlinkage, its classifiers in the matcher."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import recordlinkage

from matching_worlds import people
from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.matching.evaluate import agreement
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.pipeline import resolve
from warehouse_cdp.matching.recordlinkage_classes import LevelCompare, MatchingBlock

if TYPE_CHECKING:
    from recordlinkage.base import BaseClassifier

COLUMNS = ("given_name", "family_name", "birth_date", "email", "address_line", "city")


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    return people(120).set_index("record_id")


@pytest.fixture(scope="module")
def pairs(records: pd.DataFrame) -> pd.MultiIndex:
    indexer = recordlinkage.Index()
    indexer.add(MatchingBlock(all_pairs_up_to=0))
    found: pd.MultiIndex = indexer.index(records)
    return found


@pytest.fixture(scope="module")
def vectors(records: pd.DataFrame, pairs: pd.MultiIndex) -> pd.DataFrame:
    compare = recordlinkage.Compare()
    for name in COLUMNS:
        compare.add(LevelCompare(name))
    found: pd.DataFrame = compare.compute(pairs, records)
    return found


def true_links(records: pd.DataFrame) -> pd.MultiIndex:
    places = {record: place for place, record in enumerate(records.index)}
    ordered = records.groupby("truth").groups.values()
    made = [
        tuple(sorted(pair, key=places.__getitem__, reverse=True))
        for members in ordered
        for pair in combinations(members, 2)
    ]
    return pd.MultiIndex.from_tuples(made)


def test_a_plain_script_finds_people(
    records: pd.DataFrame, pairs: pd.MultiIndex, vectors: pd.DataFrame
) -> None:
    assert list(vectors.columns) == list(COLUMNS)
    assert vectors.to_numpy().min() == 0.0
    assert vectors.to_numpy().max() == 1.0
    truth = true_links(records)
    assert len(truth.difference(pairs)) <= 0.01 * len(truth)
    found = recordlinkage.ECMClassifier(binarize=0.5).fit_predict(vectors)
    assert recordlinkage.precision(truth, found) > 0.95
    assert recordlinkage.recall(truth, found) > 0.9


def test_it_unites_with_recordlinkages_own_blocks(records: pd.DataFrame) -> None:
    indexer = recordlinkage.Index()
    indexer.add(MatchingBlock())
    indexer.block("city")
    # All pairs are made of few records: the block adds none, whichever record comes first.
    assert len(indexer.index(records)) == len(records) * (len(records) - 1) // 2


def test_two_frames_are_linked_under_their_own_column_names(records: pd.DataFrame) -> None:
    left = records.iloc[::2].rename(columns={"birth_date": "dob"})
    right = records.iloc[1::2].rename(columns={"birth_date": "dob"})
    links = MatchingBlock({"birth_date": "dob"}, all_pairs_up_to=0).index(left, right)
    assert set(links.get_level_values(0)) <= set(left.index)
    assert set(links.get_level_values(1)) <= set(right.index)
    feature = LevelCompare("dob", column="birth_date", missing_value=0.25)
    found = feature.compute(links, left, right)
    born = (left["dob"].reindex(links.get_level_values(0)).to_numpy(),
            right["dob"].reindex(links.get_level_values(1)).to_numpy())  # fmt: skip
    unknown = pd.isna(born[0]) | pd.isna(born[1])
    assert (found[unknown] == 0.25).all()
    assert ((found == 1.0) == ((born[0] == born[1]) & ~unknown)).all()


def test_nicknames_reach_the_comparison() -> None:
    frame = pd.DataFrame({"given_name": ["Pat", "Patricia", "Patrick"]})
    pairs = pd.MultiIndex.from_tuples([(1, 0), (2, 0), (2, 1)])
    found = []
    for nicknames in (None, {"pat": ["patricia", "patrick"]}):
        compare = recordlinkage.Compare()
        compare.add(LevelCompare("given_name", nicknames=nicknames))
        found.append(compare.compute(pairs, frame)["given_name"].tolist())
    # One may stand for both, the two are still no nicknames of one another.
    assert found[1][:2] == [0.5, 0.5]
    assert found[0][:2] == pytest.approx([1 / 6, 1 / 6])
    assert found[1][2] == found[0][2]


def test_a_column_that_is_not_standard_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="shoe_size is no standard column"):
        LevelCompare("shoe_size")


@pytest.mark.parametrize(
    "classifier",
    [
        recordlinkage.ECMClassifier(binarize=0.5),
        recordlinkage.KMeansClassifier(random_state=0),
        recordlinkage.LogisticRegressionClassifier(),
        recordlinkage.NaiveBayesClassifier(binarize=0.5),
        recordlinkage.SVMClassifier(random_state=0),
    ],
    ids=lambda classifier: type(classifier).__name__,
)
def test_every_classifier_of_recordlinkage_decides_in_the_pipeline(
    records: pd.DataFrame, vectors: pd.DataFrame, classifier: BaseClassifier
) -> None:
    kind = type(classifier).__name__
    if kind in {"ECMClassifier", "KMeansClassifier"}:
        classifier.fit(vectors)
    else:
        index = pd.MultiIndex.from_tuples(vectors.index.tolist())
        classifier.fit(vectors, true_links(records).intersection(index))
    frame = records.reset_index()
    found = resolve(frame.drop(columns="truth"), MatchOptions(classifier=classifier, cut=0.0))
    score = agreement(pd.factorize(found.customer_id)[0], pd.factorize(frame["truth"])[0])
    assert score.pairwise.precision > 0.9
    assert score.pairwise.recall > 0.9
    reason = found.report.set_index("what").loc["links", "reason"]
    assert str(reason).endswith(f"by {kind}")


class NoClassifier:
    """Has nothing that a classifier needs."""


class WrongShape:
    def predict_proba(self, vectors: pd.DataFrame) -> np.ndarray:
        return np.full((len(vectors) + 1, 2), 0.5)


@pytest.mark.parametrize(
    ("classifier", "said"),
    [
        (NoClassifier(), "NoClassifier gives no probabilities"),
        (WrongShape(), "probabilities for [0-9]+ pairs"),
    ],
)
def test_what_is_no_classifier_is_told(classifier: object, said: str) -> None:
    few = people(40).drop(columns="truth").head(40)
    options = MatchOptions(classifier=classifier)
    with pytest.raises(ConfigurationError, match=said):
        resolve(few, options)


def test_our_measures_are_those_of_recordlinkage(records: pd.DataFrame) -> None:
    draw = np.random.default_rng(3)
    labels = records["truth"].to_numpy(dtype=np.int64).copy()
    moved = draw.random(len(labels)) < 0.3
    labels[moved] = draw.integers(0, 120, int(moved.sum()))
    predicted = pd.Series(labels, index=records.index)
    found = pd.MultiIndex.from_tuples(
        [pair for members in predicted.groupby(predicted).groups.values()
         for pair in combinations(sorted(members), 2)]
    )  # fmt: skip
    truth = pd.MultiIndex.from_tuples([tuple(sorted(pair)) for pair in true_links(records)])
    score = agreement(labels, pd.factorize(records["truth"])[0]).pairwise
    assert score.precision == pytest.approx(recordlinkage.precision(truth, found))
    assert score.recall == pytest.approx(recordlinkage.recall(truth, found))
    assert score.f1 == pytest.approx(recordlinkage.fscore(truth, found))

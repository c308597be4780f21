"""The sample defeats the obvious ways of linking; only many fields together can do it."""

from __future__ import annotations

import pytest

from sample_linking import by_contact, by_name_and_birth, records, truth
from sample_world import SEEDS
from warehouse_cdp.evaluation import pairwise_scores


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("drop_junk", [False, True])
def test_exact_email_or_phone_is_not_enough(seed: int, *, drop_junk: bool) -> None:
    clusters = by_contact(records(seed), drop_junk=drop_junk)
    scores = pairwise_scores(clusters, truth(seed))
    assert scores.precision < 0.97
    assert scores.recall < 0.80
    assert scores.true_pairs > 5_000


@pytest.mark.parametrize("seed", SEEDS)
def test_name_and_birth_date_are_not_enough(seed: int) -> None:
    scores = pairwise_scores(by_name_and_birth(records(seed)), truth(seed))
    assert scores.f1 < 0.85


@pytest.mark.parametrize("seed", SEEDS)
def test_junk_is_shared_by_many_people(seed: int) -> None:
    with_junk = by_contact(records(seed), drop_junk=False)
    without = by_contact(records(seed), drop_junk=True)
    facts = truth(seed)
    assert (
        pairwise_scores(with_junk, facts).precision
        < pairwise_scores(without, facts).precision - 0.2
    )

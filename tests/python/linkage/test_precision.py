"""Precision from a sample: unbiased, and as sure of itself as it says, on truth that is known."""

from __future__ import annotations

from math import comb

import numpy as np
import pandas as pd
import pytest
from scipy.special import betaincinv

from linkage_worlds import CLOCK, override
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import identity_precision, newest_model_id, review_decisions
from warehouse_cdp.linkage.precision import combined, stratum_estimate

MODEL = "m1"
RECORDS = pd.Series([f"r{number}" for number in range(40)])


def limits(pairs: int, decided: int, matches: int) -> tuple[float, float]:
    found = stratum_estimate(pairs, decided, matches)
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


@pytest.mark.parametrize(("pairs", "decided"), [(30, 8), (30, 29), (60, 20)])
def test_of_a_stratum_the_interval_covers_every_truth_often_enough(
    pairs: int, decided: int
) -> None:
    intervals = [limits(pairs, decided, matches) for matches in range(decided + 1)]
    for truth in range(pairs + 1):
        # Every sample there is, counted by how many matches it holds: no chance is involved.
        covered = sum(
            comb(truth, matches) * comb(pairs - truth, decided - matches)
            for matches, (low, high) in enumerate(intervals)
            if low <= truth / pairs <= high
        )
        assert covered / comb(pairs, decided) >= 0.95


def test_of_a_huge_stratum_it_is_that_of_clopper_and_pearson() -> None:
    for decided, matches in ((20, 20), (20, 0), (50, 47), (300, 1)):
        low, high = limits(10_000_000, decided, matches)
        exact_low = betaincinv(matches, decided - matches + 1, 0.025) if matches else 0.0
        missed = decided - matches
        exact_high = betaincinv(matches + 1, missed, 0.975) if missed else 1.0
        assert low == pytest.approx(exact_low, abs=1e-5)
        assert high == pytest.approx(exact_high, abs=1e-5)


def test_all_decided_is_known_and_nothing_decided_is_not() -> None:
    assert limits(7, 7, 5) == (5 / 7, 5 / 7)
    found = stratum_estimate(7, 0, 0)
    assert (found.share, found.low, found.high) == (None, None, None)
    with pytest.raises(InputDataError, match="8 matches of 5 decided"):
        stratum_estimate(10, 5, 8)


@pytest.mark.parametrize(
    "truth",
    [
        # pairs, of which matches, drawn: a matcher as it should be, and one that is not.
        [(9000, 8990, 20), (900, 880, 20), (60, 51, 20), (12, 9, 12)],
        [(4000, 3000, 25), (3000, 2900, 25), (500, 100, 25)],
        [(5000, 5000, 20), (800, 799, 20)],
    ],
)
def test_over_strata_it_is_unbiased_and_covers_the_truth(truth: list[tuple[int, int, int]]) -> None:
    dice = np.random.default_rng(20260301)
    precision = sum(matches for _, matches, _ in truth) / sum(pairs for pairs, _, _ in truth)
    repeats = 1500
    drawn = [dice.hypergeometric(good, pairs - good, n, repeats) for pairs, good, n in truth]
    shares, covered = [], 0
    known = {}
    for found in zip(*drawn, strict=True):
        if found not in known:
            strata = [(part[0], part[2], int(k)) for part, k in zip(truth, found, strict=True)]
            known[found] = combined(strata)
        estimate = known[found]
        assert estimate.share is not None
        assert estimate.low is not None
        assert estimate.high is not None
        shares.append(estimate.share)
        covered += estimate.low <= precision <= estimate.high
    error = np.std(shares) / np.sqrt(repeats)
    assert abs(np.mean(shares) - precision) <= 3 * error + 1e-12
    assert covered / repeats >= 0.95


def queue() -> pd.DataFrame:
    """Two strata of links and one of pairs apart; the sample lists three pairs of ten."""
    rows = [
        ("r0", "r1", "linked_same_email", 10),
        ("r2", "r3", "linked_same_email", 10),
        ("r4", "r5", "joined_by_others", 30),
        ("r6", "r7", "review_likely", 5),
    ]
    names = ["left_record_id", "right_record_id", "stratum", "stratum_pair_count"]
    return pd.DataFrame(rows, columns=names)


def decided(instruction: str, left: str, right: str, **values: object) -> pd.DataFrame:
    given = {"review_stratum": "linked_same_email", "review_model_id": MODEL, **values}
    return override(instruction, left, right, override_id=f"{left}-{right}", **given)


def test_decisions_count_in_their_stratum_and_in_the_sum() -> None:
    rows = pd.concat(
        [
            decided("must_link", "r1", "r0"),
            # Decided before the last build: it has left the queue, not the stratum.
            decided("cannot_link", "r8", "r9"),
        ]
    )
    decisions = review_decisions(rows, RECORDS, MODEL, CLOCK)
    found = identity_precision(queue(), decisions).set_index("stratum")
    emails = found.loc["linked_same_email"]
    counted = ["pair_count", "decided_pair_count", "match_pair_count"]
    assert list(emails[counted]) == [11, 2, 1]
    assert emails["match_share"] == 0.5
    assert emails["match_share_low"] < 0.5 < emails["match_share_high"]
    assert found.loc["joined_by_others", "note"] == "no decision yet: nothing is known"
    total = found.loc["all_linked"]
    assert list(total[counted]) == [41, 2, 1]
    assert total["match_share"] == 0.5
    assert total["note"] == ("1 of 2 strata, 73.2% of the pairs, have no decision and are left out")
    apart = found.loc["all_kept_apart"]
    assert apart["note"] == "no decision yet: nothing is known"
    assert pd.isna(apart["match_share"])
    assert found["is_linked"].to_dict() == {
        "joined_by_others": True,
        "linked_same_email": True,
        "review_likely": False,
        "all_linked": True,
        "all_kept_apart": False,
    }


def test_only_answers_that_hold_to_drawn_pairs_of_this_model_count() -> None:
    rows = pd.concat(
        [
            decided("must_link", "r0", "r1", withdrawn_at=CLOCK),
            decided("must_link", "r2", "r3", valid_until=CLOCK),
            decided("must_link", "r4", "r5", review_model_id="m0"),
            decided("must_link", "r6", "r7", review_stratum=None, review_model_id=None),
            decided("must_link", "r8", "gone"),
        ]
    )
    assert review_decisions(rows, RECORDS, MODEL, CLOCK).empty
    nothing = identity_precision(queue().head(0), review_decisions(rows, RECORDS, MODEL, CLOCK))
    assert nothing["stratum"].tolist() == ["all_linked", "all_kept_apart"]
    assert nothing["note"].tolist() == ["there are no such pairs"] * 2


def test_of_two_answers_the_newer_counts() -> None:
    later = pd.Timestamp("2026-02-01")
    rows = pd.concat(
        [
            decided("must_link", "r0", "r1").assign(override_id="old"),
            decided("cannot_link", "r0", "r1").assign(override_id="new", created_at=later),
        ]
    )
    assert review_decisions(rows, RECORDS, MODEL, CLOCK)["is_match"].tolist() == [False]


def test_the_model_in_use_is_the_newest() -> None:
    assert newest_model_id(pd.DataFrame({"model_id": [], "model_number": []})) is None
    models = pd.DataFrame({"model_id": ["b", "a"], "model_number": [2, 1]})
    assert newest_model_id(models) == "b"

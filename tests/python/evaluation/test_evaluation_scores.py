"""Measures against the truth agree with counting pair by pair."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse_cdp.evaluation import (
    TrueInteraction,
    attributed_share,
    evaluate,
    owners,
    pairwise_scores,
    record_id,
    true_interactions,
    truth_by_record,
)
from warehouse_cdp.privacy import DEMO_KEY, keyed_hash

_OTHER_TRUTHS = (
    "given_name",
    "family_name",
    "current_address_line_1",
    "current_city",
    "current_postal_code",
)
_RECORDS = st.dictionaries(
    st.integers(0, 12).map(str),
    st.tuples(st.integers(0, 3), st.sampled_from(["a", "b", "c", "", None])),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(_RECORDS)
def test_scores_equal_the_pair_by_pair_count(
    records: dict[str, tuple[int, str | None]],
) -> None:
    predicted = {record: cluster for record, (cluster, _) in records.items()}
    truth = {record: person for record, (_, person) in records.items()}
    known = [record for record, person in truth.items() if person]
    pairs = list(combinations(known, 2))
    wanted = {pair for pair in pairs if truth[pair[0]] == truth[pair[1]]}
    found = {pair for pair in pairs if predicted[pair[0]] == predicted[pair[1]]}
    scores = pairwise_scores(predicted, truth)
    assert (scores.true_pairs, scores.predicted_pairs) == (len(wanted), len(found))
    assert scores.correct_pairs == len(wanted & found)
    assert scores.precision == (len(wanted & found) / len(found) if found else 1.0)
    assert scores.recall == (len(wanted & found) / len(wanted) if wanted else 1.0)


def test_a_record_the_prediction_lacks_costs_recall() -> None:
    scores = pairwise_scores({"1": "x"}, {"1": "a", "2": "a"})
    assert (scores.recall, scores.missing_records) == (0.0, 1)


def test_unknowable_records_count_on_no_side() -> None:
    scores = pairwise_scores({"1": "x", "2": "x", "3": "x"}, {"1": "a", "2": "a", "3": None})
    assert (scores.precision, scores.recall, scores.records) == (1.0, 1.0, 2)


def test_a_customer_belongs_to_who_owns_most_of_its_records() -> None:
    predicted = {"1": "x", "2": "x", "3": "x", "4": "y", "5": "y", "6": "z"}
    truth = {"1": "b", "2": "b", "3": "a", "4": "b", "5": "a", "6": None}
    assert owners(predicted, truth) == {"x": "b", "y": "a"}


def test_attribution_shares() -> None:
    interactions = [
        TrueInteraction("i1", "a", is_knowable=True, weight=60.0),
        TrueInteraction("i2", "a", is_knowable=True, weight=-20.0),
        TrueInteraction("i3", "b", is_knowable=True, weight=20.0),
        TrueInteraction("i4", "b", is_knowable=False, weight=5.0),
        TrueInteraction("i5", "", is_knowable=False, weight=15.0),
    ]
    customer_of = {"i1": "x", "i2": None, "i3": "x", "i4": "x", "i5": None}
    share = attributed_share(interactions, customer_of, {"x": "a"})
    assert (share.right, share.wrong, share.unattributed) == (0.6, 0.2, 0.2)
    assert share.knowable_weight == 100.0
    assert share.unknowable_attributed == 0.25


def test_nothing_to_attribute_is_no_error() -> None:
    share = attributed_share([], {}, {})
    assert (share.right, share.wrong, share.unattributed) == (0.0, 0.0, 0.0)


def test_record_ids_hash_personal_keys_in_one_spelling() -> None:
    plain = record_id("email", " Ann@Example.COM ", DEMO_KEY)
    assert plain == record_id("email", "ann@example.com", DEMO_KEY)
    assert plain == f"email:{keyed_hash('ann@example.com', DEMO_KEY)}"
    device = record_id("devices", "3C:5A:00:11:22:33", DEMO_KEY)
    assert device == record_id("devices", "3c-5a-00-11-22-33", DEMO_KEY)
    assert record_id("shop_uk", "order/17", DEMO_KEY) == "shop_uk:order/17"


def test_rows_of_truth_become_one_evaluation() -> None:
    records = [
        {"source": "crm", "source_pk": "1", "person_id": "a"},
        {"source": "pos", "source_pk": "receipt/2", "person_id": "a"},
        {"source": "crm", "source_pk": "3", "person_id": ""},
    ]
    rows: list[dict[str, str | None]] = [
        {"source": "pos", "interaction_type": "receipt", "interaction_id": "2",
         "person_id": "a", "is_knowable": "true"},
        {"source": "web", "interaction_type": "event", "interaction_id": "9",
         "person_id": None, "is_knowable": "false"},
    ]  # fmt: skip
    result = evaluate(
        {"crm:1": "x", "pos:receipt/2": "x", "crm:3": "y"},
        truth_by_record(records, DEMO_KEY),
        true_interactions(rows, ["order", "receipt"], {"pos:2": 12.5}),
        true_interactions(rows, ["event"]),
        {"pos:2": "x"},
        [{"person_id": "a", "current_email": "a@mail.org"} | dict.fromkeys(_OTHER_TRUTHS)],
        {"x": {"email": "A@mail.org"}},
    )
    assert result.linking.f1 == 1.0
    assert result.revenue.right == pytest.approx(1.0)
    assert result.revenue.knowable_weight == 12.5
    assert result.events.knowable_weight == 0.0
    assert (result.golden.email.right, result.golden.email.people) == (1.0, 1)
    assert result.golden.address.missing == 1.0


def test_a_record_that_its_source_deleted_is_not_missed() -> None:
    truth = {"a:1": "p", "a:2": "p", "a:3": "p", "b:1": "q"}
    predicted = {"a:1": 1, "a:2": 1, "b:1": 2}
    missed = pairwise_scores(predicted, truth)
    assert (missed.true_pairs, missed.missing_records, missed.deleted_records) == (3, 1, 0)
    assert missed.bcubed_f1 < 1.0
    # A deletion that was not heeded counts like any record.
    told = pairwise_scores(predicted, truth, {"a:3", "b:1"})
    assert (told.true_pairs, told.missing_records, told.deleted_records) == (1, 0, 1)
    assert (told.recall, told.bcubed_f1, told.records) == (1.0, 1.0, 3)

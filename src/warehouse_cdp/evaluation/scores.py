"""How well predicted clusters of records agree with the truth, counted without listing pairs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from warehouse_cdp.matching.evaluate import agreement

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping


@dataclass(frozen=True)
class PairwiseScores:
    """Agreement of two partitions, by pairs of records."""

    precision: float
    recall: float
    f1: float
    true_pairs: int
    predicted_pairs: int
    correct_pairs: int
    records: int
    missing_records: int
    """Records with a known person that the prediction does not hold; each counts as alone."""
    deleted_records: int = 0
    """Records that their source deleted, which are no records any more and are not counted."""
    bcubed_precision: float = 1.0
    bcubed_recall: float = 1.0
    bcubed_f1: float = 1.0


def pairwise_scores(
    predicted: Mapping[str, Hashable],
    truth: Mapping[str, str | None],
    deleted: Collection[str] = (),
) -> PairwiseScores:
    """Compare ``record_id -> cluster`` with ``record_id -> person`` (``matching.evaluate``).

    Records in ``deleted`` that the prediction rightly does not hold are left out of both sides.

    Records without a person in the truth ('cannot be known') are left out of both sides. With no
    pair to find, or none predicted, the measure is 1: nothing was got wrong.
    """
    clusters: dict[Hashable, int] = {}
    people: dict[str, int] = {}
    labels = []
    missing = left_out = 0
    gone = frozenset(deleted)
    for record, person in truth.items():
        if not person:
            continue
        if record in gone and record not in predicted:
            left_out += 1
            continue
        cluster = -1
        if record in predicted:
            cluster = clusters.setdefault(predicted[record], len(clusters))
        else:
            missing += 1
        labels.append((cluster, people.setdefault(person, len(people))))
    table = np.array(labels, dtype=np.int64).reshape(-1, 2)
    found = agreement(table[:, 0], table[:, 1])
    return PairwiseScores(
        precision=found.pairwise.precision,
        recall=found.pairwise.recall,
        f1=found.pairwise.f1,
        true_pairs=found.true_pairs,
        predicted_pairs=found.predicted_pairs,
        correct_pairs=found.correct_pairs,
        records=found.records,
        missing_records=missing,
        deleted_records=left_out,
        bcubed_precision=found.bcubed.precision,
        bcubed_recall=found.bcubed.recall,
        bcubed_f1=found.bcubed.f1,
    )


def owners(
    predicted: Mapping[str, Hashable], truth: Mapping[str, str | None]
) -> dict[Hashable, str]:
    """Return each customer's person: the one who owns most of its records in the truth.

    Ties go to the person whose id sorts first, so that the answer is one. A customer none of
    whose records has a person is left out.
    """
    counts: dict[Hashable, Counter[str]] = {}
    for record, cluster in predicted.items():
        person = truth.get(record)
        if person:
            counts.setdefault(cluster, Counter())[person] += 1
    return {
        cluster: min(people, key=lambda person: (-people[person], person))
        for cluster, people in counts.items()
    }

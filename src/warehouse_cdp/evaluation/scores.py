"""How well predicted clusters of records agree with the truth, counted without listing pairs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping


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


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def pairwise_scores(
    predicted: Mapping[str, Hashable], truth: Mapping[str, str | None]
) -> PairwiseScores:
    """Compare ``record_id -> cluster`` with ``record_id -> person``.

    Records without a person in the truth ('cannot be known') are left out of both sides. Pairs
    are counted from the sizes of the cells cluster x person, so the time is linear in records.
    With no pair to find, or none predicted, the measure is 1: nothing was got wrong.
    """
    cells: Counter[tuple[Hashable, str]] = Counter()
    clusters: Counter[Hashable] = Counter()
    people: Counter[str] = Counter()
    missing = 0
    for record, person in truth.items():
        if not person:
            continue
        if record in predicted:
            cluster: Hashable = predicted[record]
        else:
            cluster = ("not predicted", record)
            missing += 1
        cells[cluster, person] += 1
        clusters[cluster] += 1
        people[person] += 1
    correct = _pairs(cells.values())
    found, wanted = _pairs(clusters.values()), _pairs(people.values())
    precision = correct / found if found else 1.0
    recall = correct / wanted if wanted else 1.0
    total = precision + recall
    return PairwiseScores(
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / total if total else 0.0,
        true_pairs=wanted,
        predicted_pairs=found,
        correct_pairs=correct,
        records=sum(people.values()),
        missing_records=missing,
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

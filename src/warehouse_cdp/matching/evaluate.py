"""How well predicted clusters agree with the truth: by pairs, by records, by whole clusters.

All three come from one table, the sizes of the cells cluster x person, so that time is that of a
sort and memory is linear in the number of records, however large the clusters are.

With n records, cells of n_ij records (cluster i, person j), a_i = sum_j n_ij records in a cluster
and b_j = sum_i n_ij records of a person:

* **pairwise**: pairs C(n) = n (n - 1) / 2; precision = sum C(n_ij) / sum C(a_i), recall =
  sum C(n_ij) / sum C(b_j) (Hubert and Arabie 1985, "Comparing partitions", section 2). Large
  clusters weigh by the square of their size.
* **B-cubed**: precision = 1/n sum n_ij^2 / a_i, recall = 1/n sum n_ij^2 / b_j: the share of a
  record's cluster that is its person, averaged over records (Bagga and Baldwin 1998,
  "Entity-based cross-document coreferencing using the vector space model"). Every record weighs
  alike.
* **cluster**: the share of clusters, and of people, that are exactly one another's records (Huang
  et al. 2006 and Menestrina, Whang and Garcia-Molina 2010, "Evaluating entity resolution
  results", section 3.2). The strictest: one record astray spoils two clusters.

F1 is the harmonic mean of precision and recall throughout.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Labels = npt.NDArray[np.integer]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Measure:
    """Precision, recall and their harmonic mean, each in [0, 1]."""

    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, precision: float, recall: float) -> Measure:
        """The measure with its F1; 0 where both parts are."""
        total = precision + recall
        return cls(precision, recall, 2 * precision * recall / total if total else 0.0)


@dataclass(frozen=True)
class Agreement:
    """Agreement of two partitions of the records whose person is known."""

    pairwise: Measure
    bcubed: Measure
    cluster: Measure
    records: int
    predicted_pairs: int
    true_pairs: int
    correct_pairs: int
    predicted_clusters: int
    true_clusters: int
    correct_clusters: int


def agreement(predicted: Labels | Sequence[int], truth: Labels | Sequence[int]) -> Agreement:
    """Compare two label arrays of one length, one label a record.

    Which integers are labels does not matter, only which records share one. A negative label in
    ``truth`` means that the record's person is not known: it counts on no side. A negative label
    in ``predicted`` means that the record is in no cluster: it stands alone.

    Where there is nothing to get wrong (no pair predicted, no pair true, no record at all) the
    share is 1.

    Raises:
        ValueError: the arrays differ in length, are not of one dimension or hold no integers.
    """
    clusters, people = _labels("predicted", predicted), _labels("truth", truth)
    if len(clusters) != len(people):
        message = f"predicted holds {len(clusters)} labels and truth {len(people)}"
        raise ValueError(message)
    known = people >= 0
    clusters, people = clusters[known], people[known]
    cluster_of, cluster_sizes = _dense(_with_own_label(clusters))
    person_of, person_sizes = _dense(people)
    base = max(len(person_sizes), 1)
    cells, cell_sizes = np.unique(cluster_of * base + person_of, return_counts=True)
    in_cluster, of_person = cluster_sizes[cells // base], person_sizes[cells % base]
    correct, found, wanted = _pairs(cell_sizes), _pairs(cluster_sizes), _pairs(person_sizes)
    whole = int(np.count_nonzero((cell_sizes == in_cluster) & (cell_sizes == of_person)))
    return Agreement(
        pairwise=Measure.of(_share(correct, found), _share(correct, wanted)),
        bcubed=Measure.of(_mean_share(cell_sizes, in_cluster), _mean_share(cell_sizes, of_person)),
        cluster=Measure.of(_share(whole, len(cluster_sizes)), _share(whole, len(person_sizes))),
        records=len(people),
        predicted_pairs=found,
        true_pairs=wanted,
        correct_pairs=correct,
        predicted_clusters=len(cluster_sizes),
        true_clusters=len(person_sizes),
        correct_clusters=whole,
    )


def _labels(name: str, values: Labels | Sequence[int]) -> npt.NDArray[np.int64]:
    labels = np.asarray(values)
    if not len(labels):
        return np.zeros(0, dtype=np.int64)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        message = f"{name} must be one dimension of integers, not {labels.ndim} of {labels.dtype}"
        raise ValueError(message)
    return labels.astype(np.int64)


def _with_own_label(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Give each negative label its own number above all others."""
    alone = np.flatnonzero(labels < 0)
    if not len(alone):
        return labels
    # Dense first: the largest label may be the largest integer there is.
    _, named = np.unique(labels, return_inverse=True)
    result = named.astype(np.int64)
    result[alone] = len(labels) + np.arange(len(alone), dtype=np.int64)
    return result


def _dense(labels: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Counts]:
    """Labels as 0 … k - 1 and how many records hold each."""
    _, codes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    return codes.astype(np.int64), sizes.astype(np.int64)


def _pairs(sizes: Counts) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _mean_share(cells: Counts, totals: Counts) -> float:
    """Mean over records of the share that their cell has of a total.

    Cells of equal sizes are taken together and added up exactly, so that the result does not
    depend on which numbers the labels are.
    """
    if not len(cells):
        return 1.0
    base = int(totals.max()) + 1
    kinds, counts = np.unique(cells * base + totals, return_counts=True)
    parts = [
        count * (kind // base) ** 2 / (kind % base)
        for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True)
    ]
    return math.fsum(parts) / int(cells.sum())

"""How to match: one frozen value, checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warehouse_cdp.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from warehouse_cdp.matching.classify import Classifier


@dataclass(frozen=True)
class MatchOptions:
    """How to match; the defaults are meant to serve any file.

    ``threshold`` and ``cut`` are those of ``benchmarks/cross_validate.py``, see
    ``docs/decisions/0011-the-cut-is-cross-validated.md``.

    Attributes:
        threshold: match probability from which two records are linked.
        cut: mean match weight (log2 odds) below which a cluster is taken apart.
        largest_cluster: most records of a customer, those equal in every column counted as one;
            a larger component is taken apart along its weakest links.
        pairs_per_record: candidate pairs a blocking rule may make, per record of the file.
        nicknames: short given name to the full ones it may stand for, all of them folded to
            plain lower-case letters.
        deduplicated: sources that are known to hold each person once.
        must_links: pairs of record ids that are one person's whatever the evidence.
        cannot_links: pairs of record ids that are two people's whatever the evidence.
        classifier: gives the probabilities in place of the model's weights (see ``classify``).
        classifier_columns: what it was fitted on, in that order; none: all columns compared.
        seed: of the random pairs that chance agreement is measured on.
        threads: on which texts are compared; the result does not depend on it.
    """

    threshold: float = 0.3
    cut: float = -3.0
    largest_cluster: int = 3_000
    pairs_per_record: float = 2.0
    nicknames: Mapping[str, Collection[str]] = field(default_factory=dict)
    deduplicated: Collection[str] = ()
    must_links: Sequence[tuple[str, str]] = ()
    cannot_links: Sequence[tuple[str, str]] = ()
    classifier: Classifier | None = None
    classifier_columns: Sequence[str] = ()
    seed: int = 20_250_101
    threads: int = 2

    def __post_init__(self) -> None:
        """Refuse values out of range, all of them at once."""
        wrong = []
        if not 0.0 < self.threshold < 1.0:
            wrong.append(f"threshold is {self.threshold}: between 0 and 1 (both excluded)")
        if self.largest_cluster < 1:
            wrong.append(f"largest_cluster is {self.largest_cluster}: at least 1")
        if not self.pairs_per_record > 0:
            wrong.append(f"pairs_per_record is {self.pairs_per_record}: more than 0")
        if self.threads < 1:
            wrong.append(f"threads is {self.threads}: at least 1")
        if wrong:
            raise ConfigurationError("; ".join(wrong))

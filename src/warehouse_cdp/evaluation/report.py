"""Evaluates one build against the sample's truth: linking, revenue, events and golden fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse_cdp.evaluation.attribution import (
    AttributedShare,
    TrueInteraction,
    attributed_share,
)
from warehouse_cdp.evaluation.golden import GoldenFields, customer_of_person, golden_fields
from warehouse_cdp.evaluation.scores import PairwiseScores, owners, pairwise_scores
from warehouse_cdp.privacy import keyed_hash, normalise_email, normalise_mac

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping


@dataclass(frozen=True)
class Evaluation:
    """All measures of one build."""

    linking: PairwiseScores
    revenue: AttributedShare
    events: AttributedShare
    golden: GoldenFields


def record_id(source: str, source_pk: str, key: str) -> str:
    """Return the ``record_id`` of a truth row, from the raw key it holds.

    Where the source's own key is personal (e-mail subscribers, devices by MAC address) the
    warehouse knows the record by a keyed hash of the normalised key.
    """
    if source == "email":
        return f"email:{keyed_hash(normalise_email(source_pk), key)}"
    if source == "devices":
        return f"devices:{keyed_hash(normalise_mac(source_pk), key)}"
    return f"{source}:{source_pk}"


def truth_by_record(
    person_records: Iterable[Mapping[str, str | None]], key: str
) -> dict[str, str | None]:
    """Return ``record_id -> person`` from rows of ``truth/person_records``."""
    return {
        record_id(str(row["source"]), str(row["source_pk"]), key): row["person_id"] or None
        for row in person_records
    }


def true_interactions(
    rows: Iterable[Mapping[str, str | None]],
    kinds: Iterable[str],
    weights: Mapping[str, float] | None = None,
) -> list[TrueInteraction]:
    """Return the truth's interactions of some kinds, with weights by id (``<source>:<id>``).

    Without ``weights`` each counts 1; with them, an interaction not listed counts nothing.
    """
    wanted = frozenset(kinds)
    result = []
    for row in rows:
        if row["interaction_type"] not in wanted:
            continue
        name = f"{row['source']}:{row['interaction_id']}"
        weight = 1.0 if weights is None else weights.get(name, 0.0)
        known = row["is_knowable"] == "true"
        result.append(TrueInteraction(name, row["person_id"] or "", known, weight))
    return result


def evaluate(
    predicted: Mapping[str, Hashable],
    truth: Mapping[str, str | None],
    orders: Iterable[TrueInteraction],
    events: Iterable[TrueInteraction],
    customer_of: Mapping[str, Hashable | None],
    persons: Iterable[Mapping[str, str | None]],
    customers: Mapping[Hashable, Mapping[str, str | None]],
    deleted: Collection[str] = (),
) -> Evaluation:
    """Return all measures: ``predicted`` and ``truth`` by record, ``customer_of`` by interaction.

    ``orders`` carry their revenue as weight; ``events`` count one each. ``persons`` are rows of
    ``truth/persons``, ``customers`` the golden fields by customer;
    ``deleted`` are records that their source deleted.
    """
    people = owners(predicted, truth)
    return Evaluation(
        linking=pairwise_scores(predicted, truth, deleted),
        revenue=attributed_share(orders, customer_of, people),
        events=attributed_share(events, customer_of, people),
        golden=golden_fields(persons, customers, customer_of_person(predicted, truth)),
    )

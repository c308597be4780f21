"""How much of what people did, and spent, ended up with the right person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping


@dataclass(frozen=True)
class TrueInteraction:
    """What the truth says about one interaction."""

    interaction_id: str
    person_id: str
    is_knowable: bool
    weight: float = 1.0
    """What the interaction counts for: its revenue, or 1 to count interactions."""


@dataclass(frozen=True)
class AttributedShare:
    """Shares of the knowable weight; the three add up to 1 where there is any."""

    right: float
    wrong: float
    unattributed: float
    knowable_weight: float
    unknowable_attributed: float
    """Share of the weight that cannot be known that was given to somebody all the same."""


def attributed_share(
    interactions: Iterable[TrueInteraction],
    customer_of: Mapping[str, Hashable | None],
    person_of_customer: Mapping[Hashable, str],
) -> AttributedShare:
    """Measure an attribution ``interaction_id -> customer`` against the truth.

    A customer's person is the one who owns most of its records (``scores.owners``). An
    interaction that names no customer, or one without a person, is unattributed; one whose
    customer belongs to another person than the truth says is wrong. A negative weight (a return)
    counts by its size.
    """
    right = wrong = unattributed = unknowable = unknowable_given = 0.0
    for item in interactions:
        size = abs(item.weight)
        customer = customer_of.get(item.interaction_id)
        person = None if customer is None else person_of_customer.get(customer)
        if not item.is_knowable:
            unknowable += size
            unknowable_given += size if customer is not None else 0.0
        elif person is None:
            unattributed += size
        elif person == item.person_id:
            right += size
        else:
            wrong += size
    knowable = right + wrong + unattributed
    base = knowable or 1.0
    return AttributedShare(
        right=right / base,
        wrong=wrong / base,
        unattributed=unattributed / base,
        knowable_weight=knowable,
        unknowable_attributed=unknowable_given / unknowable if unknowable else 0.0,
    )

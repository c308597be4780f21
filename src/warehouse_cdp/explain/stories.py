"""What there is to tell of two records, or of one customer: picked out and put in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse_cdp.explain.chains import Chains, strength
from warehouse_cdp.explain.facts import CUT, LINKED, REJECTED, REVIEW

if TYPE_CHECKING:
    from warehouse_cdp.explain.chains import Step
    from warehouse_cdp.explain.facts import Change, Facts, Link, Record


@dataclass(frozen=True)
class HeldApart:
    """A pair of a customer's record and somebody else's that might have been linked."""

    link: Link
    inside: str
    outside: str
    other_customer: str | None


@dataclass(frozen=True)
class PairStory:
    """Why two records are one customer, or why not.

    ``steps`` is the chain of links from ``left`` to ``right``; None when nothing joins them.
    ``direct`` is what was decided of the two themselves, if it is listed; ``across`` are the other
    listed pairs between the two customers, the strongest first. ``tree_ends`` are the ends of the
    links that hold each customer together.
    """

    left: Record
    right: Record
    steps: tuple[Step, ...] | None
    direct: Link | None
    across: tuple[Link, ...]
    tree_ends: frozenset[frozenset[str]]

    @property
    def is_one_customer(self) -> bool:
        """Whether both records have the same customer now."""
        return self.left.customer_id == self.right.customer_id


@dataclass(frozen=True)
class CustomerStory:
    """What holds a customer together, what was kept away from it, and what runs did to it.

    ``tree`` are the links that it cannot do without, the strongest first; ``more_links`` join
    records that these join already. ``loose`` are records that no link of now joins to the rest.
    """

    customer_id: str
    named_by: str
    records: tuple[Record, ...]
    tree: tuple[Link, ...]
    weakest: Link | None
    more_links: tuple[Link, ...]
    held_apart: tuple[HeldApart, ...]
    rejected_count: int
    changes: tuple[Change, ...]
    loose: tuple[str, ...]


def pair_story(facts: Facts) -> PairStory:
    """The story of the two records asked for."""
    one, other = (facts.records[str(asked.record_id)] for asked in facts.asked)
    customers = facts.customers()
    members = [record.record_id for name in customers for record in facts.members(name)]
    direct = facts.between(one.record_id, other.record_id)
    across = [
        link
        for link in facts.links
        if len(customers) > 1
        and link is not direct
        and {facts.customer_of(link.left), facts.customer_of(link.right)} == set(customers)
    ]
    chains = Chains(members, facts.links)
    return PairStory(
        left=one,
        right=other,
        steps=chains.path(one.record_id, other.record_id),
        direct=direct,
        across=tuple(sorted(across, key=_strongest_first)),
        tree_ends=frozenset(map(_ends, chains.tree)),
    )


def customer_story(facts: Facts) -> CustomerStory:
    """The story of the customer asked for."""
    (asked,) = facts.asked
    customer = asked.customer_id
    records = facts.members(customer)
    inside = {record.record_id for record in records}
    chains = Chains(inside, facts.links)
    held: tuple[str, ...] = (CUT, REVIEW)
    near = [
        _held_apart(facts, link, inside)
        for link in sorted(facts.links, key=_strongest_first)
        if link.decision in held and len(link.ends & inside) == 1
    ]
    tree = set(map(_ends, chains.tree))
    more = [
        link
        for link in facts.links
        if link.decision == LINKED and link.ends <= inside and link.ends not in tree
    ]
    first = records[0].record_id if records else ""
    return CustomerStory(
        customer_id=customer,
        named_by=asked.given,
        records=records,
        tree=tuple(sorted(chains.tree, key=_strongest_first)),
        weakest=chains.weakest(),
        more_links=tuple(sorted(more, key=_strongest_first)),
        held_apart=tuple(near),
        rejected_count=sum(
            link.decision == REJECTED and len(link.ends & inside) == 1 for link in facts.links
        ),
        changes=tuple(change for change in facts.changes if change.customer_id == customer),
        loose=tuple(
            record.record_id for record in records if chains.path(record.record_id, first) is None
        ),
    )


def _held_apart(facts: Facts, link: Link, inside: set[str]) -> HeldApart:
    own = link.left if link.left in inside else link.right
    other = link.other(own)
    return HeldApart(link, own, other, facts.customer_of(other))


def _ends(link: Link) -> frozenset[str]:
    return link.ends


def _strongest_first(link: Link) -> tuple[float, str, str]:
    return (-strength(link), link.left, link.right)

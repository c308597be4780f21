"""What must become of ids between two waves, by plain set logic and nothing of the library.

Design 5.2 rule 2: an id is made from the founding record and a generation; a cluster keeps the id
it overlaps most, counting where removed records were last, ties to the oldest; of the parts of a
split the largest keeps it; what a merge took away comes back when the merge is undone.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Map = dict[str, str]
"""Record to customer, of every record that is there."""
Cluster = frozenset[str]


def mint(record: str, taken: Iterable[str] = ()) -> str:
    """The id that a customer founded by a record gets while others are taken."""
    generation = 0
    while True:
        generation += 1
        digest = hashlib.sha256(f"{record}|{generation}".encode()).digest()
        made = "cus_" + base64.b32encode(digest).decode("ascii").lower()[:20]
        if made not in set(taken):
            return made


def clusters_of(records: Map) -> set[Cluster]:
    """The partition of the records, ids forgotten."""
    groups: dict[str, set[str]] = {}
    for record, customer in records.items():
        groups.setdefault(customer, set()).add(record)
    return {frozenset(group) for group in groups.values()}


def expected_ids(
    past: Sequence[Map], clusters: Iterable[Cluster], seniority: Mapping[str, tuple[int, str]]
) -> Map:
    """Who must have which id, given the maps of all runs before and the partition now.

    ``seniority`` sorts records, the oldest first.
    """
    births: dict[str, tuple[int, str]] = {}
    held_since: dict[tuple[str, str], int] = {}
    held: dict[str, list[str]] = {}
    for run, records in enumerate(past):
        for record, customer in sorted(records.items()):
            births.setdefault(customer, (run, record))
            ids = held.setdefault(record, [])
            before = past[run - 1].get(record) if run else None
            if customer != before:
                held_since[(record, customer)] = run
            if customer in ids:
                ids.remove(customer)
            ids.append(customer)
    founders = {cluster: min(cluster, key=lambda record: seniority[record]) for cluster in clusters}
    settled: dict[Cluster, str] = {}
    for age in range(1, len(past) + 1):
        # First by the id that each record had last, then, for those left, by the one before.
        waiting = [cluster for cluster in founders if cluster not in settled]
        claims = Counter(
            (cluster, held[record][-age])
            for cluster in waiting
            for record in cluster
            if len(held.get(record, [])) >= age
        )

        def strength(
            claim: tuple[Cluster, str], claims: Counter[tuple[Cluster, str]] = claims
        ) -> tuple[object, ...]:
            cluster, customer = claim
            since = sum(held_since.get((record, customer), 0) for record in cluster)
            return (-claims[claim], births[customer], since, seniority[founders[cluster]])

        for cluster, customer in sorted(claims, key=strength):
            if cluster not in settled and customer not in settled.values():
                settled[cluster] = customer
    unsettled = [cluster for cluster in founders if cluster not in settled]
    for cluster in sorted(unsettled, key=lambda cluster: seniority[founders[cluster]]):
        settled[cluster] = mint(founders[cluster], {*births, *settled.values()})
    return {record: customer for cluster, customer in settled.items() for record in cluster}


@dataclass(frozen=True)
class Changes:
    """What happened between two runs: ids by what became of them, records by how they moved."""

    customers: dict[str, set[str]]
    records: dict[str, set[tuple[str, str | None, str | None]]]


def changes_between(past: Sequence[Map], now: Map) -> Changes:
    """Customers and records by change type, as ``identity_changes`` and the log name them.

    A record is given with the customer it has now and the one it had (null: none).
    """
    last = {record: customer for records in past for record, customer in records.items()}
    ever = set().union(*(records.values() for records in past))
    records: dict[str, set[tuple[str, str | None, str | None]]] = {}
    for record in {*past[-1], *now}:
        holder, previous = now.get(record), past[-1].get(record)
        if holder != previous:
            kind = _what_became_of_record(record, past[-1], now, last, ever)
            origin = last.get(record) if kind == "restored" else previous
            records.setdefault(kind, set()).add((record, holder, origin))
    customers: dict[str, set[str]] = {}
    for customer in {*past[-1].values(), *now.values()}:
        fate = _what_became_of_customer(customer, past[-1], now, ever)
        if fate:
            customers.setdefault(fate, set()).add(customer)
    return Changes(customers, records)


def _what_became_of_record(record: str, before: Map, now: Map, last: Map, ever: set[str]) -> str:
    if record not in now:
        return "removed"
    if record not in before:
        known = "joined" if now[record] in ever else "created"
        return "restored" if record in last else known
    if before[record] not in now.values():
        return "merged"
    return "moved" if now[record] in before.values() else "split"


def _what_became_of_customer(customer: str, before: Map, now: Map, ever: set[str]) -> str | None:
    had = {record for record, holder in before.items() if holder == customer}
    has = {record for record, holder in now.items() if holder == customer}
    lost, gained = had - has, has - had
    if not lost and not gained:
        return None
    if not had:
        return "restored" if customer in ever else "created"
    if not has:
        return "merged" if lost & set(now) else "retired"
    if any(record in now and now[record] not in before.values() for record in lost):
        return "split"
    return "grew" if len(gained) >= len(lost) else "shrank"


def resolved(past: Sequence[Map], now: Map) -> dict[str, str | None]:
    """What each id that is no more means now: where most of those are who left it last.

    Null if none of its records is left. Chains of merges resolve in one step, because a record
    is looked up where it is now.
    """
    runs = [*past, now]
    living = set(now.values())
    meaning: dict[str, str | None] = {}
    for customer in set().union(*(records.values() for records in past)) - living:
        leavers: Counter[tuple[int, str]] = Counter()
        for run, (earlier, later) in enumerate(pairwise(runs)):
            for record, holder in earlier.items():
                if holder == customer and later.get(record) != customer and record in now:
                    leavers[(run, now[record])] += 1
        # The newest departure decides, then the number of records, then the smaller id.
        best: dict[str, tuple[int, int]] = {}
        for (run, target), count in leavers.items():
            newest, total = best.get(target, (-1, 0))
            best[target] = (max(newest, run), total + count)
        meaning[customer] = min(
            best, key=lambda target: (-best[target][0], -best[target][1], target), default=None
        )
    return meaning

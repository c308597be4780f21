"""Chains of links: what holds a customer together, and the path between two records."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd

from warehouse_cdp.explain.facts import LINKED
from warehouse_cdp.linkage import link_trees

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from warehouse_cdp.explain.facts import Link


@dataclass(frozen=True)
class Step:
    """A link as it is walked, from one record to the next."""

    start: str
    end: str
    link: Link
    is_weakest: bool


def strength(link: Link) -> float:
    """The weight to compare links by; a certain one is stronger than any other."""
    return math.inf if link.weight is None else link.weight


class Chains:
    """The strongest links among some records, the same that ``identity_link_trees`` holds."""

    def __init__(self, record_ids: Iterable[str], links: Sequence[Link]) -> None:
        """Find the trees; links that are not linked, or lead elsewhere, do not count."""
        ids = pd.Series(sorted(set(record_ids)), dtype=object)
        known = set(ids)
        self._links = {
            link.ends: link for link in links if link.decision == LINKED and link.ends <= known
        }
        frame = pd.DataFrame(
            [
                (one.left, one.right, one.rule, one.decision, one.weight)
                for one in self._links.values()
            ],
            columns=["left_record_id", "right_record_id", "rule", "decision", "match_weight"],
        ).astype({"match_weight": float})
        ways = link_trees(ids, frame)
        self._ways: dict[str, list[str]] = {}
        for record, place in zip(ways["record_id"], ways["left_record_id"], strict=True):
            self._ways.setdefault(str(record), []).append(str(place))
        self.tree = tuple(
            self._links[frozenset(way[:2])] for way in self._ways.values() if len(way) > 1
        )
        """The links that hold the records together, a record at a time."""

    def weakest(self) -> Link | None:
        """The weakest link that the records cannot do without; None where there is none."""
        return min(
            self.tree, key=lambda link: (strength(link), link.left, link.right), default=None
        )

    def path(self, start: str, goal: str) -> tuple[Step, ...] | None:
        """The steps from one record to another; None when no chain of links joins them."""
        up, down = self._ways[start], self._ways[goal]
        if up[-1] != down[-1]:
            return None
        shared = set(up) & set(down)
        up = [record for record in up if record not in shared]
        down = [record for record in down if record not in shared]
        meeting = self._ways[start][len(up)]
        places = [*up, meeting, *reversed(down)]
        walked = list(pairwise(places))
        found = [self._links[frozenset(pair)] for pair in walked]
        weights = [strength(link) for link in found]
        weakest = weights.index(min(weights)) if weights else -1
        return tuple(
            Step(one, other, link, place == weakest)
            for place, ((one, other), link) in enumerate(zip(walked, found, strict=True))
        )

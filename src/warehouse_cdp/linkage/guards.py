"""What keeps clusters honest: contradictions, limits, sizes and overrides, on whole clusters.

Edges are taken strongest first and join two clusters unless that would break a guard; an edge
that would is cut, and says by which. So on every path between two records that must stay apart
the weakest edge goes, whatever the order the edges came in. Without a guard to break, the
outcome is exactly the connected components.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from warehouse_cdp.linkage.separation import SEPARATIONS, comparable, contradiction, facets_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from warehouse_cdp.linkage.settings import IdentifierLimit

GUARDS = (
    "cannot_link_override",
    "two_national_ids",
    "two_birth_dates",
    "two_name_suffixes",
    "two_given_names",
    "too_many_identifiers",
    "cluster_size_limit",
    "ambiguous_namesakes",
    "ambiguous_identifier",
    "weakest_evidence",
)
"""What ``cut_by`` may say (``too_many_identifiers`` is followed by ``:<type>``)."""

_TOLERATED_CONTRADICTIONS = 0.5
"""Share of the judged pairs of records across two clusters that may contradict each other."""
_FEWEST_TO_CUT = 3
"""Records of a customer in which a contradiction is looked for: what links two was weighed."""


@dataclass
class _Cluster:
    size: int
    facets: Counter[int]
    is_named: bool
    identifiers: dict[str, dict[str, float]]
    forbidden: set[int] = field(default_factory=set)


class GuardedClusters:
    """Clusters that grow edge by edge under the guards.

    ``records`` (prepared, in ``record_id`` order) and ``identifiers`` (unblocked, with
    ``position`` of the record) describe the members; ``cannot_links`` are pairs of positions;
    ``forgiven`` as in ``contradiction``.
    """

    def __init__(
        self,
        records: pd.DataFrame,
        identifiers: pd.DataFrame,
        cannot_links: list[tuple[int, int]],
        limits: Mapping[str, IdentifierLimit],
        max_cluster_records: int,
        forgiven: frozenset[str] = frozenset(),
    ) -> None:
        self.limits = limits
        self.max_cluster_records = max_cluster_records
        self.forgiven = forgiven
        self.parent = list(range(len(records)))
        self.facet_values, codes = facets_of(records)
        named = records["given_name_key"].notna().to_numpy()
        self.clusters = {
            position: _Cluster(1, Counter({int(codes[position]): 1}), bool(named[position]), {})
            for position in range(len(records))
        }
        self._known_contradictions: dict[tuple[int, int], str | None] = {}
        self._hold_identifiers(identifiers)
        for one, other in cannot_links:
            self.clusters[one].forbidden.add(other)
            self.clusters[other].forbidden.add(one)

    def _hold_identifiers(self, identifiers: pd.DataFrame) -> None:
        limited = identifiers[identifiers["identifier_type"].isin(list(self.limits))]
        days = (
            (limited["first_seen_at"] - pd.Timestamp("1970-01-01")).dt.total_seconds() / 86400.0
        ).to_numpy()
        for position, kind, key, day in zip(
            limited["position"].tolist(),
            limited["identifier_type"].tolist(),
            limited["identifier_key"].tolist(),
            days.tolist(),
            strict=True,
        ):
            self.clusters[position].identifiers.setdefault(kind, {})[key] = day

    def find(self, position: int) -> int:
        """The position that stands for the cluster of a record."""
        root = position
        while self.parent[root] != root:
            root = self.parent[root]
        while self.parent[position] != root:
            self.parent[position], position = root, self.parent[position]
        return root

    def cluster_of(self, position: int) -> _Cluster:
        """The cluster of a record."""
        return self.clusters[self.find(position)]

    def join(self, left: int, right: int, *, guarded: bool = True) -> str | None:
        """Join the clusters of two records; the guard that forbids it, or None when done.

        ``guarded`` false heeds cannot-links only.
        """
        one, other = self.find(left), self.find(right)
        if one == other:
            return None
        if self.clusters[one].size < self.clusters[other].size or (
            self.clusters[one].size == self.clusters[other].size and other < one
        ):
            one, other = other, one
        larger, smaller = self.clusters[one], self.clusters[other]
        broken = self._broken_guard(one, larger, smaller, guarded=guarded)
        if broken:
            return broken
        self.parent[other] = one
        larger.size += smaller.size
        larger.facets += smaller.facets
        larger.is_named = larger.is_named or smaller.is_named
        larger.forbidden |= smaller.forbidden
        for kind, values in smaller.identifiers.items():
            larger.identifiers[kind] = _earliest(larger.identifiers.get(kind, {}), values)
        del self.clusters[other]
        return None

    def contradict(self, left: int, right: int) -> bool:
        """Whether a separation rule keeps the clusters of two records apart."""
        one, other = self.find(left), self.find(right)
        return one != other and bool(
            self._broken_separation(self.clusters[one], self.clusters[other])
        )

    def contradicted(self) -> npt.NDArray[np.int64]:
        """Clusters (as ``find`` names them) that hold a contradiction, tolerated or told to join.

        Two records never share one, so only clusters of three or more are asked.
        """
        found = [
            root
            for root, cluster in self.clusters.items()
            if cluster.size >= _FEWEST_TO_CUT
            and len(cluster.facets) > 1
            and any(
                self._contradiction(one, other)
                for one, other in combinations(sorted(cluster.facets), 2)
            )
        ]
        return np.array(sorted(found), dtype=np.int64)

    def _broken_guard(
        self, root: int, larger: _Cluster, smaller: _Cluster, *, guarded: bool
    ) -> str | None:
        kept_apart = bool(larger.forbidden) and bool(smaller.forbidden)
        if kept_apart and any(self.find(position) == root for position in smaller.forbidden):
            return "cannot_link_override"
        if not guarded:
            return None
        contradicted = self._broken_separation(larger, smaller)
        if contradicted:
            return contradicted
        if larger.size + smaller.size > self.max_cluster_records:
            return "cluster_size_limit"
        for kind in sorted(set(larger.identifiers) & set(smaller.identifiers)):
            united = _earliest(larger.identifiers[kind], smaller.identifiers[kind])
            if exceeds_limit(list(united.values()), self.limits[kind]):
                return f"too_many_identifiers:{kind}"
        return None

    def _broken_separation(self, larger: _Cluster, smaller: _Cluster) -> str | None:
        """The separation rule that most of the pairs of records across two clusters break.

        Not any: among twenty records of one person one misspelt short form would contradict
        another. Only pairs that both know what the rule is about are counted.
        """
        broken: Counter[str] = Counter()
        judged: Counter[str] = Counter()
        for mine, my_records in sorted(larger.facets.items()):
            for theirs, their_records in sorted(smaller.facets.items()):
                pairs = my_records * their_records
                found = self._contradiction(mine, theirs)
                if found:
                    broken[found] += pairs
                for guard in comparable(self.facet_values[mine], self.facet_values[theirs]):
                    judged[guard] += pairs
        most = [
            guard
            for guard in SEPARATIONS
            if broken[guard] > _TOLERATED_CONTRADICTIONS * judged[guard]
        ]
        return most[0] if most else None

    def _contradiction(self, one: int, other: int) -> str | None:
        key = (one, other) if one < other else (other, one)
        if key not in self._known_contradictions:
            self._known_contradictions[key] = contradiction(
                self.facet_values[key[0]], self.facet_values[key[1]], self.forgiven
            )
        return self._known_contradictions[key]

    def family_names(self, position: int) -> set[str]:
        """The family names in a record's cluster."""
        facets = self.cluster_of(position).facets
        return {self.facet_values[code].family_name for code in facets} - {""}


def exceeds_limit(days: list[float], limit: IdentifierLimit) -> bool:
    """Whether more than ``max_values`` values were first seen within the limit's window.

    Values whose first sight is unknown (NaN) count in every window.
    """
    if len(days) <= limit.max_values:
        return False
    if limit.window_days == 0:
        return True
    known = np.sort(np.array([day for day in days if not np.isnan(day)]))
    unknown = len(days) - len(known)
    ends = np.searchsorted(known, known + limit.window_days, side="left")
    most = int((ends - np.arange(len(known))).max()) if len(known) else 0
    return most + unknown > limit.max_values


def _earliest(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    united = dict(one)
    for key, day in other.items():
        before = united.get(key)
        # An unknown day (NaN) yields to a known one.
        if before is None or np.isnan(before) or day < before:
            united[key] = day
    return united

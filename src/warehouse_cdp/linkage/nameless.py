"""Records without a given name: they follow an identifier, if it points to one customer only.

A receipt with a phone, a newsletter address, an ownerless device: nothing but the value says
whose they are. A value that resolves to two customers is never picked at random; the edges it
would have made are cut as ``ambiguous_identifier``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from warehouse_cdp.linkage.deterministic import family_agrees_with_any

if TYPE_CHECKING:
    import pandas as pd

    from warehouse_cdp.linkage.guards import GuardedClusters

AMBIGUOUS = "ambiguous_identifier"
_UNDECIDED = -1
# Strongest first; a weaker kind only narrows what the stronger ones left open.
_KINDS = ("national_id", "card", "email", "phone")


def attach_nameless(
    edges: pd.DataFrame, records: pd.DataFrame, clusters: GuardedClusters
) -> npt.NDArray[np.object_]:
    """For each edge what cut it, or None when it is linked; ``clusters`` grow accordingly.

    ``edges`` has ``left, right`` (positions; at least one of the two has no given name) and
    ``national_id, card, email, phone`` (which values the two share), strongest first.
    """
    has_given = records["given_name_key"].notna().to_numpy()
    families = records["family_name_key"].fillna("").to_numpy()
    cut_by = np.full(len(edges), None, dtype=object)
    left, right = edges["left"].to_numpy(), edges["right"].to_numpy()
    to_named = has_given[left] | has_given[right]
    nameless = np.where(has_given[left], right, left)
    partner = np.where(has_given[left], left, right)
    targets = _targets(edges, nameless, partner, to_named, clusters, families)
    for position in np.flatnonzero(to_named):
        one, other = int(nameless[position]), int(partner[position])
        wanted = targets[one]
        if wanted == _UNDECIDED or clusters.find(other) != clusters.find(wanted):
            cut_by[position] = AMBIGUOUS
        else:
            cut_by[position] = clusters.join(one, other)
    for position in np.flatnonzero(~to_named):
        one, other = int(left[position]), int(right[position])
        if _UNDECIDED in (targets.get(one), targets.get(other)):
            cut_by[position] = AMBIGUOUS
        elif clusters.find(one) == clusters.find(other):
            continue
        elif clusters.cluster_of(one).is_named and clusters.cluster_of(other).is_named:
            cut_by[position] = AMBIGUOUS
        else:
            cut_by[position] = clusters.join(one, other)
    return cut_by


def _targets(
    edges: pd.DataFrame,
    nameless: npt.NDArray[np.int64],
    partner: npt.NDArray[np.int64],
    to_named: npt.NDArray[np.bool_],
    clusters: GuardedClusters,
    families: npt.NDArray[np.object_],
) -> dict[int, int]:
    reached: dict[int, dict[str, set[int]]] = {}
    shared = {kind: edges[kind].to_numpy(dtype=bool) for kind in _KINDS}
    for position in np.flatnonzero(to_named):
        one = int(nameless[position])
        root = clusters.find(int(partner[position]))
        by_kind = reached.setdefault(one, {})
        for kind in _KINDS:
            if shared[kind][position]:
                by_kind.setdefault(kind, set()).add(root)
    targets = {}
    for one, by_kind in reached.items():
        if clusters.cluster_of(one).is_named:
            # A birth date or the like has spoken already; a shared value moves it nowhere else.
            targets[one] = clusters.find(one)
            continue
        family = str(families[one]) or None
        candidates: set[int] = set()
        for kind in _KINDS:
            agreeing = {
                root
                for root in by_kind.get(kind, set())
                if family_agrees_with_any(family, clusters.family_names(root))
            }
            if not candidates:
                candidates = agreeing
            elif len(candidates) > 1 and candidates & agreeing:
                candidates &= agreeing
        targets[one] = next(iter(candidates)) if len(candidates) == 1 else _UNDECIDED
    return targets

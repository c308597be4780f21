"""From weighed pairs to decisions: linked, in review, rejected, or cut and by which guard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from warehouse_cdp.linkage.comparing import CLOSE, DIFFERENT, EXACT
from warehouse_cdp.linkage.deterministic import RULE_WEIGHTS, UNGUARDED_RULES
from warehouse_cdp.linkage.guards import GuardedClusters
from warehouse_cdp.linkage.nameless import attach_nameless
from warehouse_cdp.linkage.namesakes import attach_namesakes
from warehouse_cdp.linkage.separation import ambiguous_namesakes, pair_contradictions
from warehouse_cdp.linkage.weakest import WEAKEST, weakest_edges
from warehouse_cdp.matching.score import probability

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse_cdp.linkage.encoding import EncodedWorld
    from warehouse_cdp.linkage.overrides import ActiveOverrides
    from warehouse_cdp.linkage.settings import LinkageSettings

Positions = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]

PROBABILISTIC: Final = "probabilistic"
# Order of edges: what people decided, then what the matcher did, then who follows a value.
_UNGUARDED, _MATCHED, _FOLLOWS = 0, 2, 4


def decide(
    edges: pd.DataFrame,
    world: EncodedWorld,
    overrides: ActiveOverrides,
    settings: LinkageSettings,
    forgiven: frozenset[str],
    weigh: Callable[[Positions, Positions], Weights] | None = None,
) -> pd.DataFrame:
    """Edges with ``decision``, ``cut_by``, ``match_probability`` and the rule that decided.

    ``edges`` come from ``weigh_edges``, each pair once; ``forgiven`` names separation rules whose
    breach the model takes for a mistake. ``weigh`` gives the match weights of pairs of records by
    position, for customers that hold a contradiction (``weakest``); without it none is cut there.
    Returned in the order in which they were taken.
    """
    floor = edges["rule"].map(dict(RULE_WEIGHTS)).astype(float).fillna(-np.inf)
    weight = np.maximum(edges["match_weight"].to_numpy(), floor.to_numpy())
    has_given = world.records["given_name_key"].notna().to_numpy()
    both_named = has_given[edges["left"].to_numpy()] & has_given[edges["right"].to_numpy()]
    personal = (edges[["given_name", "birth_date", "national_id"]] > 0).any(axis=1).to_numpy()
    supported = _is_supported(edges)
    left, right = edges["left"].to_numpy(), edges["right"].to_numpy()
    contradictions = pair_contradictions(left, right, edges, world.records, forgiven)
    apart = np.array([found is not None for found in contradictions], dtype=bool)
    namesakes = ambiguous_namesakes(left, right, edges, contradictions, world.records)
    by_rule = edges["rule"].notna().to_numpy()
    unguarded = edges["rule"].isin(UNGUARDED_RULES).to_numpy()
    chance = probability(weight)
    # Where nothing personal is known of both, two records of one household weigh the same as two
    # of one person.
    wanted = by_rule | (personal & supported & (chance >= settings.link_probability))
    review = ~wanted & personal & (chance >= settings.review_probability) & ~apart
    follows = by_rule & ~both_named & ~unguarded
    edges = edges.assign(
        match_weight=weight,
        match_probability=chance,
        rule=edges["rule"].where(edges["rule"].notna(), PROBABILISTIC),
        decision=np.where(wanted, "linked", np.where(review, "review", "rejected")),
        cut_by=None,
        is_ambiguous=wanted & ~by_rule & namesakes,
        tier=np.where(unguarded, _UNGUARDED, np.where(follows, _FOLLOWS, _MATCHED)),
    )
    edges["tier"] += edges["rule"] != "override_must_link"
    edges = edges.sort_values(
        ["tier", "match_weight", "left", "right"],
        ascending=[True, False, True, True],
        ignore_index=True,
    )
    return _guard(edges, world, overrides, settings, forgiven, weigh)


def _is_supported(levels: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Pairs that agree in more than a name, and not only in what a household shares.

    A name alone never links, however rare it is. Address and phone serve a household: where the
    given name is unlike, only what is personal can outweigh that. A family name may change, so
    where it is unlike one given name at one address is enough for the weight to decide: street,
    number and postcode, as a street of one name is in every town.
    """
    personal = (levels[["birth_date", "national_id"]] >= CLOSE).any(axis=1)
    personal |= levels["email"] == EXACT
    shared = (levels[["email", "phone"]] >= CLOSE).any(axis=1)
    shared |= (levels[["address", "place"]] == EXACT).any(axis=1)
    unlike = (levels[["given_name", "family_name"]] == DIFFERENT).any(axis=1)
    renamed = (levels["given_name"] == EXACT) & (levels["family_name"] == DIFFERENT)
    renamed &= (levels[["address", "place"]] == EXACT).all(axis=1)
    renamed &= levels["birth_date"] != DIFFERENT
    return np.asarray(personal | (shared & ~unlike) | renamed, dtype=bool)


def _guard(
    edges: pd.DataFrame,
    world: EncodedWorld,
    overrides: ActiveOverrides,
    settings: LinkageSettings,
    forgiven: frozenset[str],
    weigh: Callable[[Positions, Positions], Weights] | None,
) -> pd.DataFrame:
    index = world.records.index
    apart = zip(
        index.get_indexer(
            pd.Index(overrides.cannot_links["left_record_id"], dtype=object)
        ).tolist(),
        index.get_indexer(
            pd.Index(overrides.cannot_links["right_record_id"], dtype=object)
        ).tolist(),
        strict=True,
    )
    clusters = GuardedClusters(
        world.records,
        world.identifiers,
        list(apart),
        settings.limits,
        settings.max_cluster_records,
        forgiven,
    )
    cut_by = np.full(len(edges), None, dtype=object)
    linked = (edges["decision"] == "linked").to_numpy()
    unguarded = edges["rule"].isin(UNGUARDED_RULES).to_numpy()
    late = (edges["tier"] >= _FOLLOWS).to_numpy()
    left, right = edges["left"].to_numpy(), edges["right"].to_numpy()
    ambiguous = edges["is_ambiguous"].to_numpy(dtype=bool)
    for position in np.flatnonzero(linked & ~late & ~ambiguous):
        cut_by[position] = clusters.join(
            int(left[position]), int(right[position]), guarded=not unguarded[position]
        )
    open_ones = np.flatnonzero(linked & ~late & ambiguous)
    cut_by[open_ones] = attach_namesakes(left[open_ones], right[open_ones], clusters)
    followers = np.flatnonzero(linked & late)
    shared = pd.DataFrame(
        {
            "left": left[followers],
            "right": right[followers],
            "national_id": edges["national_id"].to_numpy()[followers] == EXACT,
            "card": edges["card"].to_numpy(dtype=bool)[followers],
            "email": edges["email"].to_numpy()[followers] == EXACT,
            "phone": edges["phone"].to_numpy()[followers] == EXACT,
        }
    )
    cut_by[followers] = attach_nameless(shared, world.records, clusters)
    # An edge may be cut and its ends united later through others: then nothing was cut.
    ends = np.array(
        [(clusters.find(int(a)), clusters.find(int(b))) for a, b in zip(left, right, strict=True)],
        dtype=np.int64,
    ).reshape(-1, 2)
    cut_by[ends[:, 0] == ends[:, 1]] = None
    whole = np.flatnonzero(linked & (cut_by == None))  # noqa: E711 - element by element
    if weigh is not None and len(whole):
        firm = unguarded | (edges["rule"] == "identical_record").to_numpy()
        has_given = world.records["given_name_key"].notna().to_numpy()
        weak = weakest_edges(
            pd.DataFrame(
                {
                    "left": left[whole],
                    "right": right[whole],
                    "match_weight": edges["match_weight"].to_numpy()[whole],
                    "is_firm": firm[whole],
                }
            ),
            ends[whole, 0],
            clusters.contradicted(),
            has_given,
            weigh,
            settings.least_mean_weight,
        )
        cut_by[whole[weak]] = WEAKEST
    cut = np.array([found is not None for found in cut_by], dtype=bool)
    return edges.assign(cut_by=cut_by, decision=edges["decision"].mask(cut, "cut"))

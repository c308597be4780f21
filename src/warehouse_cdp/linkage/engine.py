"""From prepared records to decided links: the pipeline that the dbt models call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from warehouse_cdp.linkage.blocking import candidate_pairs
from warehouse_cdp.linkage.compare import (
    CLOSE,
    DIFFERENT,
    EXACT,
    compare_pairs,
    shares_identifier,
)
from warehouse_cdp.linkage.deterministic import (
    RULE_WEIGHTS,
    UNGUARDED_RULES,
    decide_pairs,
    identical_records,
    source_merges,
)
from warehouse_cdp.linkage.guards import GuardedClusters
from warehouse_cdp.linkage.links import LinkResult, blocking_counts, listed_links, unlisted_counts
from warehouse_cdp.linkage.mistakes import forgiven_guards, shares_of_two_people
from warehouse_cdp.linkage.nameless import attach_nameless
from warehouse_cdp.linkage.pairs import find, make_pairs, positions
from warehouse_cdp.linkage.probabilistic import (
    default_model,
    is_trained,
    newest_model,
    prior_weight,
    probability,
    random_pairs,
    score_pairs,
    train_model,
)
from warehouse_cdp.linkage.separation import ambiguous_namesakes, pair_contradictions

if TYPE_CHECKING:
    from warehouse_cdp.linkage.overrides import ActiveOverrides
    from warehouse_cdp.linkage.settings import LinkageSettings

RANDOM_PAIRS = 200_000
PRIOR_DRIFT = 1.0
"""Bits by which the prior of a default model may be off before another one replaces it."""
PROBABILISTIC = "probabilistic"
# Order of edges: what people decided, then what the matcher did, then who follows a value.
_UNGUARDED, _MATCHED, _FOLLOWS = 0, 2, 4


@dataclass(frozen=True)
class _World:
    """Records without blocked values, one of each identical group picked out."""

    records: pd.DataFrame
    identifiers: pd.DataFrame
    first_of: npt.NDArray[np.int64]
    distinct: pd.DataFrame
    distinct_identifiers: pd.DataFrame


def train(
    records: pd.DataFrame,
    identifiers: pd.DataFrame,
    bad_values: pd.DataFrame,
    settings: LinkageSettings,
    trained_at: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """A match model (``MODEL_COLUMNS``) learnt from prepared records and identifiers."""
    world = _world(records, identifiers, bad_values)
    pairs, _ = candidate_pairs(
        world.distinct, world.distinct_identifiers, settings.max_pairs_per_rule
    )
    levels = compare_pairs(pairs, world.distinct, world.distinct_identifiers)
    left, right = positions(pairs)
    # No use to learn from what the separation rules never let link.
    apart = pair_contradictions(left, right, levels, world.distinct)
    two_people = shares_of_two_people(left, right, levels, apart, world.distinct)
    forgiven = frozenset(
        guard for guard, share in two_people.items() if 1.0 - share >= settings.link_probability
    )
    if forgiven:
        apart = pair_contradictions(left, right, levels, world.distinct, forgiven)
    possible = np.array([found is None for found in apart], dtype=bool)
    size = RANDOM_PAIRS if len(levels) >= settings.min_training_pairs else 0
    chance = random_pairs(world.distinct, size, settings.seed)
    return train_model(
        levels[possible],
        compare_pairs(chance, world.distinct, world.distinct_identifiers),
        world.distinct,
        settings.min_training_pairs,
        trained_at,
        two_people,
    )


def retrain(
    stored: pd.DataFrame,
    records: pd.DataFrame,
    identifiers: pd.DataFrame,
    bad_values: pd.DataFrame,
    settings: LinkageSettings,
    trained_at: pd.Timestamp | None = None,
    *,
    anew: bool = False,
) -> pd.DataFrame:
    """The rows to append to the stored models: a new model, or none if the stored one holds.

    A trained model is kept until ``anew``, so that identities do not jitter. The default one
    gives way as soon as there is enough to learn from; or to another default, once there are so
    many more records (or fewer) that its prior is off by a factor of two.
    """
    newest = newest_model(stored)
    if is_trained(newest) and not anew:
        return stored.head(0)
    model = train(records, identifiers, bad_values, settings, trained_at)
    if len(newest):
        if model["model_id"].iloc[0] == newest["model_id"].iloc[0]:
            return stored.head(0)
        drift = abs(prior_weight(model) - prior_weight(newest))
        if not anew and not is_trained(model) and drift < PRIOR_DRIFT:
            return stored.head(0)
    number = int(newest["model_number"].iloc[0]) + 1 if len(newest) else 1
    return model.assign(model_number=number)


def link_records(
    records: pd.DataFrame,
    identifiers: pd.DataFrame,
    bad_values: pd.DataFrame,
    model: pd.DataFrame,
    overrides: ActiveOverrides,
    settings: LinkageSettings,
) -> LinkResult:
    """Every pair that is linked, waits for review, was cut or was rejected above a weight.

    ``records`` and ``identifiers`` come from ``prepare_records`` and ``prepare_identifiers``,
    ``bad_values`` from ``find_bad_values``, ``model`` from ``train``, ``overrides`` from
    ``active_overrides``. The order of rows in any of them changes nothing.
    """
    world = _world(records, identifiers, bad_values)
    model = newest_model(model)
    if model.empty:
        model = default_model(None, "default: no model is stored", 0, len(records))
    pairs, blocking = candidate_pairs(
        world.distinct, world.distinct_identifiers, settings.max_pairs_per_rule
    )
    compared = _score(pairs, world.distinct, world.distinct_identifiers, model)
    compared["rule"] = decide_pairs(pairs, compared, world.distinct, world.distinct_identifiers)
    compared["card"] = shares_identifier(
        pairs, world.distinct.index, world.distinct_identifiers, "loyalty_card"
    )
    place = world.records.index.get_indexer(world.distinct.index)
    left, right = positions(pairs)
    compared["left"], compared["right"] = place[left], place[right]
    edges = pd.concat([_given_edges(world, model, overrides), compared], ignore_index=True)
    edges = edges.drop_duplicates(["left", "right"], keep="first", ignore_index=True)
    forgiven = forgiven_guards(model, settings.link_probability)
    decided = _decide(edges, world, overrides, settings, forgiven)
    counts = pd.concat(
        [blocking_counts(blocking), unlisted_counts(decided, settings.report_weight)],
        ignore_index=True,
    )
    links = listed_links(decided, world.records["record_id"].to_numpy(), settings.report_weight)
    return LinkResult(links, counts)


def _world(records: pd.DataFrame, identifiers: pd.DataFrame, bad_values: pd.DataFrame) -> _World:
    ordered = records.sort_values("record_id", kind="stable").set_index("record_id", drop=False)
    ordered.index.name = None
    bad = pd.MultiIndex.from_frame(bad_values[["identifier_type", "identifier_key"]])
    held = pd.MultiIndex.from_frame(identifiers[["identifier_type", "identifier_key"]])
    usable = identifiers[~held.isin(bad)].sort_values(
        ["record_id", "identifier_type", "identifier_key"], kind="stable"
    )
    for kind, columns in (
        ("email", ("email_key", "email_local_key")),
        ("phone", ("phone_key",)),
        ("national_id", ("national_id_key",)),
    ):
        blocked = ordered[columns[0]].isin(
            bad_values.loc[bad_values["identifier_type"] == kind, "identifier_key"]
        )
        for name in columns:
            ordered[name] = ordered[name].mask(blocked, None)
    first_of = identical_records(ordered)
    distinct = ordered.iloc[np.unique(first_of)]
    first_id = pd.Series(ordered["record_id"].to_numpy()[first_of], index=ordered.index)
    carried = usable.assign(record_id=usable["record_id"].map(first_id))
    carried = carried.drop_duplicates(["record_id", "identifier_type", "identifier_key"])
    return _World(ordered, usable, first_of, distinct, carried)


def _score(
    pairs: pd.MultiIndex, records: pd.DataFrame, identifiers: pd.DataFrame, model: pd.DataFrame
) -> pd.DataFrame:
    levels = compare_pairs(pairs, records, identifiers)
    levels["match_weight"], _ = score_pairs(levels, model)
    return levels


def _given_edges(world: _World, model: pd.DataFrame, overrides: ActiveOverrides) -> pd.DataFrame:
    """Edges that need no comparison to exist: overrides, source merges, identical records."""
    index = world.records.index
    copies = np.flatnonzero(world.first_of != np.arange(len(index)))
    merges = source_merges(world.records)
    parts = [
        (
            find(index, frame["left_record_id"]),
            find(index, frame["right_record_id"]),
            rule,
        )
        for frame, rule in (
            (overrides.must_links, "override_must_link"),
            (merges, "source_merge"),
        )
    ]
    parts.append((world.first_of[copies], copies, "identical_record"))
    left = np.concatenate([part[0] for part in parts]).astype(np.int64)
    right = np.concatenate([part[1] for part in parts]).astype(np.int64)
    rules = np.concatenate([np.full(len(part[0]), part[2], dtype=object) for part in parts])
    pairs = make_pairs(index, left, right)
    scored = _score(pairs, world.records, world.identifiers, model)
    return scored.assign(left=left, right=right, rule=rules, card=False)


def _decide(
    edges: pd.DataFrame,
    world: _World,
    overrides: ActiveOverrides,
    settings: LinkageSettings,
    forgiven: frozenset[str],
) -> pd.DataFrame:
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
    return _guard(edges, world, overrides, settings, forgiven)


def _is_supported(levels: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Pairs that agree in more than a name, and not only in what a household shares.

    A name alone never links, however rare it is. Address and phone serve a household: where a
    given or a family name is unlike, only what is personal can outweigh that.
    """
    personal = (levels[["birth_date", "national_id"]] >= CLOSE).any(axis=1)
    personal |= levels["email"] == EXACT
    shared = (levels[["email", "phone"]] >= CLOSE).any(axis=1)
    shared |= (levels[["address", "place"]] == EXACT).any(axis=1)
    unlike = (levels[["given_name", "family_name"]] == DIFFERENT).any(axis=1)
    return np.asarray(personal | (shared & ~unlike), dtype=bool)


def _guard(
    edges: pd.DataFrame,
    world: _World,
    overrides: ActiveOverrides,
    settings: LinkageSettings,
    forgiven: frozenset[str],
) -> pd.DataFrame:
    index = world.records.index
    held = world.identifiers.assign(position=find(index, world.identifiers["record_id"]))
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
        held,
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
    cut_by[ambiguous] = "ambiguous_namesakes"
    for position in np.flatnonzero(linked & ~late & ~ambiguous):
        cut_by[position] = clusters.join(
            int(left[position]), int(right[position]), guarded=not unguarded[position]
        )
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
    united = np.array(
        [clusters.find(int(a)) == clusters.find(int(b)) for a, b in zip(left, right, strict=True)],
        dtype=bool,
    )
    cut_by[united] = None
    cut = np.array([found is not None for found in cut_by], dtype=bool)
    return edges.assign(cut_by=cut_by, decision=edges["decision"].mask(cut, "cut"))

"""From prepared records to decided links: the pipeline that the dbt models call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from warehouse_cdp.linkage.candidates import (
    candidate_pairs,
    plan_candidates,
    planned_and_made,
)
from warehouse_cdp.linkage.comparing import WorldComparer
from warehouse_cdp.linkage.deciding import decide
from warehouse_cdp.linkage.encoding import encode_world
from warehouse_cdp.linkage.frozen import Frozen, read_frozen, with_frozen
from warehouse_cdp.linkage.given import count_without_edge, given_edges, with_given
from warehouse_cdp.linkage.learning import learn
from warehouse_cdp.linkage.links import LinkResult, blocking_counts, listed_links, unlisted_counts
from warehouse_cdp.linkage.match_model import (
    default_model,
    is_readable,
    is_trained,
    newest_model,
    prior_weight,
    read_model,
)
from warehouse_cdp.linkage.mistakes import forgiven_guards
from warehouse_cdp.linkage.scoring import score_candidates, weigher

if TYPE_CHECKING:
    from warehouse_cdp.linkage.encoding import EncodedWorld
    from warehouse_cdp.linkage.overrides import ActiveOverrides
    from warehouse_cdp.linkage.settings import LinkageSettings

PRIOR_DRIFT = 1.0
"""Bits by which the prior of a default model may be off before another one replaces it."""
PLAN_DRIFT = 1.0
"""Bits by which the number of records may differ from that which blocking was planned for: twice
as many, or half of them."""
WEIGHT_DRIFT = 2.0
"""And from that which the weights were learnt from: four times as many, or a quarter."""


def train(
    records: pd.DataFrame,
    identifiers: pd.DataFrame,
    bad_values: pd.DataFrame,
    settings: LinkageSettings,
    trained_at: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """A match model (``MODEL_COLUMNS``) learnt from prepared records and identifiers."""
    world = encode_world(records, identifiers, bad_values)
    plan, pairs = planned_and_made(world.encoded, world.holders, settings.max_pairs_per_rule)
    comparer = WorldComparer(world)
    frozen = Frozen(plan, comparer.places.rules, len(records), settings.max_pairs_per_rule)
    return with_frozen(learn(world, comparer, pairs, settings, trained_at), frozen)


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

    A trained model is kept until ``anew``, or until there are four times as many records, or a
    quarter, so that identities do not jitter; its blocking is planned again, with its weights as
    they are, at half of that or where the budget changed. The default model gives way as soon as
    there is enough to learn from; or to another default, once there are so many more records (or
    fewer) that its prior is off by a factor of two. A model that another version of the matcher
    stored, in other terms, gives way too.
    """
    if still_holds(stored, len(records), settings, anew=anew):
        return stored.head(0)
    newest = newest_model(stored)
    readable = bool(len(newest)) and is_readable(newest)
    frozen = _holds(newest, settings) if readable else None
    number = int(newest["model_number"].iloc[0]) + 1 if len(newest) else 1
    if readable and is_trained(newest) and not anew:
        drift = frozen.drift(len(records)) if frozen else PLAN_DRIFT
        if drift < WEIGHT_DRIFT:
            world = encode_world(records, identifiers, bad_values)
            planned = with_frozen(newest, _measured(world, settings))
            planned["trained_at"] = pd.NaT if trained_at is None else trained_at
            return planned.assign(model_number=number)
    model = train(records, identifiers, bad_values, settings, trained_at)
    if readable:
        if model["model_id"].iloc[0] == newest["model_id"].iloc[0]:
            return stored.head(0)
        drift = abs(prior_weight(model) - prior_weight(newest))
        if frozen and not anew and not is_trained(model) and drift < PRIOR_DRIFT:
            return stored.head(0)
    return model.assign(model_number=number)


def still_holds(
    stored: pd.DataFrame, record_count: int, settings: LinkageSettings, *, anew: bool = False
) -> bool:
    """Whether ``retrain`` would keep the stored model whatever the records say."""
    newest = newest_model(stored)
    if anew or not len(newest) or not is_readable(newest) or not is_trained(newest):
        return False
    frozen = _holds(newest, settings)
    return frozen is not None and frozen.drift(record_count) < PLAN_DRIFT


def _holds(model: pd.DataFrame, settings: LinkageSettings) -> Frozen | None:
    """What is frozen with a model, if it is what the settings ask for."""
    frozen = read_frozen(model)
    return frozen if frozen and frozen.budget == settings.max_pairs_per_rule else None


def _measured(world: EncodedWorld, settings: LinkageSettings) -> Frozen:
    budget = settings.max_pairs_per_rule
    plan = plan_candidates(world.encoded, world.holders, budget)
    return Frozen(plan, WorldComparer(world).places.rules, len(world.records), budget)


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
    world = encode_world(records, identifiers, bad_values)
    stored = newest_model(model)
    if stored.empty:
        stored = default_model(None, "default: no model is stored", 0, len(records))
    weighed = read_model(stored, world.encoded)
    frozen = _holds(stored, settings) or _measured(world, settings)
    comparer = WorldComparer(world, frozen.places)
    pairs = candidate_pairs(world.encoded, world.holders, frozen.plan)
    scored = score_candidates(world, comparer, pairs, weighed, settings.report_weight)
    given = given_edges(world, comparer, weighed, overrides)
    edges = with_given(given, scored)
    without = count_without_edge(
        world.distinct[pairs.left],
        world.distinct[pairs.right],
        (edges["left"].to_numpy(), edges["right"].to_numpy()),
        len(world.records),
    )
    forgiven = forgiven_guards(stored, settings.link_probability)
    weigh = weigher(world, comparer, weighed)
    decided = decide(edges, world, overrides, settings, forgiven, weigh)
    counts = pd.concat(
        [
            blocking_counts(pairs.counts),
            unlisted_counts(without),
        ],
        ignore_index=True,
    )
    return LinkResult(listed_links(decided, world, weighed, settings.report_weight), counts)

"""What of a file is frozen with the match model, beside weights: blocking, and how places follow.

Measured on the file when a model is made and kept as rows of it, so that whether two records are
compared, and how, depends on them and on what they share, never on how many others there are:

``blocking.key``      u: how often two records share the key
``blocking.prior``    m: one over the records' number
``blocking.split``    m: the records of a block from which the rule's further key splits it
``blocking.most``     m: the records of a block, or of a shared value, that make no more pairs
``blocking.records``  m: the records it was planned for
``blocking.budget``   m: the pairs a rule may make (``max_pairs_per_rule``)
``place.follows``     the coarser place follows from the finer one
``place.town``        the town follows from the area of the postcode
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from warehouse_cdp.linkage.candidates import CandidatePlan
from warehouse_cdp.linkage.encoding import IDENTIFIER_TYPES_SHARED
from warehouse_cdp.linkage.match_model import model_id
from warehouse_cdp.matching.block import RULES
from warehouse_cdp.matching.evidence import KEYS, Chances
from warehouse_cdp.matching.places import PlaceRules
from warehouse_cdp.matching.plan import BlockingPlan, PlannedRule

if TYPE_CHECKING:
    from collections.abc import Mapping

BLOCKING: Final = "blocking."
PLACE: Final = "place."
_KEY, _PRIOR, _SPLIT, _MOST, _RECORDS, _BUDGET = (
    BLOCKING + name for name in ("key", "prior", "split", "most", "records", "budget")
)
_FOLLOWS, _TOWN = PLACE + "follows", PLACE + "town"
_ALL: Final = "all"
_POSTCODE_TOWN: Final = ("postal_code", "city")


@dataclass(frozen=True)
class Frozen:
    """The plan of blocking and the rules of places, for how many records, with which budget."""

    plan: CandidatePlan
    places: PlaceRules
    record_count: int
    budget: int

    def drift(self, record_count: int) -> float:
        """By how many bits the number of records differs from that it was measured on."""
        return abs(float(np.log2(max(record_count, 1) / max(self.record_count, 1))))


def with_frozen(model: pd.DataFrame, frozen: Frozen) -> pd.DataFrame:
    """A model with the rows of ``frozen`` in place of those it had, and the id that follows."""
    blocking = frozen.plan.blocking
    rows = [(_KEY, name, 1.0, chance) for name, chance in blocking.chances.of_keys.items()]
    rows += [
        (_PRIOR, _ALL, float(np.exp2(blocking.chances.prior)), 1.0),
        (_RECORDS, _ALL, float(max(frozen.record_count, 1)), 1.0),
        (_BUDGET, _ALL, float(frozen.budget), 1.0),
    ]
    for rule in blocking.rules:
        rows.append((_MOST, rule.rule.name, float(rule.most), 1.0))
        rows += [
            (_SPLIT, _split_name(rule.rule.name, key), float(size), 1.0)
            for key, size in rule.splits
        ]
    rows += [(_MOST, kind, float(most), 1.0) for kind, most in frozen.plan.shared.items()]
    rows += [(_FOLLOWS, _pair_name(pair), 1.0, 1.0) for pair in frozen.places.follows]
    if frozen.places.town_of_area:
        rows.append((_TOWN, _pair_name(_POSTCODE_TOWN), 1.0, 1.0))
    added = pd.DataFrame(rows, columns=["comparison", "level", "m", "u"])
    added["m"], added["u"] = added["m"].round(12), added["u"].round(12)
    # What was known to 12 digits as nothing at all is next to nothing.
    added["u"] = added["u"].clip(lower=1e-12)
    added["weight"] = np.log2((added["m"] / added["u"]).to_numpy()).round(9)
    weights = model[~_is_frozen(model)]
    for name in ("reason", "pair_count", "model_number", "trained_at"):
        added[name] = weights[name].iloc[0]
    added["trained_at"] = added["trained_at"].astype(weights["trained_at"].dtype)
    both = pd.concat([weights, added[[name for name in weights if name != "model_id"]]])
    both = both.reset_index(drop=True)
    return both.assign(model_id=model_id(both))[list(model.columns)]


def read_frozen(model: pd.DataFrame) -> Frozen | None:
    """What was frozen with a model; None where it was not, or by another version."""
    rows = model[_is_frozen(model)]
    keys = zip(rows["comparison"].astype(str), rows["level"].astype(str), strict=True)
    values = zip(rows["m"].astype(float), rows["u"].astype(float), strict=True)
    found = dict(zip(keys, values, strict=True))
    places = PlaceRules(
        tuple(
            (fine, coarse)
            for fine, coarse in (_POSTCODE_TOWN,)
            if (_FOLLOWS, _pair_name((fine, coarse))) in found
        ),
        (_TOWN, _pair_name(_POSTCODE_TOWN)) in found,
    )
    of_keys = {name: found[_KEY, name][1] for name in KEYS if (_KEY, name) in found}
    rules = tuple(
        PlannedRule(rule, splits, round(found[_MOST, rule.name][0]))
        for rule in RULES
        if (_MOST, rule.name) in found
        for splits in (_splits(found, rule.name, rule.splits),)
    )
    shared = {
        kind: round(found[_MOST, kind][0])
        for kind in IDENTIFIER_TYPES_SHARED
        if (_MOST, kind) in found
    }
    is_whole = len(shared) == len(IDENTIFIER_TYPES_SHARED) and all(
        (name, _ALL) in found for name in (_PRIOR, _RECORDS, _BUDGET)
    )
    read = len(of_keys) + len(shared) + len(rules) + sum(len(rule.splits) for rule in rules)
    read += len(places.follows) + int(places.town_of_area) + 3
    if not is_whole or read != len(found):
        return None
    chances = Chances(
        of_keys,
        float(np.log2(found[_PRIOR, _ALL][0])),
        _POSTCODE_TOWN in places.follows,
    )
    return Frozen(
        CandidatePlan(BlockingPlan(rules, chances), shared),
        places,
        round(found[_RECORDS, _ALL][0]),
        round(found[_BUDGET, _ALL][0]),
    )


def _is_frozen(model: pd.DataFrame) -> pd.Series[bool]:
    # Names are few and rows many.
    names = [name for name in model["comparison"].unique() if name.startswith((BLOCKING, PLACE))]
    return model["comparison"].isin(names)


def _splits(
    found: Mapping[tuple[str, str], tuple[float, float]], rule: str, keys: tuple[str, ...]
) -> tuple[tuple[str, int], ...]:
    names = [(key, _split_name(rule, key)) for key in dict.fromkeys(keys)]
    return tuple(
        (key, round(found[_SPLIT, name][0])) for key, name in names if (_SPLIT, name) in found
    )


def _split_name(rule: str, key: str) -> str:
    return f"{rule} by {key}"


def _pair_name(pair: tuple[str, str]) -> str:
    return " to ".join(pair)

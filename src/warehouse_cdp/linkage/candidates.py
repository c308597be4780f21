"""Which pairs of records are worth comparing: the engine's rules, and every shared identifier.

Which rules serve, and what is too widely shared, is planned once and kept with the match model
(``matching.plan`` says why). ``shared`` of the plan are the sizes, by identifier type, from which a
value is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.block import Pairs, RuleCount
from warehouse_cdp.matching.keys import Keys
from warehouse_cdp.matching.plan import PlannedBlocks, plan_blocking, smallest_too_large

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.linkage.encoding import Holders
    from warehouse_cdp.matching.encode import Records
    from warehouse_cdp.matching.plan import BlockingPlan

Positions = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CandidatePlan:
    """Rules of blocking, and from how many holders on a value of a type makes no pairs."""

    blocking: BlockingPlan
    shared: Mapping[str, int]


def plan_candidates(
    records: Records, holders: Mapping[str, Holders], budget: int, keys: Keys | None = None
) -> CandidatePlan:
    """The plan by which no rule makes more than ``budget`` pairs of these records."""
    shared = {
        kind: smallest_too_large(np.bincount(held.value, minlength=1).astype(np.int64), budget)
        for kind, held in holders.items()
    }
    return CandidatePlan(plan_blocking(records, budget, keys=keys), shared)


def candidate_pairs(
    records: Records, holders: Mapping[str, Holders], plan: CandidatePlan, keys: Keys | None = None
) -> Pairs:
    """Pairs of distinct records (``left < right``), ordered, each with the rule that makes it.

    ``counts`` say what was split and what left out.
    """
    made = PlannedBlocks(records, plan.blocking, keys).pairs()
    found = [shared_values(held, kind, plan.shared[kind]) for kind, held in holders.items()]
    return joined_pairs(made, found, records.count)


def planned_and_made(
    records: Records, holders: Mapping[str, Holders], budget: int
) -> tuple[CandidatePlan, Pairs]:
    """A plan for these records, and the pairs it makes of them."""
    keys = Keys(records)
    plan = plan_candidates(records, holders, budget, keys)
    return plan, candidate_pairs(records, holders, plan, keys)


def shared_values(
    held: Holders, kind: str, most: int, touched: Flags | None = None
) -> tuple[Positions, Positions, RuleCount]:
    """All pairs of records that share a value, of which one at least is ``touched``.

    Values that ``most`` records or more share are left out.
    """
    order = np.lexsort((held.record, held.value))
    value, record = held.value[order], held.record[order]
    sizes = np.bincount(value, minlength=1).astype(np.int64)
    pairs = sizes * (sizes - 1) // 2
    left_out = (sizes >= most) & (pairs > 0)
    kept = ~left_out[value]
    value, record = value[kept], record[kept]
    starts = np.flatnonzero(np.diff(value, prepend=-1))
    lengths = np.diff(np.append(starts, len(value)))
    end = np.repeat(starts + lengths, lengths)
    partners = end - np.arange(len(value)) - 1
    one = np.repeat(np.arange(len(value)), partners)
    offset = np.arange(len(one)) - np.repeat(np.cumsum(partners) - partners, partners)
    left, right = record[one], record[one + 1 + offset]
    if touched is not None:
        mine = touched[left] | touched[right]
        left, right = left[mine], right[mine]
    count = RuleCount(
        f"shared {kind}", len(left), (), int(left_out.sum()), int(pairs[left_out].sum())
    )
    return left, right, count


def joined_pairs(
    made: Pairs, found: list[tuple[Positions, Positions, RuleCount]], records: int
) -> Pairs:
    """The pairs of blocking and those that share values: each once, with the first rule of it."""
    lefts, rights, rules = [made.left], [made.right], [made.rule]
    names, counts = list(made.rules), list(made.counts)
    for left, right, count in found:
        lefts.append(left)
        rights.append(right)
        rules.append(np.full(len(left), len(names), dtype=np.int16))
        names.append(count.rule)
        counts.append(count)
    left, right, rule = _once(
        np.concatenate(lefts), np.concatenate(rights), np.concatenate(rules), records
    )
    return Pairs(left, right, rule, tuple(names), tuple(counts))


def _once(
    left: Positions, right: Positions, rule: npt.NDArray[np.int16], records: int
) -> tuple[Positions, Positions, npt.NDArray[np.int16]]:
    """Each pair once, in order, with the first rule that makes it."""
    size = max(records, 1)
    low, high = np.minimum(left, right), np.maximum(left, right)
    both, first = np.unique(low.astype(np.int64) * size + high, return_index=True)
    return (both // size).astype(np.int32), (both % size).astype(np.int32), rule[first]

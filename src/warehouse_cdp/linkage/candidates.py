"""Which pairs of records are worth comparing: the engine's rules, and every shared identifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.block import Pairs, RuleCount, block

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.linkage.encoding import Holders
    from warehouse_cdp.matching.encode import Records


def candidate_pairs(records: Records, holders: Mapping[str, Holders], budget: int) -> Pairs:
    """Pairs of distinct records (``left < right``), ordered, each with the rule that makes it.

    ``budget`` bounds the pairs of a rule; ``counts`` say what was split and what left out.
    """
    made = block(records, budget, all_pairs_up_to=0)
    lefts, rights, rules = [made.left], [made.right], [made.rule]
    names, counts = list(made.rules), list(made.counts)
    for kind, held in holders.items():
        left, right, count = shared_values(held, kind, budget)
        lefts.append(left)
        rights.append(right)
        rules.append(np.full(len(left), len(names), dtype=np.int16))
        names.append(count.rule)
        counts.append(count)
    left, right, rule = _once(
        np.concatenate(lefts), np.concatenate(rights), np.concatenate(rules), records.count
    )
    return Pairs(left, right, rule, tuple(names), tuple(counts))


def shared_values(
    held: Holders, kind: str, budget: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], RuleCount]:
    """All pairs of records that share a value; the most shared values are left out beyond budget.

    Values shared by equally many records are left out together, so that no order decides.
    """
    order = np.lexsort((held.record, held.value))
    value, record = held.value[order], held.record[order]
    sizes = np.bincount(value, minlength=1).astype(np.int64)
    pairs = sizes * (sizes - 1) // 2
    by_size = np.cumsum(np.bincount(sizes, weights=pairs))
    within = by_size <= budget
    fits = within[sizes]
    left_out = ~fits & (pairs > 0)
    kept = fits[value]
    value, record = value[kept], record[kept]
    starts = np.flatnonzero(np.diff(value, prepend=-1))
    lengths = np.diff(np.append(starts, len(value)))
    end = np.repeat(starts + lengths, lengths)
    partners = end - np.arange(len(value)) - 1
    one = np.repeat(np.arange(len(value)), partners)
    offset = np.arange(len(one)) - np.repeat(np.cumsum(partners) - partners, partners)
    left, right = record[one], record[one + 1 + offset]
    count = RuleCount(
        f"shared {kind}", len(left), (), int(left_out.sum()), int(pairs[left_out].sum())
    )
    return left, right, count


def _once(
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    rule: npt.NDArray[np.int16],
    records: int,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int16]]:
    """Each pair once, in order, with the first rule that makes it."""
    size = max(records, 1)
    low, high = np.minimum(left, right), np.maximum(left, right)
    both, first = np.unique(low.astype(np.int64) * size + high, return_index=True)
    return (both // size).astype(np.int32), (both % size).astype(np.int32), rule[first]

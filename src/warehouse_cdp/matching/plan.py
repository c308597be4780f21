"""Blocking that was planned once and does the same ever after, however the records change.

``block`` fits its rules to the records at hand: large blocks are split where a rule makes too many
pairs, rules that would add next to nothing are left out, and what a shared key says follows from
how many share it. So one record more may change pairs that have nothing to do with it. A plan
keeps those choices as numbers: from which size on a block is split and by what, from which size on
it is left out, and what each key says. Under a plan two records are a pair or not because of what
they and the records that share a block with them hold. So a change reaches no further than the
blocks it is in, and pairs of changed records can be made without all others.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from warehouse_cdp.matching.block import RULES, Pairs, Rule, RuleCount
from warehouse_cdp.matching.evidence import KEYS, chances, evidence, likely_pairs
from warehouse_cdp.matching.groups import grouped, joined, numbered
from warehouse_cdp.matching.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from warehouse_cdp.matching.encode import Records
    from warehouse_cdp.matching.evidence import Chances, Evidence

Positions = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

FEWEST_NEW: Final = 0.003
"""Pairs a record that a rule must add to be used on many records; a part of them are matches, and
most of those are joined through a third record anyway."""
_MANY_RECORDS: Final = 200_000
_PARTS: Final = 16
_THREADS: Final = 2


@dataclass(frozen=True)
class PlannedRule:
    """A rule, the sizes of blocks from which each further key splits, and are left out.

    ``splits`` are (key, size) in order, ``most`` is the size from which a block makes no pairs.
    """

    rule: Rule
    splits: tuple[tuple[str, int], ...]
    most: int


@dataclass(frozen=True)
class BlockingPlan:
    """The rules that are used, in order, and what keys say of a pair."""

    rules: tuple[PlannedRule, ...]
    chances: Chances


def smallest_too_large(sizes: npt.NDArray[np.int64], budget: int) -> int:
    """The size from which groups are left out so that the others make ``budget`` pairs at most.

    Where all keep to the budget, the size at which one group alone would not.
    """
    alone = int((1.0 + np.sqrt(1.0 + 8.0 * budget)) / 2.0) + 1
    by_size = np.cumsum(np.bincount(sizes, weights=_pairs_in(sizes), minlength=1))
    first = int(np.searchsorted(by_size, budget, side="right"))
    return max(min(first, alone) if first < len(by_size) else alone, 2)


def plan_blocking(
    records: Records, budget: int, rules: Sequence[Rule] = RULES, keys: Keys | None = None
) -> BlockingPlan:
    """The plan that fits ``records``: no rule makes more than ``budget`` pairs of them.

    Of many records rules are left out that would add fewer than ``FEWEST_NEW`` pairs a record to
    those of the rules before, by a sixteenth of their blocks.
    """
    keys = keys or Keys(records)
    applying = [rule for rule in rules if all(keys.known(name) for name in rule.keys)]
    keys.work_out(_asked(keys, applying), _THREADS)
    found = chances(keys, records)
    weighed = evidence(keys, records, rules=len(applying), known=found)
    everyone = np.arange(records.count, dtype=np.int32)
    used: list[PlannedRule] = []
    for rule in applying:
        planned = _fitted(keys, rule, budget, everyone)
        if records.count >= _MANY_RECORDS:
            made = _blocks(keys, planned, everyone)
            weighed.forget(len(used))
            if _expected(made, weighed, len(used)) < FEWEST_NEW * records.count:
                continue
            weighed.mark(made.order, made.sizes, len(used))
        used.append(planned)
    return BlockingPlan(tuple(used), found)


def _asked(keys: Keys, rules: Iterable[Rule]) -> list[str]:
    """Names of the keys that rules and evidence ask for."""
    of_rules = [name for rule in rules for name in rule.keys]
    return of_rules + [name for name in KEYS if keys.known(name)]


def _fitted(keys: Keys, rule: Rule, budget: int, rows: Positions) -> PlannedRule:
    """A rule with the sizes that keep it to the budget."""
    names = [name for name in rule.splits if keys.known(name) and name not in rule.keys]
    splits: list[tuple[str, int]] = []
    sizes = _blocks(keys, PlannedRule(rule, (), len(rows) + 2), rows).sizes
    for name in names:
        splits.append((name, smallest_too_large(sizes, budget)))
        if _pairs_in(sizes).sum() > budget:
            sizes = _blocks(keys, PlannedRule(rule, tuple(splits), len(rows) + 2), rows).sizes
    return PlannedRule(rule, tuple(splits), smallest_too_large(sizes, budget))


def _expected(made: _Blocks, weighed: Evidence, number: int) -> int:
    """Pairs that a rule adds to those of the rules before, from a sixteenth of its blocks."""
    # Fibonacci hashing (Knuth, 6.4): blocks are numbered by their keys, of which few are regular.
    mixed = np.arange(len(made.sizes), dtype=np.uint64) * np.uint64(11400714819323198485)
    sample = mixed >> np.uint64(60) == 0
    order = made.order[np.repeat(sample, made.sizes)]
    left, _, _ = likely_pairs(weighed, order, made.sizes[sample], number)
    return len(left) * _PARTS


class PlannedBlocks:
    """Some records under a plan: their pairs, or those of some of them; made once for each file.

    The records may be two versions of one file, of which each call looks at one (``among``).
    """

    def __init__(self, records: Records, plan: BlockingPlan, keys: Keys | None = None) -> None:
        """Work out the keys of ``records`` that the plan asks for, if they are not at hand."""
        self._plan, self._count = plan, records.count
        self._keys = keys = keys or Keys(records)
        keys.work_out(_asked(keys, [rule.rule for rule in plan.rules]), _THREADS)
        self._weighed = evidence(keys, records, rules=len(plan.rules), known=plan.chances)

    def pairs(
        self,
        among: Flags | None = None,
        touched: Flags | None = None,
        near: Sequence[Positions] | None = None,
    ) -> Pairs:
        """Candidate pairs of the records ``among`` all, of which one at least is ``touched``.

        ``near`` are those that share a rule's keys with a touched one, rule by rule, if known.
        """
        rules = self._plan.rules
        near = self.near(touched) if near is None else near
        self._weighed.forget()
        futures: list[Future[tuple[Positions, Positions, RuleCount]]] = []
        with ThreadPoolExecutor(_THREADS) as pool:
            for number, rule in enumerate(rules):
                rows = near[number] if among is None else near[number][among[near[number]]]
                made, heads = _blocks(self._keys, rule, rows), None
                if touched is not None:
                    made, heads = _touched_first(made, touched)
                self._weighed.mark(made.order, made.sizes, number)
                futures.append(pool.submit(self._pairs_of, made, heads, number))
        found = [future.result() for future in futures]
        none = np.zeros(0, dtype=np.int32)
        return Pairs(
            np.concatenate([none, *(left for left, _, _ in found)]),
            np.concatenate([none, *(right for _, right, _ in found)]),
            np.repeat(np.arange(len(rules), dtype=np.int16), [len(left) for left, _, _ in found]),
            tuple(rule.rule.name for rule in rules),
            tuple(count for _, _, count in found),
        )

    def regrouped(self, before: Flags, after: Flags, changed: Flags) -> Flags:
        """Records in both versions whose block is split or left out in one of them only.

        ``changed`` are the records that are in one version only.
        """
        found = np.zeros(self._count, dtype=np.bool_)
        for rule, (rows, numbers) in zip(self._plan.rules, self._near(changed), strict=True):
            sizes = [
                np.bincount(numbers[version[rows]], minlength=int(numbers.max(initial=-1)) + 1)
                for version in (before, after)
            ]
            # Smaller blocks are as they are: to count them is cheaper than to put them in order.
            large = np.maximum(*sizes) >= min([rule.most, *(size for _, size in rule.splits)])
            if not large.any():
                continue
            those = rows[large[numbers]]
            one, other = (
                _blocks(self._keys, rule, those[version[those]]).state
                for version in (before, after)
            )
            both = one.index.intersection(other.index)
            differ = one.loc[both].to_numpy() != other.loc[both].to_numpy()
            found[both.to_numpy()[differ]] = True
        return found

    def near(self, touched: Flags | None) -> list[Positions]:
        """Of each rule the records that share its keys with a touched one."""
        if touched is None:
            everyone = np.arange(self._count, dtype=np.int32)
            return [everyone] * len(self._plan.rules)
        return [rows for rows, _ in self._near(touched)]

    def _near(self, touched: Flags) -> Iterator[tuple[Positions, Positions]]:
        """Of each rule those rows, and the number of the block that each is in."""
        names = {name for rule in self._plan.rules for name in rule.rule.keys}
        held = {name: _held(self._keys.codes(name), touched) for name in sorted(names)}
        for rule in self._plan.rules:
            # Key by key first, which is a look into a table, and only then by all keys together.
            chosen = np.logical_and.reduce([held[name] for name in rule.rule.keys])
            rows = np.flatnonzero(chosen).astype(np.int32)
            codes = [self._keys.codes(name).take(rows) for name in rule.rule.keys]
            numbers = codes[0]
            if len(codes) > 1:
                numbers, _ = numbered(joined(codes))
                mine = _held(numbers, touched[rows])
                rows, numbers = rows[mine], numbers[mine]
            yield rows, numbers

    def _pairs_of(
        self, made: _Blocks, heads: npt.NDArray[np.int64] | None, number: int
    ) -> tuple[Positions, Positions, RuleCount]:
        left, right, unlikely = likely_pairs(self._weighed, made.order, made.sizes, number, heads)
        rule = self._plan.rules[number]
        split_by = tuple(name for name, _ in rule.splits[: made.splits])
        lost = (made.left_out_blocks, made.left_out_pairs)
        return left, right, RuleCount(rule.rule.name, len(left), split_by, *lost, unlikely)


@dataclass(frozen=True)
class _Blocks:
    """Records block after block, the size of each block of two or more, what became of the others.

    ``state`` says by record, of those whose keys are known, by which further keys its block was
    split and whether it was left out, as bits; ``splits`` counts the further keys that were used.
    """

    order: Positions
    sizes: npt.NDArray[np.int64]
    state: pd.Series[int]
    splits: int
    left_out_blocks: int
    left_out_pairs: int


def _blocks(keys: Keys, planned: PlannedRule, rows: Positions) -> _Blocks:
    """The blocks that a planned rule makes of ``rows``."""
    order, sizes = grouped(joined([keys.codes(name).take(rows) for name in planned.rule.keys]))
    order, state = rows[order], np.zeros(len(order), dtype=np.int64)
    splits = 0
    for bit, (name, size) in enumerate(planned.splits):
        large = sizes >= size
        if not large.any():
            continue
        is_large = np.repeat(large, sizes)
        members = order[is_large]
        block_of = np.repeat(np.arange(int(large.sum()), dtype=np.int32), sizes[large])
        # Those of a large block that lack the further key are a block of their own.
        finer, finer_sizes = grouped(joined([block_of, keys.codes(name).take(members) + 1]))
        order = np.concatenate([order[~is_large], members[finer]])
        state = np.concatenate([state[~is_large], state[is_large][finer] | (1 << bit)])
        sizes = np.concatenate([sizes[~large], finer_sizes])
        splits = bit + 1
    large = sizes >= planned.most
    is_large = np.repeat(large, sizes)
    state[is_large] |= 1 << len(planned.splits)
    kept = ~large & (sizes > 1)
    return _Blocks(
        order[np.repeat(kept, sizes)],
        sizes[kept],
        pd.Series(state, index=order),
        splits,
        int(large.sum()),
        int(_pairs_in(sizes[large]).sum()),
    )


def _held(codes: Positions, touched: Flags) -> Flags:
    """Which records have a code that a touched one has."""
    wanted = np.zeros(int(codes.max(initial=-1)) + 2, dtype=np.bool_)
    wanted[codes[touched]] = True
    wanted[-1] = False  # where the code is unknown
    return np.asarray(wanted[codes], dtype=np.bool_)


def _touched_first(made: _Blocks, touched: Flags) -> tuple[_Blocks, npt.NDArray[np.int64]]:
    """The blocks that hold a touched record, these first in each, and how many of them it has."""
    number = np.repeat(np.arange(len(made.sizes)), made.sizes)
    mine = touched[made.order]
    heads = np.bincount(number[mine], minlength=len(made.sizes)).astype(np.int64)
    kept = heads > 0
    listed = np.repeat(kept, made.sizes)
    number, mine, order = number[listed], mine[listed], made.order[listed]
    # Two passes put each block in order; sorting would look at every record many times.
    starts = np.cumsum(np.where(kept, made.sizes, 0)) - made.sizes
    ahead = np.cumsum(mine)
    before = np.cumsum(np.where(kept, heads, 0)) - heads
    first = starts[number] + ahead - 1 - before[number]
    behind = np.arange(len(mine)) - ahead + before[number]
    place = np.where(mine, first, behind + heads[number])
    sorted_order = np.empty_like(order)
    sorted_order[place] = order
    left_out = (made.left_out_blocks, made.left_out_pairs)
    return (
        _Blocks(sorted_order, made.sizes[kept], made.state, made.splits, *left_out),
        heads[kept],
    )


def _pairs_in(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return sizes * (sizes - 1) // 2

"""Candidate pairs by many narrow rules at once, counted before they are made.

A rule makes pairs of the records that share its keys. Where a rule would make more pairs than
its budget, its largest blocks are split by further keys, and what is still too large is left out
and reported, never silently. A pair that an earlier rule makes is not made again: whether two
records share a block is seen from integer codes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.encode import combine
from warehouse_cdp.matching.kernels import compiled
from warehouse_cdp.matching.keys import Keys, dense

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.matching.encode import Records

Array = npt.NDArray[Any]

ALL_PAIRS: Final = "all pairs"


@dataclass(frozen=True)
class Rule:
    """Keys that must all agree, and keys by which blocks over the budget are split, in order."""

    keys: tuple[str, ...]
    splits: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The rule as it stands in links and reports."""
        return " and ".join(self.keys)


_NAMES = "given_name.soundex|family_name.soundex"
_BY_NAME = ("given_name.soundex", "family_name.soundex")
_BY_INITIAL = ("given_name.initial", "family_name.initial", "birth_date.year")
_BY_PLACE = ("birth_date.year", "postal_code.exact", "city.soundex", "birth_place.soundex")

RULES: Final[tuple[Rule, ...]] = (
    Rule(("national_id.exact",), _BY_NAME),
    Rule(("email.exact",), _BY_NAME),
    Rule(("phone.exact",), _BY_NAME),
    Rule(("given_name.exact", "family_name.exact"), ("birth_date.year", *_BY_PLACE[1:])),
    Rule(("birth_date.unordered", "given_name.initial"), ("family_name.initial",)),
    Rule(("birth_date.unordered", "family_name.initial"), ("given_name.initial",)),
    Rule(("birth_date.exact",), ("postal_code.exact", "city.soundex", "gender.exact")),
    Rule((_NAMES,), _BY_PLACE),
    Rule(("birth_date.year", "family_name.soundex"), ("given_name.initial", "city.soundex")),
    Rule(("birth_date.month_day", "family_name.soundex"), ("given_name.initial",)),
    Rule(("birth_date.year_month", "given_name.soundex"), ("family_name.initial",)),
    Rule(("birth_date.year_day", "given_name.soundex"), ("family_name.initial",)),
    Rule(("birth_date.month_day", "given_name.soundex"), ("family_name.initial",)),
    Rule(("postal_code.exact", "family_name.soundex"), ("given_name.initial", *_BY_PLACE[:1])),
    Rule(("postal_code.exact", "given_name.soundex"), ("family_name.initial", *_BY_PLACE[:1])),
    Rule(("postal_code.exact", "birth_date.year"), ("given_name.initial", "family_name.initial")),
    Rule(("address_line.exact",), ("given_name.initial", "birth_date.year")),
    Rule(("address_line.number", "address_line.street"), ("city.soundex", "postal_code.exact")),
    Rule(("city.soundex", "family_name.soundex"), ("given_name.initial", "birth_date.year")),
    Rule(("city.soundex", "given_name.soundex"), ("family_name.initial", "birth_date.year")),
    Rule(("address_line.number", "given_name.soundex"), ("family_name.initial", *_BY_PLACE)),
    Rule(("address_line.number", "family_name.soundex"), ("given_name.initial", *_BY_PLACE)),
    Rule(("birth_place.soundex", "family_name.soundex"), ("given_name.initial",)),
    Rule(("birth_place.soundex", "birth_date.year"), _BY_INITIAL[:2]),
    Rule(("given_name.start3", "family_name.start3"), _BY_PLACE),
    Rule(("given_name.start3", "family_name.end3"), _BY_PLACE),
    Rule(("email.local",), _BY_NAME),
    Rule(("phone.end6",), _BY_INITIAL),
    Rule(("national_id.start4",), _BY_INITIAL),
    Rule(("national_id.end4",), _BY_INITIAL),
    Rule(("company.start4", "family_name.soundex"), ("given_name.initial",)),
    Rule(("company.start4", "given_name.soundex"), ("family_name.initial",)),
    Rule(("given_name.soundex", "gender.exact"), _BY_PLACE),
)


@dataclass(frozen=True)
class RuleCount:
    """What became of a rule: pairs it makes, pairs it would have made, and what was left out."""

    rule: str
    pairs: int
    split_by: tuple[str, ...] = ()
    left_out_blocks: int = 0
    left_out_pairs: int = 0


@dataclass(frozen=True)
class Pairs:
    """Candidate pairs of records (positions, ``left < right``) and the rule that made each."""

    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    rule: npt.NDArray[np.int16]
    rules: tuple[str, ...]
    counts: tuple[RuleCount, ...] = field(default=())


def block(
    records: Records,
    budget: int,
    all_pairs_up_to: int = 1_500,
    rules: Sequence[Rule] = RULES,
) -> Pairs:
    """Candidate pairs: all of them for few records, else those of the rules that apply.

    ``budget`` bounds the pairs a rule may make.
    """
    if records.count <= all_pairs_up_to:
        left, right = np.triu_indices(records.count, k=1)
        made = RuleCount(ALL_PAIRS, len(left))
        return Pairs(
            left.astype(np.int32),
            right.astype(np.int32),
            np.zeros(len(left), dtype=np.int16),
            (ALL_PAIRS,),
            (made,),
        )
    keys = Keys(records)
    applying = [rule for rule in rules if all(keys.known(name) for name in rule.keys)]
    blocks = np.full((records.count, len(applying)), -1, dtype=np.int32)
    split: list[tuple[tuple[str, ...], int, int]] = []
    for number, rule in enumerate(applying):
        blocks[:, number], used, large, lost = _within_budget(keys, rule, budget)
        split.append((used, large, lost))
    lefts, rights, numbers, counts = [], [], [], []
    for number, rule in enumerate(applying):
        made_left, made_right = _pairs_of(blocks, number)
        lefts.append(made_left)
        rights.append(made_right)
        numbers.append(np.full(len(made_left), number, dtype=np.int16))
        counts.append(RuleCount(rule.name, len(made_left), *split[number]))
    none = np.zeros(0, dtype=np.int32)
    return Pairs(
        np.concatenate([none, *lefts]),
        np.concatenate([none, *rights]),
        np.concatenate([none.astype(np.int16), *numbers]),
        tuple(rule.name for rule in applying),
        tuple(counts),
    )


def _within_budget(
    keys: Keys, rule: Rule, budget: int
) -> tuple[npt.NDArray[np.int32], tuple[str, ...], int, int]:
    """The block of each record (-1: none), split keys used, blocks and pairs left out."""
    blocks = _together([keys.codes(name) for name in rule.keys])
    used: list[str] = []
    for name in rule.splits:
        large = _oversized(blocks, budget)
        if not large.any():
            break
        if not keys.known(name) or name in rule.keys:
            continue
        finer = _together([blocks, keys.codes(name)])
        is_large = np.append(large, False)[blocks]
        # Those of a large block that lack the further key are a block of their own.
        lacking = finer.max(initial=0) + 1 + blocks.astype(np.int64)
        parts = np.where(finer < 0, lacking, finer) + len(large)
        blocks = dense(np.where(is_large, parts, blocks))
        used.append(name)
    large = _oversized(blocks, budget)
    sizes = np.bincount(blocks[blocks >= 0], minlength=len(large)).astype(np.int64)
    lost = int((sizes * (sizes - 1) // 2)[large].sum())
    left_out = np.append(large, False)[blocks]
    return np.where(left_out, -1, blocks).astype(np.int32), tuple(used), int(large.sum()), lost


def _together(codes: list[npt.NDArray[np.int32]]) -> npt.NDArray[np.int32]:
    if len(codes) == 1:
        return codes[0]
    known = np.all([code >= 0 for code in codes], axis=0)
    combined = combine(codes)
    combined[~known] = -1
    return dense(combined)


def _oversized(blocks: npt.NDArray[np.int32], budget: int) -> npt.NDArray[np.bool_]:
    """By block, whether it is among the largest, without which the rest keeps to the budget."""
    sizes = np.bincount(blocks[blocks >= 0]).astype(np.int64)
    pairs = sizes * (sizes - 1) // 2
    if pairs.sum() <= budget:
        return np.zeros(len(sizes), dtype=np.bool_)
    # Blocks of one size stand or fall together, so that no order of records decides.
    by_size = np.bincount(sizes, weights=pairs)
    largest = int(np.searchsorted(np.cumsum(by_size), budget, side="right"))
    return np.asarray(sizes >= max(largest, 2), dtype=np.bool_)


def _pairs_of(
    blocks: npt.NDArray[np.int32], number: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Pairs of rule ``number`` that no rule before it makes, ordered by block and record."""
    mine = blocks[:, number]
    sizes = np.append(np.bincount(mine[mine >= 0]), 0)
    shared = np.flatnonzero(sizes[mine] > 1)
    order = shared[np.argsort(mine[shared], kind="stable")].astype(np.int32)
    starts = np.flatnonzero(np.diff(mine[order], prepend=-1))
    edges = np.append(starts, len(order)).astype(np.int64)
    nothing = np.zeros(0, dtype=np.int32)
    earlier = np.ascontiguousarray(blocks[order, :number])
    count = _emit(order, edges, earlier, nothing, nothing)
    left = np.empty(count, dtype=np.int32)
    right = np.empty(count, dtype=np.int32)
    _emit(order, edges, earlier, left, right)
    return left, right


@compiled
def _emit(order: Array, edges: Array, earlier: Array, left: Array, right: Array) -> int:
    """Write the pairs of each block, or only count them where there is no room for any."""
    room = len(left)
    count = 0
    rules = earlier.shape[1]
    for number in range(len(edges) - 1):
        for i in range(edges[number], edges[number + 1]):
            for j in range(i + 1, edges[number + 1]):
                is_new = True
                for rule in range(rules):
                    if earlier[i, rule] >= 0 and earlier[i, rule] == earlier[j, rule]:
                        is_new = False
                        break
                if is_new:
                    if room > 0:
                        left[count] = order[i]
                        right[count] = order[j]
                    count += 1
    return count

"""Candidate pairs by many narrow rules at once, counted before they are made.

A rule makes pairs of the records that share its keys. Where a rule would make more pairs than
its budget, its largest blocks are split by further keys, and what is still too large is left out
and reported, never silently. A pair that an earlier rule makes is not made again: whether two
records share a block is seen from integer codes. Pairs that share next to nothing beside the
rule's keys (``evidence``) are counted and not compared.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.evidence import KEYS as EVIDENCE
from warehouse_cdp.matching.evidence import LEAST_WEIGHT, evidence, likely_pairs
from warehouse_cdp.matching.groups import sampled, shared
from warehouse_cdp.matching.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.matching.encode import Records
    from warehouse_cdp.matching.evidence import Evidence

Positions = npt.NDArray[np.int32]

ALL_PAIRS: Final = "all pairs"
FEWEST_MATCHES: Final = 0.001
"""Likely matches a record that a rule must add to be used on many records; most of them are joined
through a third record anyway."""
LIKELY: Final = 0.0
"""Weight by keys from which a pair counts as a likely match: more likely than not."""
LEAST_WEIGHT_OF_MANY: Final = -10.0
"""Among many records the least evidence of a pair to be compared, in bits with the prior."""
_MANY_RECORDS: Final = 200_000
_PARTS: Final = 16


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
    Rule(("company.start4", "postal_code.exact"), ("address_line.number",)),
    Rule(("company.start4", "city.soundex"), ("address_line.number", "company.end4")),
    Rule(("given_name.soundex", "gender.exact"), _BY_PLACE),
)


@dataclass(frozen=True)
class RuleCount:
    """What became of a rule: pairs it makes, and what was left out.

    ``unlikely_pairs`` share the rule's keys and next to nothing else (other rules may make them
    too); ``left_out_pairs`` are those of blocks that no further key makes small enough. A rule with
    ``expected_matches`` was not used: it would have added so few likely matches.
    """

    rule: str
    pairs: int
    split_by: tuple[str, ...] = ()
    left_out_blocks: int = 0
    left_out_pairs: int = 0
    unlikely_pairs: int = 0
    expected_matches: int | None = None


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
    least_weight: float | None = None,
    threads: int = 2,
) -> Pairs:
    """Candidate pairs: all of them for few records, else those of the rules that apply.

    ``budget`` bounds the pairs a rule may make, ``least_weight`` the evidence of a pair to be
    compared (minus infinity: every pair; where none is given, ``LEAST_WEIGHT``, and on many records
    ``LEAST_WEIGHT_OF_MANY``). The result does not depend on ``threads``.
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
    if least_weight is None:
        is_many = records.count >= _MANY_RECORDS
        least_weight = LEAST_WEIGHT_OF_MANY if is_many else LEAST_WEIGHT
    keys = Keys(records)
    applying = [rule for rule in rules if all(keys.known(name) for name in rule.keys)]
    wanted = [name for rule in applying for name in rule.keys] + [
        name for name in EVIDENCE if keys.known(name)
    ]
    keys.work_out(wanted, threads)
    weighed = evidence(keys, records, least_weight, len(applying), threads=threads)
    used: list[str] = []
    counts: list[Future[tuple[Positions, Positions, RuleCount]] | RuleCount] = []
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        for rule in applying:
            expected = _expected(keys, rule, budget, len(used), weighed)
            if expected is not None and expected < FEWEST_MATCHES * records.count:
                counts.append(RuleCount(rule.name, 0, expected_matches=expected))
                continue
            found = _within_budget(keys, rule, budget)
            weighed.mark(found.order, found.sizes, len(used))
            counts.append(pool.submit(_pairs_of, found, len(used), weighed, rule.name))
            used.append(rule.name)
    made_by = [count.result() for count in counts if isinstance(count, Future)]
    none = np.zeros(0, dtype=np.int32)
    return Pairs(
        np.concatenate([none, *(left for left, _, _ in made_by)]),
        np.concatenate([none, *(right for _, right, _ in made_by)]),
        np.repeat(np.arange(len(used), dtype=np.int16), [len(left) for left, _, _ in made_by]),
        tuple(used),
        tuple(count if isinstance(count, RuleCount) else count.result()[2] for count in counts),
    )


def _expected(keys: Keys, rule: Rule, budget: int, used: int, weighed: Evidence) -> int | None:
    """Matches that a rule would add to the ``used`` first, by keys and a sixteenth of its blocks.

    None of few records: there a rule costs less than to ask.
    """
    if len(weighed.codes) < _MANY_RECORDS:
        return None
    rows = sampled([keys.codes(name) for name in rule.keys])
    found = _within_budget(keys, rule, max(budget // _PARTS, 1), rows)
    left, _, _ = likely_pairs(weighed.from_weight(LIKELY), found.order, found.sizes, used)
    return len(left) * _PARTS


@dataclass(frozen=True)
class _Blocks:
    """Records block after block, the size of each block, and what became of large ones."""

    order: Positions
    sizes: npt.NDArray[np.int64]
    split_by: tuple[str, ...] = ()
    left_out_blocks: int = 0
    left_out_pairs: int = 0


def _within_budget(keys: Keys, rule: Rule, budget: int, rows: Positions | None = None) -> _Blocks:
    """The blocks of a rule (among ``rows``), large ones split by further keys for the budget."""
    order, sizes = shared([keys.codes(name) for name in rule.keys], rows)
    used: list[str] = []
    for name in rule.splits:
        large = _oversized(sizes, budget)
        if not large.any():
            break
        if not keys.known(name) or name in rule.keys:
            continue
        is_large = np.repeat(large, sizes)
        members = order[is_large]
        block_of = np.repeat(np.flatnonzero(large), sizes[large]).astype(np.int32)
        # Those of a large block that lack the further key are a block of their own.
        finer, finer_sizes = shared([block_of, keys.codes(name).take(members) + 1])
        order = np.concatenate([order[~is_large], members.take(finer)])
        sizes = np.concatenate([sizes[~large], finer_sizes])
        used.append(name)
    large = _oversized(sizes, budget)
    lost = int(_pairs_in(sizes[large]).sum())
    return _Blocks(
        order[~np.repeat(large, sizes)], sizes[~large], tuple(used), int(large.sum()), lost
    )


def _pairs_in(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return sizes * (sizes - 1) // 2


def _oversized(sizes: npt.NDArray[np.int64], budget: int) -> npt.NDArray[np.bool_]:
    """By block, whether it is among the largest, without which the rest keeps to the budget."""
    pairs = _pairs_in(sizes)
    if pairs.sum() <= budget:
        return np.zeros(len(sizes), dtype=np.bool_)
    # Blocks of one size stand or fall together, so that no order of records decides.
    by_size = np.bincount(sizes, weights=pairs)
    largest = int(np.searchsorted(np.cumsum(by_size), budget, side="right"))
    return np.asarray(sizes >= max(largest, 2), dtype=np.bool_)


def _pairs_of(
    found: _Blocks, number: int, weighed: Evidence, name: str
) -> tuple[Positions, Positions, RuleCount]:
    """Pairs of rule ``number`` that no rule before it makes, ordered by block and record."""
    left, right, unlikely = likely_pairs(weighed, found.order, found.sizes, number)
    lost = (found.left_out_blocks, found.left_out_pairs)
    return left, right, RuleCount(name, len(left), found.split_by, *lost, unlikely)

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

import warehouse_cdp.matching.block as block_module
from matching_worlds import encoded, people
from warehouse_cdp.matching.block import RULES, Rule, block
from warehouse_cdp.matching.evidence import KEYS
from warehouse_cdp.matching.keys import Keys

if TYPE_CHECKING:
    import pytest

    from warehouse_cdp.matching.encode import Records


def world(count: int = 120) -> Records:
    records = people(count)
    names = [name for name in records.columns if name not in ("record_id", "truth")]
    return encoded(**{name: records[name].tolist() for name in names})


def brute_force(records: Records, rules: list[Rule]) -> dict[tuple[int, int], str]:
    keys = Keys(records)
    made: dict[tuple[int, int], str] = {}
    for rule in rules:
        codes = [keys.codes(name) for name in rule.keys]
        for left, right in combinations(range(records.count), 2):
            if all(code[left] >= 0 and code[left] == code[right] for code in codes):
                made.setdefault((left, right), rule.name)
    return made


def test_blocking_makes_exactly_the_pairs_the_rules_promise() -> None:
    records = world()
    rules = [rule for rule in RULES if all(Keys(records).known(name) for name in rule.keys)]
    assert len(rules) > 10
    pairs = block(records, budget=10**9, all_pairs_up_to=0, least_weight=-math.inf)
    found = {
        (int(left), int(right)): pairs.rules[rule]
        for left, right, rule in zip(pairs.left, pairs.right, pairs.rule, strict=True)
    }
    assert len(found) == len(pairs.left)
    assert found == brute_force(records, rules)
    assert sum(count.pairs for count in pairs.counts) == len(found)


def test_blocks_over_the_budget_are_split_by_a_further_key() -> None:
    records = world()
    rule = Rule(("city.exact",), ("given_name.initial",))
    whole = brute_force(records, [rule])
    pairs = block(records, budget=len(whole) - 1, all_pairs_up_to=0, rules=[rule])
    (count,) = pairs.counts
    assert count.split_by == ("given_name.initial",)
    assert 0 < count.pairs < len(whole)
    assert count.left_out_pairs == 0


def test_what_cannot_be_split_is_left_out_and_counted() -> None:
    records = world()
    rule = Rule(("city.exact",))
    whole = brute_force(records, [rule])
    pairs = block(records, len(whole) - 1, all_pairs_up_to=0, rules=[rule], least_weight=-math.inf)
    (count,) = pairs.counts
    assert count.left_out_blocks >= 1
    assert count.pairs + count.left_out_pairs == len(whole)
    assert count.pairs <= len(whole) - 1


def test_a_missing_value_blocks_nothing() -> None:
    records = encoded(email=["a@x", None, None], city=["a", "b", "c"])
    rule = Rule(("email.exact",))
    assert len(block(records, budget=10, all_pairs_up_to=0, rules=[rule]).left) == 0


def test_swapped_names_share_a_block() -> None:
    records = encoded(given_name=["anna", "miller"], family_name=["miller", "anna"])
    pairs = block(records, budget=10, all_pairs_up_to=0)
    assert (pairs.left.tolist(), pairs.right.tolist()) == ([0], [1])


def test_a_date_with_day_and_month_swapped_shares_a_block() -> None:
    """By the rule's own key, which no other rule on names and dates stands in for."""
    rule = next(rule for rule in RULES if rule.keys[0] == "birth_date.unordered")
    records = encoded(
        given_name=["anna", "a.", "anna"], birth_date=["1980-03-04", "1980-04-03", "1980-03-03"]
    )
    pairs = block(records, budget=10, all_pairs_up_to=0, rules=[rule], least_weight=-np.inf)
    assert (pairs.left.tolist(), pairs.right.tolist()) == ([0], [1])


def test_few_records_are_all_compared() -> None:
    records = encoded(city=[f"city{number}" for number in range(9)])
    pairs = block(records, budget=0)
    assert len(pairs.left) == 36
    assert bool(np.all(pairs.left < pairs.right))


def test_pairs_that_share_next_to_nothing_else_are_counted_and_not_compared() -> None:
    records = world()
    rule = Rule(("city.exact",))
    whole = brute_force(records, [rule])
    pairs = block(records, 10**9, all_pairs_up_to=0, rules=[rule], least_weight=-4.0)
    (count,) = pairs.counts
    found = set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    assert found < set(whole)
    assert count.unlikely_pairs == len(whole) - len(found)
    keys = Keys(records)
    names = [name for name in KEYS if keys.known(name)]

    def shared(pair: tuple[int, int]) -> int:
        return sum(bool(np.ptp(keys.codes(name)[list(pair)]) == 0) for name in names)

    # Those compared share more keys than any that was left out and has as few unknown ones.
    assert min(map(shared, found)) >= 2
    assert np.mean([shared(pair) for pair in found]) > np.mean(
        [shared(pair) for pair in set(whole) - found]
    )


def test_among_many_records_rules_count_by_the_matches_they_add(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who shares a town alone is hardly one person, who shares an e-mail is."""
    monkeypatch.setattr(block_module, "_MANY_RECORDS", 100)
    records = world(2_000)
    rules = [Rule(("email.exact",)), Rule(("city.exact",))]
    counts = block(records, 10**6, all_pairs_up_to=0, rules=rules).counts
    assert [count.expected_matches is None for count in counts] == [True, False]
    assert counts[0].pairs > 100
    # By their number alone pairs of a town would do.
    towns = np.bincount(Keys(records).codes("city.exact") + 1)[1:]
    assert (towns * (towns - 1) // 2).sum() > 100 * records.count


def test_any_number_of_threads_makes_the_same_pairs() -> None:
    records = world()
    one, two = (block(records, 10**9, all_pairs_up_to=0, threads=count) for count in (1, 3))
    assert one.left.tolist() == two.left.tolist()
    assert one.right.tolist() == two.right.tolist()
    assert one.rule.tolist() == two.rule.tolist()

"""Rules 2, 4 and 6: ids are minted once, then only carried."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage_worlds import CLOCK, ages, grouping
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import aliases, assign, current_map, no_assignments
from warehouse_cdp.linkage.assignment import mint

RECORDS = ["a", "b", "c", "d", "e", "f", "g", "h"]


class Log:
    """A log of runs over groupings written as texts."""

    def __init__(self) -> None:
        self.rows = no_assignments()

    def run(self, *groups: str) -> pd.DataFrame:
        clusters = grouping(*groups)
        changes = assign(clusters, ages(RECORDS), self.rows, f"run{len(self.rows)}", CLOCK)
        self.rows = (
            pd.concat([self.rows, changes], ignore_index=True) if len(self.rows) else changes
        )
        return changes

    def ids(self) -> dict[str, str]:
        now = current_map(self.rows)
        return dict(zip(now["record_id"], now["customer_id"], strict=True))

    def resolve(self) -> dict[str, object]:
        table = aliases(self.rows)
        return dict(zip(table["customer_id"], table["resolved_customer_id"], strict=True))


def kinds(changes: pd.DataFrame) -> dict[str, str]:
    return dict(zip(changes["record_id"], changes["change_type"], strict=True))


def test_an_id_is_made_from_the_founding_record_and_never_twice() -> None:
    first = mint("crm:1", lambda _: False)
    assert re.fullmatch(r"cus_[a-z2-7]{20}", first)
    assert first == mint("crm:1", lambda _: False) == "cus_" + first[4:]
    second = mint("crm:1", {first}.__contains__)
    assert second != first
    assert mint("crm:2", lambda _: False) != first


def test_the_same_clusters_again_change_nothing() -> None:
    log = Log()
    assert set(kinds(log.run("a b", "c")).values()) == {"created"}
    assert log.run("a b", "c").empty


def test_a_new_record_joins_and_a_lost_one_is_removed_and_restored() -> None:
    log = Log()
    log.run("a b", "c")
    before = log.ids()
    assert kinds(log.run("a b d", "c")) == {"d": "joined"}
    assert log.ids()["d"] == before["a"]
    assert kinds(log.run("a b d")) == {"c": "removed"}
    assert "c" not in log.ids()
    assert kinds(log.run("a b d", "c")) == {"c": "restored"}
    assert log.ids()["c"] == before["c"]


def test_removing_a_source_and_adding_it_again_restores_the_ids() -> None:
    log = Log()
    log.run("a b c", "d e", "f")
    before = log.ids()
    log.run("a", "d")
    log.run("a b c", "d e", "f")
    assert log.ids() == before


def test_a_bridge_that_goes_splits_and_coming_back_restores() -> None:
    log = Log()
    log.run("a b c")
    before = log.ids()
    log.run("a", "c")
    assert log.ids()["a"] != log.ids()["c"]
    log.run("a b c")
    assert log.ids() == before


def test_in_a_merge_the_smaller_becomes_an_alias_until_the_merge_is_undone() -> None:
    log = Log()
    log.run("a b", "c d e")
    before = log.ids()
    assert kinds(log.run("a b c d e")) == {"a": "merged", "b": "merged"}
    assert set(log.ids().values()) == {before["c"]}
    assert log.resolve() == {before["a"]: before["c"]}
    log.run("a b", "c d e")
    assert log.ids() == before
    assert log.resolve() == {}


def test_chains_of_merges_resolve_in_one_step() -> None:
    log = Log()
    log.run("a", "b c", "d e f g")
    before = log.ids()
    log.run("a b c", "d e f g")
    log.run("a b c d e f g")
    living = before["d"]
    assert log.resolve() == {before["a"]: living, before["b"]: living}


def test_in_a_split_the_largest_part_keeps_the_id() -> None:
    log = Log()
    log.run("a b c d e")
    before = log.ids()["a"]
    assert kinds(log.run("a b", "c d e")) == {"a": "split", "b": "split"}
    assert log.ids()["c"] == before


def test_equal_parts_leave_the_id_with_the_oldest_record() -> None:
    log = Log()
    log.run("a b c d")
    before = log.ids()["a"]
    log.run("c b", "a d")
    assert log.ids()["a"] == before


def test_equal_overlaps_keep_the_oldest_id() -> None:
    log = Log()
    log.run("c")
    log.run("c", "a")
    old, young = log.ids()["c"], log.ids()["a"]
    log.run("a c")
    assert log.ids() == {"a": old, "c": old}
    assert log.resolve() == {young: old}


def test_a_record_that_changes_between_living_customers_moved() -> None:
    log = Log()
    log.run("a b c", "d e f")
    assert kinds(log.run("a b", "c d e f")) == {"c": "moved"}


def test_a_record_in_two_clusters_is_refused() -> None:
    with pytest.raises(InputDataError, match="two clusters"):
        assign(
            pd.concat([grouping("a b"), grouping("b c")]),
            ages(RECORDS),
            no_assignments(),
            "r",
            CLOCK,
        )


PARTITIONS = st.lists(
    st.lists(st.integers(0, 4), min_size=len(RECORDS), max_size=len(RECORDS)),
    min_size=1,
    max_size=5,
)


def texts(numbers: list[int]) -> list[str]:
    """Cluster numbers of the records as groups; number 4 means the record is absent."""
    groups: dict[int, list[str]] = {}
    for record, number in zip(RECORDS, numbers, strict=True):
        if number < 4:
            groups.setdefault(number, []).append(record)
    return [" ".join(group) for group in groups.values()] or ["a"]


@settings(max_examples=25, deadline=None)
@given(PARTITIONS)
def test_whatever_happens_every_record_has_one_customer_and_no_id_is_used_twice(
    history: list[list[int]],
) -> None:
    log = Log()
    for numbers in history:
        groups = texts(numbers)
        log.run(*groups)
        ids = log.ids()
        assert set(ids) == {record for group in groups for record in group.split()}
        by_group = [{ids[record] for record in group.split()} for group in groups]
        assert all(len(found) == 1 for found in by_group)
        assert len(set.union(*by_group)) == len(groups)
        assert log.run(*groups).empty
        resolved = log.resolve()
        assert not set(resolved) & set(ids.values())
        assert {str(x) for x in resolved.values() if isinstance(x, str)} <= set(ids.values())


@settings(max_examples=25, deadline=None)
@given(PARTITIONS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_id(history: list[list[int]], random: object) -> None:
    log = Log()
    for numbers in history:
        clusters = grouping(*texts(numbers))
        rows = list(range(len(log.rows)))
        random.shuffle(rows)  # type: ignore[attr-defined]
        shuffled = assign(
            clusters.sample(frac=1, random_state=1),
            ages(RECORDS).sample(frac=1, random_state=2),
            log.rows.iloc[rows],
            f"run{len(log.rows)}",
            CLOCK,
        )
        pd.testing.assert_frame_equal(shuffled, log.run(*texts(numbers)))


@settings(max_examples=25, deadline=None)
@given(PARTITIONS)
def test_a_merge_of_everybody_undone_restores_every_id(history: list[list[int]]) -> None:
    log = Log()
    for numbers in history:
        log.run(*texts(numbers))
    groups = texts(history[-1])
    before = log.ids()
    log.run(" ".join(groups))
    log.run(*groups)
    assert log.ids() == before

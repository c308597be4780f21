"""Rule 5: the chain of links between two records, with its weakest link."""

from __future__ import annotations

import pandas as pd
import pytest

from linkage_worlds import grouping
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import explain, weakest_links


def links(*edges: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(edges, columns=["left_record_id", "right_record_id", "match_weight"])
    return frame.assign(rule="same_email", evidence="{}", decision="linked")


WORLD = links(("a", "b", 20.0), ("b", "c", 9.0), ("a", "d", 15.0), ("c", "d", 12.0))


def test_the_path_is_the_one_whose_weakest_link_is_strongest() -> None:
    path = explain(WORLD, "a", "c")
    assert list(zip(path["left_record_id"], path["right_record_id"], strict=True)) == [
        ("a", "d"),
        ("d", "c"),
    ]
    assert path["is_weakest"].tolist() == [False, True]


def test_of_equal_paths_the_shortest_is_told() -> None:
    equal = links(("a", "b", 5.0), ("b", "c", 5.0), ("a", "c", 5.0))
    assert len(explain(equal, "a", "c")) == 1


def test_a_record_needs_no_path_to_itself() -> None:
    assert explain(WORLD, "a", "a").empty


def test_two_customers_have_no_path() -> None:
    cut = WORLD.assign(decision=["linked", "cut", "cut", "linked"])
    with pytest.raises(InputDataError, match="two customers"):
        explain(cut, "a", "c")


def test_the_weakest_link_a_customer_cannot_do_without() -> None:
    found = weakest_links(WORLD, grouping("a b c d"))
    assert found[["cluster_key", "record_count", "weakest_weight"]].to_numpy().tolist() == [
        ["a", 4, 12.0]
    ]

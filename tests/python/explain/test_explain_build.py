"""A real build: its view, its links and the command say the same."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from warehouse_cdp.linkage import explain
from worlds import Project, built_world

PAIRS = """
    with sized as (
        select record_id, customer_id, count(*) over (partition by customer_id) as size
        from dev_identity.identity_map
    )
    select min(record_id), max(record_id), customer_id from sized
    group by customer_id, size order by size desc, customer_id limit 12
"""
LINK_COLUMNS = (
    "left_record_id", "right_record_id", "rule", "evidence", "decision", "match_weight",
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return built_world(tmp_path_factory.mktemp("explained"))


def test_the_command_and_the_view_name_the_same_strongest_chain(world: Project) -> None:
    links = pd.DataFrame(
        world.query(f"select {', '.join(LINK_COLUMNS)} from dev_identity.identity_links"),
        columns=list(LINK_COLUMNS),
    )
    lengths = []
    for one, other, customer in world.query(PAIRS):
        in_sql = world.query(
            "select left_record_id, right_record_id, rule, match_weight, is_weakest "
            f"from dev_identity.identity_paths where from_record_id = '{one}' "
            f"and to_record_id = '{other}' order by step_number"
        )
        done = world.cdp("explain", one, other, "--json")
        assert done.code == 0, done.output
        told = json.loads(done.output)
        names = ("from_record_id", "to_record_id", "rule", "match_weight", "is_weakest")
        assert [tuple(step[name] for name in names) for step in told["path"]] == in_sql
        assert {record["customer_id"] for record in told["records"]} == {customer}
        weakest = explain(links, one, other)["match_weight"].min()
        assert [row[3] for row in in_sql if row[4]] == [weakest]
        lengths.append(len(in_sql))
    assert max(lengths) > 1


def test_every_customer_is_one_tree_in_a_build(world: Project) -> None:
    records = "select count(*) from dev_identity.identity_map"
    customers = "select count(distinct customer_id) from dev_identity.identity_map"
    trees = (
        "select count(distinct trees.root_record_id), count(*) filter (where step_number = 1) "
        "from dev_identity.identity_link_trees as trees"
    )
    assert world.query(trees) == [(world.query(customers)[0][0], world.query(records)[0][0])]


def test_no_personal_value_of_the_build_is_in_a_drawing(world: Project) -> None:
    ((customer, name),) = world.query(
        "select customer_id, max(given_name_key) from dev_identity.identity_map "
        "inner join dev_identity.identity_records using (record_id) "
        "where length(given_name_key) > 4 group by 1 order by count(*) desc, 1 limit 1"
    )
    for options in ((), ("--show-values",)):
        drawn = world.cdp("explain", customer, "--draw", "why.html", *options)
        assert drawn.code == 0, drawn.output
        text = (world.folder / "why.html").read_text().lower()
        assert (name in text) == bool(options)
        assert (name in drawn.output.lower()) == bool(options)

"""Rule 1: exact and order-free."""

from __future__ import annotations

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage_worlds import World, as_groups, chain, chain_identifiers
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import LinkageSettings, cluster_records
from warehouse_cdp.linkage.settings import IdentifierLimit

NODES = [f"r{number}" for number in range(12)]
EDGES = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=20)


def links(edges: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(edges, columns=["left_record_id", "right_record_id"], dtype=object)


@given(EDGES)
def test_the_partition_is_that_of_networkx(edges: list[tuple[str, str]]) -> None:
    graph = nx.Graph()
    graph.add_nodes_from(NODES)
    graph.add_edges_from(edges)
    expected = {frozenset(part) for part in nx.connected_components(graph)}
    assert as_groups(cluster_records(pd.Series(NODES), links(edges))) == expected


@given(EDGES, st.randoms(use_true_random=False))
def test_the_order_of_links_and_records_changes_nothing(
    edges: list[tuple[str, str]], random: object
) -> None:
    shuffled, nodes = list(edges), list(NODES)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    random.shuffle(nodes)  # type: ignore[attr-defined]
    first = cluster_records(pd.Series(NODES), links(edges))
    second = cluster_records(pd.Series(nodes), links(shuffled))
    pd.testing.assert_frame_equal(first, second)


def test_only_linked_pairs_count() -> None:
    decided = links([("r0", "r1"), ("r1", "r2")]).assign(decision=["linked", "cut"])
    assert frozenset({"r0", "r1"}) in as_groups(cluster_records(pd.Series(NODES), decided))


def test_a_link_to_a_record_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputDataError, match="1 links name a record"):
        cluster_records(pd.Series(["a"]), links([("a", "b")]))


def test_a_chain_of_a_thousand_records_ends_in_one_customer() -> None:
    # The budget leaves out the block of one name: the chain hangs by its e-mails alone.
    settings = LinkageSettings(limits={"email": IdentifierLimit(5000)}, max_pairs_per_rule=5000)
    world = World(chain(1000), chain_identifiers(1000), settings)
    assert len(world.groups()) == 1

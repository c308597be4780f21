"""The strongest links of a customer, and the path between any two records in SQL, on both engines.

Oracles: networkx's maximum spanning tree, and ``explain``, which looks for the strongest path anew
for each pair.
"""

from __future__ import annotations

import io
import itertools
import re
from typing import TYPE_CHECKING, Any

import duckdb
import networkx as nx
import numpy as np
import pandas as pd
import psycopg2
import pytest

from postgres import postgres_server
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import LINK_TREE_COLUMNS, as_table, explain, link_trees
from worlds import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

Link = tuple[str, str, float | None]
TABLES = {
    "identity_link_trees": "record_id text, root_record_id text, left_record_id text, "
    "right_record_id text, rule text, match_weight double precision, step_number bigint",
    "identity_links": "left_record_id text, right_record_id text, rule text, evidence text, "
    "decision text, match_weight double precision, match_probability double precision",
}


def links(*edges: Link, decision: str = "linked") -> pd.DataFrame:
    names = ["left_record_id", "right_record_id", "match_weight"]
    frame = pd.DataFrame(edges, columns=names).astype({"match_weight": float})
    return frame.assign(
        rule="probabilistic", evidence="{}", decision=decision, match_probability=0.99
    )


def graph(seed: int, records: int, edges: int, *, weights: int) -> tuple[pd.Series, pd.DataFrame]:
    """Random links; few different weights make ties."""
    dice = np.random.default_rng(seed)
    ids = sorted(f"s{n % 3}:{n:03d}" for n in range(records))
    every = list(itertools.combinations(ids, 2))
    chosen = sorted(dice.choice(len(every), edges, replace=False).tolist())
    drawn = dice.integers(weights, size=edges).tolist()
    return pd.Series(ids), links(
        *((*every[place], weight) for place, weight in zip(chosen, drawn, strict=True))
    )


def chain(length: int) -> tuple[pd.Series, pd.DataFrame]:
    ids = [f"c:{n:05d}" for n in range(length)]
    drawn = np.random.default_rng(length).random(length - 1).tolist()
    return pd.Series(ids), links(
        *((*pair, weight) for pair, weight in zip(itertools.pairwise(ids), drawn, strict=True))
    )


GRAPHS = [
    graph(1, 12, 30, weights=3),
    graph(2, 30, 35, weights=1000),
    graph(3, 40, 60, weights=5),
    graph(4, 9, 36, weights=1),
]


def networkx_graph(found: pd.DataFrame) -> nx.Graph:
    made = nx.Graph()
    rows = zip(
        found["left_record_id"], found["right_record_id"], found["match_weight"], strict=True
    )
    made.add_weighted_edges_from(rows)
    return made


@pytest.mark.parametrize("world", GRAPHS)
def test_the_tree_is_a_maximum_spanning_tree(world: tuple[pd.Series, pd.DataFrame]) -> None:
    ids, found = world
    tree = link_trees(ids, found)
    assert tuple(tree.columns) == LINK_TREE_COLUMNS
    first = tree[(tree["step_number"] == 1) & tree["right_record_id"].notna()]
    ours = networkx_graph(first)
    oracle = nx.maximum_spanning_tree(networkx_graph(found))
    assert ours.size(weight="weight") == pytest.approx(oracle.size(weight="weight"))
    assert {frozenset(part) for part in nx.connected_components(ours)} == {
        frozenset(part) for part in nx.connected_components(oracle)
    }
    roots = tree.groupby("record_id")["root_record_id"].first()
    for part in nx.connected_components(networkx_graph(found)):
        assert set(roots[list(part)]) == {min(part)}


def test_the_order_of_rows_changes_nothing() -> None:
    ids, found = GRAPHS[0]
    shuffled = link_trees(ids.sample(frac=1, random_state=1), found.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(link_trees(ids, found), shuffled)


def test_a_record_alone_and_one_that_was_cut_are_roots() -> None:
    found = pd.concat([links(("a", "b", 9.0)), links(("b", "c", 99.0), decision="cut")])
    tree = link_trees(pd.Series(["a", "b", "c", "d"]), found)
    rows = tree[["record_id", "root_record_id", "step_number"]].to_numpy().tolist()
    assert rows == [["a", "a", 1], ["b", "a", 1], ["b", "a", 2], ["c", "c", 1], ["d", "d", 1]]


def test_no_records_and_no_links_make_an_empty_typed_table() -> None:
    empty = link_trees(pd.Series([], dtype=object), links())
    assert as_table("identity_link_trees", empty).num_rows == 0


def test_a_link_of_no_weight_is_certain() -> None:
    ids, found = pd.Series(["a", "b", "c"]), links(("a", "c", 1.0), ("a", "b", None), ("b", "c", 5))
    tree = link_trees(ids, found)
    assert tree["match_weight"].dropna().tolist() == [5.0]
    assert tree.loc[tree["record_id"] == "c", "left_record_id"].tolist() == ["c", "b", "a"]


def test_a_link_to_an_unknown_record_is_told() -> None:
    with pytest.raises(InputDataError, match="1 links name a record that is not there"):
        link_trees(pd.Series(["a"]), links(("a", "b", 1.0)))


def view_sql() -> str:
    text = (ROOT / "models/identity/identity_paths.sql").read_text()
    body, count = re.subn(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", text)
    assert count == 3
    return f"create view identity_paths as {body}"


PATH = (
    "select left_record_id, right_record_id, match_weight, is_weakest from identity_paths "
    "where from_record_id = {} and to_record_id = {} order by step_number"
)


def tables_of(ids: pd.Series, found: pd.DataFrame) -> dict[str, pd.DataFrame]:
    frames = {"identity_link_trees": link_trees(ids, found), "identity_links": found}
    return {
        name: frames[name][[column.split()[0] for column in columns.split(", ")]]
        for name, columns in TABLES.items()
    }


class OnDuckDb:
    def __init__(self) -> None:
        self.connection = duckdb.connect()
        for name, columns in TABLES.items():
            self.connection.execute(f"create table {name} ({columns})")
        self.connection.execute(view_sql())

    def fill(self, ids: pd.Series, found: pd.DataFrame) -> None:
        for name, frame in tables_of(ids, found).items():
            self.connection.execute(f"delete from {name}")
            self.connection.register("given", frame)
            self.connection.execute(f"insert into {name} from given")

    def path(self, one: str, other: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(PATH.format("$1", "$2"), [one, other]).fetchall()


class OnPostgres:
    def __init__(self, uri: str) -> None:
        self.cursor = psycopg2.connect(uri).cursor()
        for name, columns in TABLES.items():
            self.cursor.execute(f"create table {name} ({columns})")
        self.cursor.execute(view_sql())

    def fill(self, ids: pd.Series, found: pd.DataFrame) -> None:
        for name, frame in tables_of(ids, found).items():
            self.cursor.execute(f"delete from {name}")
            text = io.StringIO(frame.to_csv(index=False, header=False))
            self.cursor.copy_expert(f"copy {name} from stdin with (format csv)", text)

    def path(self, one: str, other: str) -> list[tuple[Any, ...]]:
        self.cursor.execute(PATH.format("%s", "%s"), (one, other))
        found: list[tuple[Any, ...]] = self.cursor.fetchall()
        return found


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OnDuckDb | OnPostgres]:
    if request.param == "duckdb":
        yield OnDuckDb()
        return
    with postgres_server(tmp_path_factory.mktemp("pg")) as started:
        yield OnPostgres(started.uri)


def assert_is_strongest(
    path: list[tuple[Any, ...]], found: pd.DataFrame, one: str, other: str
) -> None:
    assert [path[0][0], path[-1][1]] == [one, other]
    assert all(before[1] == after[0] for before, after in itertools.pairwise(path))
    weights = [row[2] for row in path]
    weakest = [row[2] for row in path if row[3]]
    assert weakest == [min(weights)]
    assert min(weights) == explain(found, one, other)["match_weight"].min()


@pytest.mark.parametrize("world", GRAPHS)
def test_every_path_is_the_strongest(
    engine: OnDuckDb | OnPostgres, world: tuple[pd.Series, pd.DataFrame]
) -> None:
    ids, found = world
    engine.fill(ids, found)
    joined = networkx_graph(found)
    joined.add_nodes_from(ids)
    dice = np.random.default_rng(5)
    for one, other in [dice.choice(ids, 2, replace=False).tolist() for _ in range(25)]:
        path = engine.path(one, other)
        if nx.has_path(joined, one, other):
            assert_is_strongest(path, found, one, other)
            back = [(row[1], row[0], row[2]) for row in engine.path(other, one)][::-1]
            assert back == [row[:3] for row in path]
        else:
            assert path == []


def test_a_chain_of_a_thousand_records(engine: OnDuckDb | OnPostgres) -> None:
    ids, found = chain(1000)
    engine.fill(ids, found)
    path = engine.path(ids.iloc[-1], ids.iloc[0])
    assert len(path) == 999
    assert_is_strongest(path, found, ids.iloc[-1], ids.iloc[0])
    inner = engine.path(ids.iloc[300], ids.iloc[310])
    assert [row[0] for row in inner] == ids.iloc[300:310].tolist()


def test_a_record_has_no_path_to_itself(engine: OnDuckDb | OnPostgres) -> None:
    engine.fill(pd.Series(["a", "b"]), links(("a", "b", 1.0)))
    assert engine.path("a", "a") == []

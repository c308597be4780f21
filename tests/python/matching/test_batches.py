"""Compare-and-score over Arrow batches, in this process and in another one."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from matching_worlds import people
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.matching.batches import BatchScorer
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.pipeline import prepare
from warehouse_cdp.matching.score import probability
from warehouse_cdp.matching.weighing import gather
from warehouse_cdp.resolve.nicknames import nicknames

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse_cdp.matching.weighing import Evidence

# What a worker of a cluster is: it has the package, a pickled function and a stream of batches.
WORKER = """
import pickle, sys
import pyarrow as pa
with open(sys.argv[1], "rb") as handle:
    scorer = pickle.load(handle)
with pa.ipc.open_stream(sys.argv[2]) as given:
    with pa.ipc.new_stream(sys.argv[3], scorer.schema) as found:
        for batch in scorer(given):
            found.write_batch(batch)
"""


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """Pairs of people of two sources, weighed where the model was learnt."""
    frame = people(60).drop(columns="truth")
    frame["source"] = ["crm", "shop"] * (len(frame) // 2) + ["crm"] * (len(frame) % 2)
    options = MatchOptions(nicknames=nicknames())
    rows = prepare(frame, options)
    assert rows.records is not None
    return gather(rows.records, rows.sources, options, lambda _step, _share: None)


def in_batches(evidence: Evidence, size: int) -> list[pa.RecordBatch]:
    pairs = pa.table({"left": evidence.pairs.left, "right": evidence.pairs.right})
    batches: list[pa.RecordBatch] = pairs.to_batches(max_chunksize=size)
    return batches


def test_batches_weigh_what_the_pipeline_weighed(evidence: Evidence) -> None:
    scorer = BatchScorer.of(evidence.weigh)
    for size in (97, len(evidence.pairs.left)):
        found = pa.Table.from_batches(scorer(iter(in_batches(evidence, size))), scorer.schema)
        assert np.array_equal(found["left"], evidence.pairs.left)
        assert np.array_equal(found["right"], evidence.pairs.right)
        assert np.array_equal(found["match_weight"], evidence.weights)
        assert np.array_equal(found["match_probability"], probability(evidence.weights))
        for number, column in enumerate(evidence.records.columns):
            assert np.array_equal(found[f"level_{column.name}"], evidence.levels[:, number])


def test_another_process_weighs_the_same(evidence: Evidence, tmp_path: Path) -> None:
    scorer = BatchScorer.of(evidence.weigh)
    (tmp_path / "scorer").write_bytes(pickle.dumps(scorer))
    given = in_batches(evidence, 200)
    with pa.ipc.new_stream(str(tmp_path / "given"), given[0].schema) as stream:
        for batch in given:
            stream.write_batch(batch)
    files = [str(tmp_path / name) for name in ("scorer", "given", "found")]
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", WORKER, *files], check=True, env=environment)
    with pa.ipc.open_stream(files[2]) as stream:
        found = stream.read_all()
    assert found.schema == scorer.schema
    assert found.num_rows == len(evidence.pairs.left) > 200
    assert np.array_equal(found["match_weight"], evidence.weights)


def test_no_pairs_give_no_rows_and_whatever_else_a_batch_holds_is_left(evidence: Evidence) -> None:
    scorer = BatchScorer.of(evidence.weigh)
    none = pa.record_batch({"left": pa.array([], pa.int64()), "right": pa.array([], pa.int64())})
    assert scorer.score(none).num_rows == 0
    more = pa.record_batch({"rule": pa.array(["x"]), "right": pa.array([1]), "left": pa.array([0])})
    assert scorer.score(more).schema == scorer.schema


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"left": [0]}, "needs left and right .* this one has: left int64"),
        ({"left": ["a"], "right": ["b"]}, "this one has: left string, right string"),
        ({"left": [0, None], "right": [1, 1]}, "left of 1 pairs is the position of no record"),
        ({"left": [0, 1], "right": [10**9, -1]}, "right of 2 pairs .* valid are 0 to "),
    ],
)
def test_a_wrong_batch_is_told(
    evidence: Evidence, columns: dict[str, list[object]], said: str
) -> None:
    batch = pa.record_batch({name: pa.array(values) for name, values in columns.items()})
    with pytest.raises(InputDataError, match=said):
        BatchScorer.of(evidence.weigh).score(batch)

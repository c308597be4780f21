"""Matching ids only where something moved: the rows that matching all of them gives."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import (
    Log,
    as_table,
    assign,
    assign_changes,
    cluster_records,
    no_assignments,
)

CLOCK = pd.Timestamp("2026-03-01")
RECORDS = [f"r{number:02}" for number in range(24)]


def grouped(draw: np.random.Generator, groups: dict[str, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records that are there, and links that chain those of a group in a random order."""
    there = [record for record in RECORDS if record in groups]
    born = draw.integers(0, 5, len(RECORDS))
    created = [
        pd.NaT if born[number] == 4 else CLOCK - pd.Timedelta(days=int(born[number]))
        for number, record in enumerate(RECORDS)
        if record in groups
    ]
    chains: dict[int, list[str]] = {}
    for record in draw.permutation(there).tolist():
        chains.setdefault(groups[record], []).append(record)
    links = [pair for chain in chains.values() for pair in pairwise(chain)]
    records = pd.DataFrame({"record_id": there, "created_at": pd.to_datetime(pd.Series(created))})
    return records, pd.DataFrame(links, columns=["left_record_id", "right_record_id"], dtype=object)


def moved(draw: np.random.Generator, groups: dict[str, int]) -> dict[str, int]:
    """A few records leave, come (back), or go to another group."""
    after = dict(groups)
    for record in draw.choice(RECORDS, draw.integers(1, 7), replace=False).tolist():
        if record in after and draw.random() < 0.4:
            del after[record]
        else:
            after[record] = int(draw.integers(0, 9))
    return after


@pytest.mark.parametrize("seed", range(40))
def test_only_open_clusters_are_matched_and_the_rows_are_those_of_all(seed: int) -> None:
    draw = np.random.default_rng(seed)
    groups = {record: int(draw.integers(0, 9)) for record in RECORDS[:18]}
    log = no_assignments()
    history = []
    for step in range(8):
        records, links = grouped(draw, groups)
        clusters = cluster_records(records["record_id"], links)
        expected = assign(clusters, records, log, f"run{step}", CLOCK)
        found = assign_changes(
            pa.Table.from_pandas(records.sample(frac=1, random_state=step), preserve_index=False),
            pa.Table.from_pandas(
                links, pa.schema([(name, pa.string()) for name in links]), preserve_index=False
            ),
            Log(as_table("identity_assignments", log.sample(frac=1, random_state=step))),
            f"run{step}",
            CLOCK,
        )
        pd.testing.assert_frame_equal(found, expected, obj=f"changes of step {step}")
        log = pd.concat([log, expected], ignore_index=True) if len(log) else expected
        history.append(groups)
        # Now and then all is as it was before: ids come back.
        groups = history[draw.integers(0, len(history))] if draw.random() < 0.3 else groups
        groups = moved(draw, groups) if draw.random() < 0.9 else groups


def test_a_link_to_nobody_is_refused() -> None:
    records = pa.table({"record_id": ["a"], "created_at": pa.array([None], pa.timestamp("us"))})
    links = pa.table({"left_record_id": ["a"], "right_record_id": ["b"]})
    log = Log(as_table("identity_assignments", no_assignments()))
    with pytest.raises(InputDataError, match="1 links name a record that is not there"):
        assign_changes(records, links, log, "run", CLOCK)

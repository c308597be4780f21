"""How well and how fast ``resolve`` matches: a table over the files handed in, or the known ones.

python benchmarks/matching.py                      # FEBRL 3, 4, 100k and Splink's fake_1000
python benchmarks/matching.py FILE --truth person --without phone,email
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from warehouse_cdp.matching.pipeline import MatchOptions, resolve

_BESIDE = [folder / "shared/data" for folder in Path(__file__).resolve().parents[2:]]
SHARED = next((folder for folder in _BESIDE if folder.is_dir()), _BESIDE[0])
HARD = ("national_id", "phone")
FAKE = {
    "unique_id": "record_id",
    "first_name": "given_name",
    "surname": "family_name",
    "dob": "birth_date",
}
SETS = {
    "FEBRL 3": ("febrl/febrl3.parquet", "truth", ()),
    "FEBRL 4": ("febrl/febrl4.parquet", "truth", ()),
    "FEBRL 100k": ("febrl/febrl_100k.parquet", "truth", ()),
    "FEBRL 100k hard": ("febrl/febrl_100k.parquet", "truth", HARD),
    "fake_1000": ("splink_fake_1000/fake_1000.csv", "cluster", ()),
}


def scores(found: pd.Series, truth: pd.Series) -> dict[str, float]:
    """Pairwise and B-cubed precision, recall and F1 of two labellings of the same rows."""
    one, other = pd.factorize(found)[0], pd.factorize(truth)[0]
    both = pd.factorize(one.astype(np.int64) * (int(other.max()) + 1) + other)[0]
    pairs = [float((n * (n - 1) // 2).sum()) for n in map(np.bincount, (both, one, other))]
    shared = np.bincount(both)[both]
    values: dict[str, float] = {}
    for name, precision, recall in (
        ("pairwise", pairs[0] / max(pairs[1], 1.0), pairs[0] / max(pairs[2], 1.0)),
        (
            "b_cubed",
            float((shared / np.bincount(one)[one]).mean()),
            float((shared / np.bincount(other)[other]).mean()),
        ),
    ):
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        values |= {f"{name}_precision": precision, f"{name}_recall": recall, f"{name}_f1": f1}
    return values


def read(path: Path) -> pd.DataFrame:
    """A CSV (all text) or Parquet file, fake_1000's columns under their standard names."""
    if path.suffix != ".csv":
        return pd.read_parquet(path)
    frame = pd.read_csv(path, dtype=str)
    return frame.rename(columns=FAKE) if "unique_id" in frame else frame


def main() -> int:
    """Print one row a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--truth", default="truth", help="the column with the true person")
    parser.add_argument("--without", default="", help="columns to leave out, comma between them")
    parser.add_argument("--threshold", type=float, default=MatchOptions().threshold)
    parser.add_argument("--cut", type=float, default=MatchOptions().cut)
    asked = parser.parse_args()
    without = tuple(name for name in asked.without.split(",") if name)
    tasks = {
        name: (SHARED / path, truth, left_out) for name, (path, truth, left_out) in SETS.items()
    }
    if asked.files:
        tasks = {path.name: (path, asked.truth, without) for path in asked.files}
    options = MatchOptions(threshold=asked.threshold, cut=asked.cut)
    print(f"{'data':<18}{'rows':>9}{'pairs P':>9}{'pairs R':>9}{'pairs F1':>9}", end="")
    print(f"{'B3 P':>9}{'B3 R':>9}{'B3 F1':>9}{'wall s':>8}{'CPU s':>8}{'pairs':>11}")
    for name, (path, truth, left_out) in tasks.items():
        if not path.is_file():
            print(f"{name:<18} skipped: {path} is not there")
            continue
        frame = read(path)
        wall, processor = time.perf_counter(), time.process_time()
        found = resolve(frame.drop(columns=[truth, *left_out]), options)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        blocked = found.report.loc[found.report["step"] == "train", "count"].sum()
        values = "".join(
            f"{value:>9.5f}" for value in scores(found.customer_id, frame[truth]).values()
        )
        print(f"{name:<18}{len(frame):>9}{values}{wall:>8.1f}{processor:>8.1f}{blocked:>11}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The files that ``identity.py`` runs on: public ones beside the checkout, and invented ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from people import write

_BESIDE = [folder / "shared/data" for folder in Path(__file__).resolve().parents[2:]]
SHARED: Final = next((folder for folder in _BESIDE if folder.is_dir()), _BESIDE[0])
KEYS: Final = ("national_id", "phone")
TRUTH: Final = "truth"
SEED: Final = 1
FAKE_COLUMNS: Final = {
    "unique_id": "record_id",
    "first_name": "given_name",
    "surname": "family_name",
    "dob": "birth_date",
}
PUBLIC: Final = {
    "febrl3": ("febrl/febrl3.parquet", "truth", ()),
    "febrl4": ("febrl/febrl4.parquet", "truth", ()),
    "febrl100k": ("febrl/febrl_100k.parquet", "truth", ()),
    "febrl100k-hard": ("febrl/febrl_100k.parquet", "truth", KEYS),
    "fake1000": ("splink_fake_1000/fake_1000.csv", "cluster", ()),
}
INVENTED: Final = {
    "people1m": (1_000_000, ()),
    "people1m-hard": (1_000_000, KEYS),
    "people10m": (10_000_000, ()),
    "people10m-hard": (10_000_000, KEYS),
    "people100k": (100_000, ()),
    "people100k-hard": (100_000, KEYS),
}
"""Records and columns left out; made by ``people.py`` with ``SEED``."""
NAMES: Final = (*PUBLIC, *INVENTED)


@dataclass(frozen=True)
class Data:
    """One file to match: what the contestants read, and the person of each of its records."""

    name: str
    rows: int
    file: Path
    truth: Path


class DataAbsentError(Exception):
    """A public file is not there."""


def prepare(name: str, folder: Path) -> Data:
    """Write the file of a name from ``NAMES`` into ``folder``, its truth beside it.

    Raises:
        DataAbsentError: the public file is not beside the checkout.
    """
    if name in PUBLIC:
        path, truth, left_out = PUBLIC[name]
        return from_file(SHARED / path, truth, left_out, folder, name)
    records, left_out = INVENTED[name]
    made = folder / f"people-{records}-seed{SEED}.parquet"
    if not made.is_file():
        write(made, records, SEED)
    return from_file(made, TRUTH, left_out, folder, name)


def from_file(
    path: Path, truth: str, left_out: tuple[str, ...], folder: Path, name: str | None = None
) -> Data:
    """A CSV (all text) or Parquet file without ``left_out``, fake_1000's columns renamed.

    Raises:
        DataAbsentError: there is no such file.
    """
    name = name or path.stem
    if not path.is_file():
        message = f"{path} is not there"
        raise DataAbsentError(message)
    frame = pd.read_csv(path, dtype=str) if path.suffix == ".csv" else pd.read_parquet(path)
    if "unique_id" in frame:
        frame = frame.rename(columns=FAKE_COLUMNS)
    file, known_people = (folder / f"{name}.{part}.parquet" for part in ("records", "truth"))
    data = Data(name, len(frame), file, known_people)
    frame["record_id"] = frame["record_id"].astype(str)
    known = frame[["record_id", truth]].rename(columns={truth: TRUTH})
    known.to_parquet(data.truth, index=False)
    frame.drop(columns=[truth, *left_out]).to_parquet(data.file, index=False)
    return data

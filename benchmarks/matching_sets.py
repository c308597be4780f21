"""Data with known truth that the matcher is tried on: public files, the sample, made-up people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from made_up_people import Errors, households, parish
from spoilt_records import WORLDS
from warehouse_cdp.sample import generate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warehouse_cdp.sample import Sample

_BESIDE = [folder / "shared/data" for folder in Path(__file__).resolve().parents[2:]]
SHARED = next((folder for folder in _BESIDE if folder.is_dir()), _BESIDE[0])
TRUTH = "truth"
HARD = ("national_id", "phone")
_FAKE = {
    "unique_id": "record_id",
    "first_name": "given_name",
    "surname": "family_name",
    "dob": "birth_date",
    "cluster": TRUTH,
}
_SAMPLE_TABLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "crm/contacts": (
        "id",
        {
            "given_name": "first_name", "middle_name": "middle_name", "family_name": "last_name",
            "birth_date": "birthdate", "gender": "gender", "email": "email", "phone": "phone",
            "address_line": "mailing_street", "city": "mailing_city",
            "postal_code": "mailing_postal_code",
        },
    ),
    "shop_uk/customers": ("id", {
        "given_name": "first_name", "family_name": "last_name", "birth_date": "date_of_birth",
        "email": "email", "phone": "phone", "address_line": "address1", "city": "city",
        "postal_code": "zip",
    }),
    "shop_de/customers": ("id", {
        "given_name": "first_name", "family_name": "last_name", "birth_date": "date_of_birth",
        "email": "email", "phone": "phone", "address_line": "address1", "city": "city",
        "postal_code": "zip",
    }),
    "loyalty/members": ("card_no", {
        "given_name": "forename", "family_name": "surname", "birth_date": "dob", "email": "email",
        "phone": "mobile", "address_line": "street", "city": "town", "postal_code": "postcode",
    }),
    "support/requesters": ("id", {"full_name": "name", "email": "email", "phone": "phone"}),
    "email/subscribers": (
        "email", {"given_name": "first_name", "family_name": "last_name", "email": "email"},
    ),
}  # fmt: skip
"""Tables of the sample that hold people: their key, and standard column -> theirs."""


@dataclass(frozen=True)
class DataSet:
    """A set with truth: how to make it, and the family it shares its errors with.

    Sets of one family are left out together in cross-validation: they say the same.
    """

    name: str
    family: str
    load: Callable[[], pd.DataFrame]


def _file(path: str, without: tuple[str, ...] = ()) -> Callable[[], pd.DataFrame]:
    def load() -> pd.DataFrame:
        place = SHARED / path
        if place.suffix == ".parquet":
            return pd.read_parquet(place).drop(columns=list(without))
        return pd.read_csv(place, dtype=str).rename(columns=_FAKE)

    return load


def _with_gaps(load: Callable[[], pd.DataFrame], people: int, share: float) -> pd.DataFrame:
    """The records of the first ``people`` people, ``share`` of all values left out."""
    frame = load()
    kept = frame[frame[TRUTH].isin(frame[TRUTH].drop_duplicates().sort_values().head(people))]
    kept = kept.reset_index(drop=True)
    for number, name in enumerate(kept.columns):
        if name not in ("record_id", TRUTH):
            lost = kept.sample(frac=share, random_state=number).index
            kept.loc[lost, name] = None
    return kept


def sample_people(sample: Sample) -> pd.DataFrame:
    """The person records of a sample in standard columns; who has no person is nobody's."""
    owners = sample.truth["person_records"].dropna(subset="person_id")
    person = dict(
        zip(owners["source"] + ":" + owners["source_pk"], owners["person_id"], strict=True)
    )
    frames = []
    for table, (key, columns) in _SAMPLE_TABLES.items():
        source = table.partition("/")[0]
        rows = sample.tables[table].sort_values("_loaded_at", kind="stable")
        rows = rows.drop_duplicates(key, keep="last")
        frame = pd.DataFrame({name: rows[theirs] for name, theirs in columns.items()})
        frame.insert(0, "record_id", source + ":" + rows[key].astype(str))
        frame.insert(1, "source", source)
        frames.append(frame)
    records = pd.concat(frames, ignore_index=True)
    if "full_name" in records:
        # Two tables write a name in one column: split as the matcher would, so that a set has
        # one form of names.
        whole = records.pop("full_name").str.strip().str.split(r"\s+", n=1, expand=True)
        records["given_name"] = records["given_name"].fillna(whole[0])
        records["family_name"] = records["family_name"].fillna(whole[1])
    records[TRUTH] = records["record_id"].map(person)
    return records.dropna(subset=TRUTH).reset_index(drop=True)


_FEBRL_100K = _file("febrl/febrl_100k.parquet")
SETS: tuple[DataSet, ...] = (
    DataSet("FEBRL 3", "febrl", _file("febrl/febrl3.parquet")),
    DataSet("FEBRL 4", "febrl", _file("febrl/febrl4.parquet")),
    DataSet("FEBRL 100k", "febrl", _FEBRL_100K),
    DataSet("FEBRL 100k hard", "febrl", _file("febrl/febrl_100k.parquet", HARD)),
    DataSet("FEBRL, 4 of 10 gone", "febrl gaps", lambda: _with_gaps(_FEBRL_100K, 6_000, 0.4)),
    DataSet("fake_1000", "fake", _file("splink_fake_1000/fake_1000.csv")),
    DataSet("retailer 42", "retailer", lambda: sample_people(generate(2_000, 42, 1))),
    DataSet("retailer 7", "retailer", lambda: sample_people(generate(2_000, 7, 1))),
    DataSet("homes", "homes", lambda: households(2_000, 1, Errors(0.06, 0.12))),
    DataSet("homes, gaps", "homes", lambda: households(2_000, 2, Errors(0.06, 0.4))),
    DataSet("homes, one system", "homes", lambda: households(
        1_500, 3, Errors(0.1, 0.15), sources={"shop": 2.0})),
    DataSet("parish", "parish", lambda: parish(2_500, 4, Errors(0.18, 0.12, 0.1))),
    DataSet("parish, few errors", "parish", lambda: parish(2_500, 5, Errors(0.05, 0.05, 0.02))),
    *(DataSet(name, name, make) for name, make in WORLDS.items()),
)  # fmt: skip

"""The invented people of the identity benchmark: reproducible, and spoilt as often as stated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from people import MISSING, RECORDS_A_PERSON, SPOILT, SPOILT_FIELDS, SWAPPED_NAMES, blocks, people
from people_text import spoilt

FEW = 20_000


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    frame: pd.DataFrame = people(FEW, seed=3).to_pandas()
    return frame


def test_a_seed_makes_the_same_people_and_another_makes_others(records: pd.DataFrame) -> None:
    again, other = (people(FEW, seed=seed).to_pandas() for seed in (3, 4))
    pd.testing.assert_frame_equal(records, again)
    assert not records["family_name"].equals(other["family_name"])


def test_a_smaller_file_is_the_beginning_of_a_larger_one(records: pd.DataFrame) -> None:
    larger = pd.concat([table.to_pandas() for table in blocks(60_000, seed=3)], ignore_index=True)
    assert len(larger) == 60_000
    assert larger["record_id"].is_unique
    pd.testing.assert_frame_equal(larger.iloc[:FEW], records)


def test_people_have_as_many_records_as_stated() -> None:
    table = next(iter(blocks(10**6, seed=3))).to_pandas()
    shares = table["truth"].value_counts().value_counts(normalize=True).sort_index()
    assert shares.to_list() == pytest.approx(RECORDS_A_PERSON, abs=0.01)


def test_fields_are_missing_and_spoilt_as_often_as_stated() -> None:
    table = next(iter(blocks(10**6, seed=3))).to_pandas()
    for name, share in MISSING.items():
        assert table[name].isna().mean() == pytest.approx(share, abs=0.02)
    # Two records of a person are told apart by what was spoilt in either.
    several = table[table.groupby("truth")["truth"].transform("size") > 1]
    first = several.groupby("truth").nth(0).set_index("truth")
    second = several.groupby("truth").nth(1).set_index("truth").loc[first.index]
    differs = {}
    for name in SPOILT:
        known = first[name].notna() & second[name].notna()
        differs[name] = float((first[name] != second[name])[known].mean())
    assert differs["address_line"] > differs["given_name"] > differs["national_id"] > 0.08
    assert max(differs.values()) < 0.75
    swapped = (first["given_name"] == second["family_name"]) & first["given_name"].notna()
    assert swapped.mean() < 3 * SWAPPED_NAMES
    assert sum(SPOILT_FIELDS) == pytest.approx(1.0)


def test_frequent_names_are_as_frequent_as_in_life(records: pd.DataFrame) -> None:
    originals = records.drop_duplicates("truth")
    given = originals["given_name"].value_counts(normalize=True)
    family = originals["family_name"].value_counts(normalize=True)
    assert 0.08 < given.head(10).sum() < 0.25
    assert 0.02 < family.head(10).sum() < 0.08
    assert len(family) > 4_000


@pytest.mark.parametrize("keeps_length", [True, False])
def test_an_error_changes_one_sign_or_two_side_by_side(keeps_length: bool) -> None:  # noqa: FBT001
    texts = np.array([b"abcdefgh"] * 500 + [b"x"] * 20)
    wrong = spoilt(np.random.default_rng(1), texts, b"0123456789", keeps_length=keeps_length)
    lengths = np.char.str_len(wrong)
    assert set(lengths[:500]) == ({8} if keeps_length else {7, 8, 9})
    assert lengths.min() >= 1
    for text in wrong[:500].tolist():
        same_start = next((n for n, (a, b) in enumerate(zip(text, b"abcdefgh")) if a != b), 7)  # noqa: B905
        end = zip(reversed(text), reversed(b"abcdefgh"))  # noqa: B905
        same_end = next((n for n, (a, b) in enumerate(end) if a != b), 7)
        assert same_start + same_end >= 6

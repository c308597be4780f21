"""Neighbours share postcode and town: that counts once, measured on strangers of one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest

from matching_worlds import encoded
from warehouse_cdp.matching.compare import Comparer
from warehouse_cdp.matching.levels import DIFFERENT, UNKNOWN, exact_level
from warehouse_cdp.matching.places import Places

if TYPE_CHECKING:
    from warehouse_cdp.matching.encode import Records

COUNT = 600


def strangers(*, is_told: bool, doubled: bool = False) -> Records:
    """People of whom each is another, in 20 towns that follow from the postcode, or do not."""
    draw = np.random.default_rng(7)
    place = draw.integers(0, 20, COUNT)
    town = place if is_told else draw.integers(0, 20, COUNT)
    names = [f"name{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(COUNT)]
    columns = {
        "given_name": names,
        "postal_code": [f"{1000 + 37 * n}" for n in place],
        "city": [f"town {chr(97 + n)}" for n in town],
        "region": ["north" if n < 10 else "south" for n in town],
    }
    if doubled:
        columns = {name: values * 2 for name, values in columns.items()}
        columns["postal_code"] = [f"{1000 + n}" for n in range(COUNT)] * 2
        columns["email"] = [f"{n}@mail.example" for n in range(2 * COUNT)]
    return encoded(**{name: list[str | None](values) for name, values in columns.items()})


def pair(records: Records, *, same: str) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    column = records.column(same)
    assert column is not None
    other = int(np.flatnonzero(column.codes[1:] == column.codes[0])[0]) + 1
    return np.array([0], dtype=np.int32), np.array([other], dtype=np.int32)


def test_a_town_follows_from_its_postcode_and_a_region_from_its_town() -> None:
    assert Places(strangers(is_told=True)).follows == [
        ("postal_code", "city"),
        ("postal_code", "region"),
        ("city", "region"),
    ]


def test_towns_that_the_postcode_does_not_tell_count_beside_it() -> None:
    assert ("postal_code", "city") not in Places(strangers(is_told=False)).follows


def test_records_of_one_person_are_no_evidence_that_towns_follow() -> None:
    records = strangers(is_told=False, doubled=True)
    assert Places(records).follows == [("city", "region")]


def test_what_follows_is_unknown_where_the_finer_place_agrees() -> None:
    records = strangers(is_told=True)
    left, right = pair(records, same="postal_code")
    levels = Comparer(records).levels(left, right)[0]
    names = [column.name for column in records.columns]
    by_name = dict(zip(names, levels.tolist(), strict=True))
    assert by_name["postal_code"] == exact_level("postal_code")
    assert (by_name["city"], by_name["region"]) == (UNKNOWN, UNKNOWN)


@pytest.mark.parametrize("finer", [DIFFERENT, UNKNOWN])
def test_the_coarser_place_counts_where_the_finer_one_does_not_agree(finer: int) -> None:
    records = strangers(is_told=True)
    names = [column.name for column in records.columns]
    found = np.zeros((2, len(names)), dtype=np.int8)
    found[:, names.index("postal_code")] = [finer, exact_level("postal_code")]
    found[:, names.index("city")] = [exact_level("text"), DIFFERENT]
    Places(records).settle(found)
    assert found[:, names.index("city")].tolist() == [exact_level("text"), DIFFERENT]

from __future__ import annotations

import numpy as np
import pytest

from matching_worlds import encoded
from warehouse_cdp.matching.columns import STANDARD_COLUMNS
from warehouse_cdp.matching.compare import Comparer
from warehouse_cdp.matching.levels import LEVEL_NAMES

NICKNAMES = {"bob": "robert", "bobby": "robert"}
CASES = [
    ("given_name", "Robert", "robert", "exact"),
    ("given_name", "Robert", "Rober", "close"),
    ("given_name", "Robert", "Bob", "nickname"),
    ("given_name", "Bobby", "Bob", "nickname"),
    ("given_name", "Robert", "R", "initial"),
    ("given_name", "Anna Maria", "Anna", "initial"),
    ("given_name", "Robert", "Norbert", "similar"),
    ("given_name", "Robert", "Lucy", "different"),
    ("given_name", "Robert", None, "missing"),
    ("middle_name", "James", "J.", "initial"),
    ("family_name", "Smith-Jones", "Jones", "part"),
    ("family_name", "Miller", "Muller", "similar"),
    ("family_name", "Miller", "Millar", "close"),
    ("birth_date", "1980-03-04", "1980-04-03", "swapped"),
    ("birth_date", "1980-03-04", "1980-03-05", "one_error"),
    ("birth_date", "1980-03-04", "1980-30-04", "one_error"),
    ("birth_date", "1980-03-04", "1961-03-04", "two_parts"),
    ("birth_date", "1980-03-04", "1980-12-25", "same_year"),
    ("birth_date", "1980-03-04", "1980", "same_year"),
    ("birth_date", "1980-03-04", "1955-11-17", "different"),
    ("age", "41", "041", "exact"),
    ("age", "41", "43", "near"),
    ("age", "41", "44", "different"),
    ("email", "jo.doe@x.org", "Jo.Doe+a@x.org", "exact"),
    ("email", "jo.doe@x.org", "jo.doe@other.com", "same_local_part"),
    ("email", "jo.doe@x.org", "jo.dow@x.org", "close"),
    ("email", "jo.doe@x.org", "mary@y.net", "different"),
    ("phone", "+49 171 5551234", "0171 5551234", "exact"),
    ("phone", "0171 5551234", "0171 5551243", "one_error"),
    ("address_line", "12 High St", "12 High Street", "exact"),
    ("address_line", "12 High Street", "12 Hgih Street", "close"),
    ("address_line", "12 Wallaby Place", "14 Wallaby Place", "same_street"),
    ("postal_code", "2119", "2191", "one_error"),
    ("postal_code", "SW1A 1AA", "SW1A 9ZZ", "same_area"),
    ("national_id", "123-456-789", "123456798", "one_error"),
    ("national_id", "123456789", "123465780", "two_errors"),
    ("gender", "F", "m", "different"),
    ("city", "Springfield", "Springfeild", "close"),
]


@pytest.mark.parametrize(("column", "left", "right", "expected"), CASES)
def test_level(column: str, left: str | None, right: str | None, expected: str) -> None:
    columns: dict[str, list[str | None]] = {column: [left, right], "occupation": ["one", "other"]}
    records = encoded(**columns)
    comparer = Comparer(records, NICKNAMES)
    position = [found.name for found in records.columns].index(column)
    one, other = np.array([0], dtype=np.int32), np.array([1], dtype=np.int32)
    names = ("missing", *LEVEL_NAMES[STANDARD_COLUMNS[column]])
    assert names[comparer.levels(one, other)[0, position]] == expected
    assert names[comparer.levels(other, one)[0, position]] == expected


def test_swapped_names_are_one_agreement_not_two() -> None:
    records = encoded(given_name=["Anna", "Miller"], family_name=["Miller", "Anna"])
    levels = Comparer(records).levels(np.array([0], np.int32), np.array([1], np.int32))[0]
    assert LEVEL_NAMES["given_name"][levels[0] - 1] == "swapped"
    assert levels[1] == 0


def test_the_first_word_of_a_name_is_its_last_word_elsewhere_and_no_other() -> None:
    records = encoded(family_name=["long name", "name", "other", "elsewhere"])
    codes = {text: code for code, text in enumerate(records.columns[0].texts())}
    record = {
        text: int(np.flatnonzero(records.columns[0].codes == codes[text])[0]) for text in codes
    }
    pairs = [("long name", "name"), ("name", "other"), ("other", "elsewhere")]
    ends = ([record[text] for text in texts] for texts in zip(*pairs, strict=True))
    levels = Comparer(records).levels(*(np.array(end, dtype=np.int32) for end in ends))
    told = [("missing", *LEVEL_NAMES["family_name"])[level] for level in levels[:, 0]]
    assert told == ["part", "different", "different"]

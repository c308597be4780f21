from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.matching.columns import as_text, find_columns
from warehouse_cdp.matching.normal_forms import NORMAL_FORMS, split_full_names

FORMS = [
    ("given_name", "  Dr. Zoë-Maria ", "zoe maria"),
    ("given_name", "N/A", None),
    ("given_name", "-", None),
    ("given_name", "Mr", "mr"),
    ("given_name", "Иван", "иван"),
    ("family_name", "O'Brien Jr.", "obrien"),
    ("family_name", "Straße", "strasse"),
    ("email", " Jo.Doe+shop@Example.ORG", "jo.doe@example.org"),
    ("email", "", None),
    ("email", "zoe\u0308@example.org", "zo\u00eb@example.org"),
    ("phone", "+49 (0)171 555-1234", "715551234"),
    ("phone", "0171 5551234", "715551234"),
    ("phone", "000000000", None),
    ("phone", "12", None),
    ("postal_code", "sw1a 1aa", "sw1a1aa"),
    ("postal_code", "12345-6789", "12345"),
    ("postal_code", "2119.0", "2119"),
    ("identifier", "123-45-6789", "123456789"),
    ("identifier", "9999999", None),
    ("address", "12 High St., Apt 4", "12 high street apartment 4"),
    ("category", "NSW ", "nsw"),
    ("date", "1980-03-04", "19800304"),
    ("date", "1980-03-04T00:00:00Z", "19800304"),
    ("date", "4 March 1980", "19800304"),
    ("date", "Mar 4, 1980", "19800304"),
    ("date", "19800304", "19800304"),
    ("date", "04031980", "19800304"),
    ("date", "1980", "1980"),
    ("date", "19801399", "19801399"),
    ("date", "unknown", None),
]


@pytest.mark.parametrize(("kind", "written", "expected"), FORMS)
def test_normal_form(kind: str, written: str, expected: str | None) -> None:
    normal = NORMAL_FORMS[kind](pa.array([written, None], type=pa.string()))
    assert normal.to_pylist() == [expected, None]


def test_a_column_decides_whether_days_come_first() -> None:
    dates = NORMAL_FORMS["date"]
    assert dates(pa.array(["25/12/1980", "03/04/1980"])).to_pylist() == ["19801225", "19800403"]
    assert dates(pa.array(["12/25/1980", "03/04/1980"])).to_pylist() == ["19801225", "19800304"]


def test_whole_names_are_split() -> None:
    given, middle, family = split_full_names(
        pa.array(["Mr John Ronald Smith", "Smith, John", "Cher", None])
    )
    assert given.to_pylist() == ["john", "john", "cher", None]
    assert middle.to_pylist() == ["ronald", None, None, None]
    assert family.to_pylist() == ["smith", "smith", None, None]


def test_ages_are_whole_years_of_a_life() -> None:
    ages = NORMAL_FORMS["age"]
    assert ages(pa.array([" 41", "041", "41.0", "0", "122"])).to_pylist() == [
        "41", "41", "41", "0", "122",
    ]  # fmt: skip
    assert ages(pa.array(["-1", "999", "old", "", None])).null_count == 5


def test_the_middle_of_a_full_name_counts_where_its_ends_are_columns() -> None:
    frame = pd.DataFrame(
        {
            "full_name": ["Ann Rose May", "Eve May", "Ida Maud Lee"],
            "given_name": ["Ann", "Eve", "Ida"],
            "family_name": ["May", "May", "Lee"],
        }
    )
    used = {column.name: column.values.to_pylist() for column in find_columns(frame).used}  # noqa: PD011 - Arrow
    assert used["middle_name"] == ["rose", None, "maud"]
    # Where the given name holds the second one already, it would count twice.
    twice = frame.assign(given_name=["Ann Rose", "Eve", "Ida Maud"])
    assert "middle_name" not in {column.name for column in find_columns(twice).used}
    own = frame.assign(middle_name=pd.Series(["R", None, "M"]))
    used = {column.name: column.values.to_pylist() for column in find_columns(own).used}  # noqa: PD011 - Arrow
    assert used["middle_name"] == ["r", None, "m"]


def test_an_age_counts_where_no_birth_date_is_known() -> None:
    frame = pd.DataFrame({"given_name": ["Ann", "Eve"], "age": ["41", "7"]})
    assert [column.name for column in find_columns(frame).used] == ["given_name", "age"]
    found = find_columns(frame.assign(birth_date=pd.Series(["1980-01-02", None])))
    assert ("age", "birth_date is there") in found.left_out
    empty = find_columns(frame.assign(birth_date=pd.Series([None, None])))
    assert "age" in {column.name for column in empty.used}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2119.0, None], ["2119", None]),
        ([2119.5, None], ["2119.5", None]),
        ([1, "a"], ["1", "a"]),
        ([7.0, "a", float("nan")], ["7", "a", None]),
        (pd.Series(["1980-03-04", None], dtype="datetime64[ns]"), ["1980-03-04", None]),
        (pd.Series(["x", None], dtype="category"), ["x", None]),
        (pd.Series(["x", None], dtype="string"), ["x", None]),
        (["\ud800", None], ["?", None]),
        ([True, None], ["true", None]),
    ],
)
def test_any_column_is_read_as_text(values: object, expected: list[str | None]) -> None:
    assert as_text(pd.Series(values)).to_pylist() == expected


def test_columns_that_say_nothing_are_left_out_with_a_reason() -> None:
    records = pd.DataFrame(
        {
            "record_id": ["1", "2"],
            "given_name": ["Anna", "Maria"],
            "country": ["DE", "DE"],
            "phone": [None, "n/a"],
            "full_name": ["Anna A", "Maria M"],
            "favourite_colour": ["red", "blue"],
        }
    )
    found = find_columns(records)
    assert [column.name for column in found.used] == ["given_name", "family_name"]
    assert dict(found.left_out) == {
        "country": "one value in all records that have one: it tells nothing",
        "phone": "no value in any record",
    }
    assert found.unknown == ("favourite_colour",)


def test_a_column_named_twice_is_refused() -> None:
    records = pd.DataFrame([["a", "b"]], columns=["email", "email"])
    with pytest.raises(InputDataError, match="named more than once: email"):
        find_columns(records)

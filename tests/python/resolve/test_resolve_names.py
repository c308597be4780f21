"""A file's columns find their standard names, and a wrong map is told with what was meant."""

from __future__ import annotations

import unicodedata

import pytest

from warehouse_cdp.errors import CdpError, ConfigurationError, InputDataError
from warehouse_cdp.matching.columns import COLUMNS_OF_A_FILE
from warehouse_cdp.resolve.names import (
    check_columns,
    columns_of_file,
    nearest_standard,
    parse_map,
    proposed,
)


def test_a_map_reads_pairs_from_one_option_or_several() -> None:
    expected = {"given_name": "first_name", "birth_date": "dob", "email": "mail"}
    assert parse_map(["given_name=first_name, birth_date = dob", "email=mail"]) == expected
    assert parse_map(['"full_name=name, title",email=e=mail']) == {
        "full_name": "name, title",
        "email": "e=mail",
    }


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["given_name"], "is not STANDARD=COLUMN"),
        (["given_name="], "is not STANDARD=COLUMN"),
        (["given_name=a,,email=b"], "is not STANDARD=COLUMN"),
        (["given_name=a,given_name=b"], "names given_name twice (a and b)"),
        (["given_name=a", "given_name=b"], "names given_name twice (a and b)"),
        (["given_name=name,family_name=name"], "takes the column name twice"),
        (["given_name=name+a,family_name=name"], "takes the column name twice"),
        (["first_name=given_name"], "the standard name comes first: --map given_name=first_name"),
        (["givenname=a"], "did you mean given_name?"),
        (["surname=a"], "did you mean family_name?"),
        (["shoe_size=a"], "shoe_size is no standard column (valid are record_id, source,"),
    ],
)
def test_a_wrong_map_is_told_with_what_is_valid(texts: list[str], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_map(texts)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "standard"),
    [
        ("first_name", "given_name"),
        ("First Name", "given_name"),
        ("SURNAME", "family_name"),
        ("dob", "birth_date"),
        ("e-mail", "email"),
        ("E-Mail Address", "email"),
        ("suburb", "city"),
        ("state", "region"),
        ("soc_sec_id", "national_id"),
        ("unique_id", "record_id"),
        ("postal_cod", "postal_code"),
        ("loyalty_tier", None),
        ("notes", None),
        ("date", None),
        ("score", None),
    ],
)
def test_the_nearest_standard_name_of_a_column(name: str, standard: str | None) -> None:
    assert nearest_standard(name) == standard


def test_every_standard_name_is_nearest_to_itself() -> None:
    assert {name: nearest_standard(name) for name in COLUMNS_OF_A_FILE} == {
        name: name for name in COLUMNS_OF_A_FILE
    }


def test_capitals_and_blanks_are_levelled_and_the_exact_name_comes_first() -> None:
    found = columns_of_file("f", ["Given Name", "E-Mail", "email", "notes"], {})
    assert found.used == {"given_name": "Given Name", "email": "email"}
    assert found.ignored == ("E-Mail", "notes")
    assert columns_of_file("f", ["givenName", "E-Mail"], {}).used == {
        "given_name": "givenName",
        "email": "E-Mail",
    }


@pytest.mark.parametrize(
    ("header", "used"),
    [
        (
            ["First Name", "middle_initial", "LAST NAME", "DOB", "ZIP", "Tel.", "ssn", "sex"],
            {
                "given_name": "First Name", "middle_name": "middle_initial",
                "family_name": "LAST NAME", "birth_date": "DOB", "phone": "Tel.",
                "postal_code": "ZIP", "national_id": "ssn", "gender": "sex",
            },
        ),
        (
            ["Vorname", "Nachname", "E-Mail-Adresse", "Geburtsdatum", "Straße", "Hausnr.", "PLZ"],
            {
                "given_name": "Vorname", "family_name": "Nachname", "birth_date": "Geburtsdatum",
                "email": "E-Mail-Adresse", "address_line": "Hausnr.+Straße", "postal_code": "PLZ",
            },
        ),
        (["Prénom", "Teléfono"], {"given_name": "Prénom", "phone": "Teléfono"}),
        (
            ["unit_number", "street_name", "city", "street_number"],
            {"address_line": "street_number+street_name+unit_number", "city": "city"},
        ),
        (["mobile", "phone_number"], {"phone": "phone_number"}),
        (["phone", "mobile"], {"phone": "phone"}),
        # What may mean two things, or must be unique, is proposed and not taken.
        (["name", "id", "system", "last", "email"], {"email": "email"}),
    ],
)  # fmt: skip
def test_usual_names_are_taken_where_they_can_mean_but_one_thing(
    header: list[str], used: dict[str, str]
) -> None:
    assert columns_of_file("f", header, {}).used == used


def test_several_columns_are_joined_by_a_plus_sign() -> None:
    mapped = {"address_line": "No+Street", "city": "a+b"}
    found = columns_of_file("f", ["no", "street", "a+b", "email"], mapped)
    assert found.columns == {
        "email": ("email",), "address_line": ("no", "street"), "city": ("a+b",)
    }  # fmt: skip
    assert not columns_of_file("g", ["no", "email"], mapped).columns.keys() & mapped.keys()


def test_the_truth_is_not_guessed_either() -> None:
    found = columns_of_file("f", ["ssn", "dob"], {}, truth="ssn")
    assert (found.used, found.truth) == ({"birth_date": "dob"}, "ssn")


def test_an_accent_may_be_a_sign_of_its_own() -> None:
    """macOS and Windows write the same header in two ways that look alike."""
    apart, whole = unicodedata.normalize("NFD", "Größe"), unicodedata.normalize("NFC", "Größe")
    assert apart != whole
    for wanted, held in ((apart, whole), (whole, apart)):
        assert columns_of_file("f", [held], {"city": wanted}).used == {"city": held}


def test_a_map_comes_before_a_standard_name_and_falls_back_to_it() -> None:
    mapped = {"given_name": "first_name"}
    both = columns_of_file("f", ["given_name", "first_name"], mapped)
    assert (both.used, both.ignored) == ({"given_name": "first_name"}, ("given_name",))
    other = columns_of_file("g", ["given_name"], mapped)
    assert other.used == {"given_name": "given_name"}


def test_a_column_mapped_away_from_its_name_is_not_used_twice() -> None:
    found = columns_of_file("f", ["given_name", "email"], {"full_name": "given_name"})
    assert found.used == {"full_name": "given_name", "email": "email"}


def test_the_truth_is_never_compared() -> None:
    found = columns_of_file("f", ["email", "National ID"], {}, truth="national_id")
    assert (found.used, found.truth, found.ignored) == ({"email": "email"}, "National ID", ())


def test_a_column_that_would_be_used_must_be_there_once() -> None:
    assert columns_of_file("f", ["email", "x", "x"], {}).ignored == ("x",)
    with pytest.raises(InputDataError, match="f has more than one column email"):
        columns_of_file("f", ["email", "email"], {})


def checked(
    headers: dict[str, list[str]], mapped: dict[str, str] | None = None, truth: str | None = None
) -> dict[str, dict[str, str]]:
    columns = {
        name: columns_of_file(name, header, mapped or {}, truth) for name, header in headers.items()
    }
    check_columns(columns, headers, mapped or {}, truth)
    return {name: dict(found.used) for name, found in columns.items()}


@pytest.mark.parametrize(
    ("headers", "mapped", "truth", "error", "said"),
    [
        (
            {"a": ["first_name", "email"]}, {"given_name": "frist_name"}, None, ConfigurationError,
            "no file has a column frist_name; did you mean first_name?",
        ),
        (
            {"a": ["email", "cluster_id"]}, {}, "cluster", ConfigurationError,
            "--truth cluster: no file has a column cluster; did you mean cluster_id?",
        ),
        (
            {"a": ["email", "who"]}, {"full_name": "who"}, "who", ConfigurationError,
            "--map and --truth both name who",
        ),
        (
            {"a": ["unique_id", "name", "tax_id", "notes"]}, {}, None, InputDataError,
            "has a standard name. Perhaps: --map full_name=name,national_id=tax_id.",
        ),
        (
            {"a.csv": ["record_id", "email"], "b.csv": ["email"]}, {}, None, InputDataError,
            "a.csv has a record_id and b.csv has none",
        ),
    ],
)  # fmt: skip
def test_what_all_files_together_lack_is_told(
    headers: dict[str, list[str]],
    mapped: dict[str, str],
    truth: str | None,
    error: type[CdpError],
    said: str,
) -> None:
    with pytest.raises(error) as caught:
        checked(headers, mapped, truth)
    assert said in str(caught.value)


def test_a_map_may_name_a_column_of_one_file_only() -> None:
    used = checked({"a": ["first_name"], "b": ["given_name"]}, {"given_name": "first_name"})
    assert used == {"a": {"given_name": "first_name"}, "b": {"given_name": "given_name"}}


def test_people_are_not_named_where_a_header_is_missing() -> None:
    with pytest.raises(InputDataError) as caught:
        checked({"a": ["Zacharias", "Quelle", "1980-02-01", "zq@mail.test"]})
    assert not {"Zacharias", "Quelle", "1980", "zq@"} & set(str(caught.value).split())
    assert "none of 4 has a standard name" in str(caught.value)


def test_each_standard_name_is_proposed_once_and_not_where_it_is_in_use() -> None:
    assert proposed(["surname", "last_name", "mail", "notes"], used=["email"]) == [
        ("surname", "family_name")
    ]

"""Every case of every macro, on both engines, against one expected value."""

from __future__ import annotations

import hmac

import duckdb
import psycopg2.errors
import pytest

from macro_cases import EXPLODED_INPUTS, FAMILIES, HASH_INPUTS
from macro_harness import HASH_KEY, Engine, Family


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_macro_gives_the_expected_value_for_every_case(engine: Engine, family: Family) -> None:
    with engine.connect() as connection:
        actual = dict(connection.rows(f"select case_number, actual from dev.{family.name}"))
    wrong = [
        (case[:-1], case[-1], actual[str(number)])
        for number, case in enumerate(family.cases)
        if actual[str(number)] != case[-1] or type(actual[str(number)]) is not type(case[-1])
    ]
    assert wrong == [], "(input, expected, actual)"


def test_country_names_are_found_in_many_spellings(engine: Engine) -> None:
    expected = {
        ("UK", "GB"),
        (" U.K. ", "GB"),
        ("Great Britain", "GB"),
        ("England", "GB"),
        ("GBR", "GB"),
        ("Deutschland", "DE"),
        ("germany", "DE"),
        ("ÖSTERREICH", "AT"),
        ("Oesterreich", "AT"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("Côte d\u2019Ivoire", "CI"),
        ("NA", "NA"),
        ("España", "ES"),
        ("Polska", "PL"),
        ("Sverige", "SE"),
        ("Nederland", "NL"),
        ("The Netherlands", "NL"),
        ("Atlantis", None),
        ("Atlantis", "DE"),
        ("", "GB"),
        (None, "GB"),
        (None, None),
    }
    with engine.connect() as connection:
        rows = connection.rows("select country_raw, country_code from dev.countries")
    assert set(rows) == expected
    assert len(rows) == len(expected)


def test_a_delimited_text_becomes_numbered_rows(engine: Engine) -> None:
    expected = [
        (number, item, place)
        for number, issues in EXPLODED_INPUTS
        if issues
        for place, item in enumerate(issues.split(";"), start=1)
    ]
    with engine.connect() as connection:
        rows = connection.rows("select case_number, item, item_position from dev.exploded")
    assert sorted(rows) == expected


@pytest.mark.parametrize("key", [HASH_KEY, "k", "ключ 👩", "x" * 64, "x" * 65, "y" * 200])
def test_keyed_hash_is_python_s_hmac(engine: Engine, key: str) -> None:
    with engine.connect(hash_key=key) as connection:
        actual = dict(connection.rows("select hashed, actual from dev_staging.hashes"))
    expected = {
        value: None
        if value is None
        else hmac.new(key.encode(), value.encode(), "sha256").hexdigest()[:32]
        for (value,) in HASH_INPUTS
    }
    assert actual == expected


def test_keyed_hash_without_a_key_is_an_error_that_names_the_remedy(engine: Engine) -> None:
    refusals = (duckdb.InvalidInputException, psycopg2.errors.RaiseException)
    with engine.connect(hash_key=None) as connection, pytest.raises(refusals) as raised:
        connection.rows("select hashed, actual from dev_staging.hashes where hashed is not null")
    assert "no key on this connection" in str(raised.value)
    assert "jo@mail.com" not in str(raised.value)

"""What the reference seeds promise beyond their dbt tests."""

from __future__ import annotations

import csv
import re
from datetime import date
from itertools import groupby, pairwise

import pytest
import yaml

from worlds import ROOT

FOLDER = ROOT / "seeds" / "reference"
SEEDS = yaml.safe_load((FOLDER / "_reference__seeds.yml").read_text(encoding="utf-8"))["seeds"]


def rows_of(seed: str) -> list[dict[str, str]]:
    """Return a seed's rows."""
    with (FOLDER / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_seed_is_declared() -> None:
    assert {path.stem for path in FOLDER.glob("*.csv")} == {seed["name"] for seed in SEEDS}


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: str(seed["name"]))
def test_every_column_is_described_and_typed(seed: dict[str, object]) -> None:
    header = list(rows_of(str(seed["name"]))[0])
    assert list(seed["config"]["column_types"]) == header  # type: ignore[index]
    assert [column["name"] for column in seed["columns"]] == header  # type: ignore[attr-defined]
    assert str(seed["description"]).startswith("One row per ")


def test_one_country_speaks_for_each_calling_code() -> None:
    rows = rows_of("calling_codes")
    main = [row["calling_code"] for row in rows if row["is_main_country"] == "true"]
    assert len(main) == len(set(main))
    assert set(main) == {row["calling_code"] for row in rows}


def test_the_phone_macro_knows_every_calling_code() -> None:
    macro = (ROOT / "macros/standardise/phones.sql").read_text(encoding="utf-8")
    lines = macro.partition("set calling_code = ")[2].partition("-%}")[0]
    pattern = "".join(re.findall("'([^']*)'", lines))
    for row in rows_of("calling_codes"):
        found = re.match(pattern, row["calling_code"] + "123456")
        assert found is not None
        assert found[1] == row["calling_code"]


def test_country_names_are_in_the_form_they_are_looked_up_in() -> None:
    rows = rows_of("country_names")
    wrong = [
        row["country_alias"]
        for row in rows
        if "." in row["country_alias"]
        or row["country_alias"] != " ".join(row["country_alias"].split())
        or any(letter != letter.lower()[0] for letter in row["country_alias"])
    ]
    assert wrong == []
    assert len({row["country_code"] for row in rows}) >= 249


def test_currency_rates_cover_every_day_once() -> None:
    rows = sorted(rows_of("currency_rates"), key=lambda row: row["currency_code"])
    spans = set()
    for currency, group in groupby(rows, key=lambda row: row["currency_code"]):
        periods = sorted(
            (
                date.fromisoformat(row["valid_from_date"]),
                date.fromisoformat(row["valid_before_date"]),
            )
            for row in group
        )
        assert all(start < end for start, end in periods), currency
        assert all(left[1] == right[0] for left, right in pairwise(periods))
        spans.add((periods[0][0], periods[-1][1]))
    assert spans == {(date(2020, 1, 1), date(2028, 1, 1))}
    assert {row["units_per_eur"] for row in rows if row["currency_code"] == "EUR"} == {"1.000000"}
    assert all(float(row["units_per_eur"]) > 0 for row in rows)


def test_nicknames_are_distinct_pairs_of_lower_case_names() -> None:
    rows = rows_of("nicknames")
    pairs = [(row["nickname"], row["given_name"]) for row in rows]
    assert len(pairs) == len(set(pairs)) >= 150
    assert all(nickname == nickname.lower() != name == name.lower() for nickname, name in pairs)

"""The YAML of staging says what its SQL does: the preflight and the input layer rely on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

STAGING = ROOT / "models" / "staging"
SHOPS = ("shop_uk", "shop_de")
AUDIT_COLUMNS = {
    "source": "text",
    "is_deleted": "boolean",
    "loaded_at": "timestamp",
    "row_hash": "text",
    "quality_issues": "text",
}
IDENTIFIERS = {"email", "phone", "loyalty_card", "national_id", "social_handle", "device_id"}


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text())
    return content


def raw_tables() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (source["name"], table["name"]): table
        for path in sorted(STAGING.glob("*/_*__sources.yml"))
        for source in read(path)["sources"]
        for table in source["tables"]
    }


def staging_models() -> dict[str, dict[str, Any]]:
    return {
        model["name"]: model
        for path in sorted(STAGING.glob("*/_*__models.yml"))
        for model in read(path)["models"]
    }


def hashed_columns() -> list[tuple[str, str, str, list[str]]]:
    """(file, source, table, columns) of every list of raw columns that goes into a row hash."""
    found: list[tuple[str, str, str, list[str]]] = []
    for path in [*STAGING.glob("*/*.sql"), *(ROOT / "macros/staging").glob("shop_*.sql")]:
        text = path.read_text()
        listed = re.search(r"set raw_columns = \[(.*?)\]", text, re.DOTALL)
        if listed is None:
            continue
        table = re.search(r"source\((?:'(\w+)'|source_name), '(\w+)'\)", text)
        assert table is not None, path.name
        columns = re.findall(r'"(\w+)"', listed[1])
        sources = [table[1]] if table[1] else SHOPS
        found.extend((path.name, source, table[2], columns) for source in sources)
    return found


@pytest.mark.parametrize(("file", "source", "table", "columns"), hashed_columns())
def test_the_row_hash_covers_every_raw_column_but_the_load_time(
    file: str, source: str, table: str, columns: list[str]
) -> None:
    declared = [column["name"] for column in raw_tables()[source, table]["columns"]]
    assert columns == [name for name in declared if name != "_loaded_at"], file


def test_every_staging_model_hashes_its_raw_columns() -> None:
    bodies = {name for name, *_ in hashed_columns()}
    for path in STAGING.glob("*/*.sql"):
        shared = re.search(r"\{\{ (shop_\w+)\(", path.read_text())
        body = f"{shared[1]}.sql" if shared else path.name
        assert body in bodies, path.name


def test_raw_columns_are_text_and_every_table_has_a_load_time() -> None:
    for key, table in raw_tables().items():
        types = {column["name"]: column["data_type"] for column in table["columns"]}
        assert set(types.values()) == {"text"}, key
        assert "_loaded_at" in types, key
        assert table["description"].startswith("One row per"), key


def test_every_source_says_who_loads_it_and_when_it_is_stale() -> None:
    for path in STAGING.glob("*/_*__sources.yml"):
        for source in read(path)["sources"]:
            assert source["schema"] == f"raw_{source['name']}"
            assert source["loader"]
            freshness = source["config"]["freshness"]
            assert source["config"]["loaded_at_field"] == "_loaded_at"
            assert {"warn_after", "error_after"} == set(freshness)


def test_every_staging_file_is_declared_and_the_other_way_round() -> None:
    assert {path.stem for path in STAGING.glob("*/*.sql")} == set(staging_models())


def test_every_staging_model_has_its_grain_and_the_audit_columns() -> None:
    for name, model in staging_models().items():
        assert model["description"].startswith("One row per"), name
        types = {column["name"]: column["data_type"] for column in model["columns"]}
        assert AUDIT_COLUMNS.items() <= types.items(), name


def test_identifiers_are_of_a_known_type_and_labelled_once_per_model() -> None:
    for name, model in staging_models().items():
        metas = [
            (column["name"], column.get("config", {}).get("meta", {}))
            for column in model["columns"]
        ]
        tagged = [(column, meta) for column, meta in metas if "identifier" in meta]
        assert {meta["identifier"] for _, meta in tagged} <= IDENTIFIERS, name
        labels = [(meta["identifier"], meta["label"]) for _, meta in tagged]
        assert len(labels) == len(set(labels)), name
        assert bool(tagged) == (model["columns"][0]["name"] == "record_id"), name


def test_names_addresses_and_contact_points_are_marked_as_personal() -> None:
    personal = re.compile(
        r"(given|family|middle|full|agent)_name|email(_\d|_raw)?|(mobile_)?phone_raw|body"
        r"|address_line_\d|birth_date(_raw)?|contact_point(_raw)?"
    )
    for name, model in staging_models().items():
        for column in model["columns"]:
            if personal.fullmatch(column["name"]):
                meta = column.get("config", {}).get("meta", {})
                assert "personal" in meta, f"{name}.{column['name']}"


def test_unit_tests_have_names_that_postgres_can_take() -> None:
    declared = read(ROOT / "tests/dbt/staging/_staging__unit_tests.yml")["unit_tests"]
    assert [test["name"] for test in declared if len(test["name"]) > 50] == []

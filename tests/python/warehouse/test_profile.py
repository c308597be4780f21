"""The profile is read as dbt reads it, and what is wrong with it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.warehouse.postgres import PostgresTarget, open_postgres
from warehouse_cdp.warehouse.profile import load_any_target
from worlds import ROOT, duckdb_target

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = (ROOT / "profiles.yml.example").read_text()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DBT_PROFILES_DIR", "DBT_TARGET", "CDP_WAREHOUSE_PATH", "CDP_STATE_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("CDP_HASH_KEY", raising=False)
    (tmp_path / "dbt_project.yml").write_text(
        "profile: warehouse_cdp\nvars: {production_targets: [prod]}\n"
    )
    (tmp_path / "profiles.yml").write_text(EXAMPLE)
    return tmp_path


def test_the_example_works_as_it_stands(folder: Path) -> None:
    target = duckdb_target(folder)
    assert target.warehouse == folder / "cdp.duckdb"
    assert target.state == folder / "cdp_state.duckdb"
    assert (target.database, target.state_schema) == ("cdp", "dev")
    assert target.schema_of("marts") == "dev_marts"
    assert target.hash_key == "demo-key-not-secret"


def test_production_has_bare_schemas(folder: Path) -> None:
    target = duckdb_target(folder, "prod")
    assert (target.schema_of("marts"), target.state_schema) == ("marts", "main")


def test_the_environment_is_rendered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_WAREHOUSE_PATH", "/srv/wh.duckdb")
    monkeypatch.setenv("CDP_HASH_KEY", "a-secret-key")
    monkeypatch.setenv("DBT_TARGET", "prod")
    target = duckdb_target(folder)
    assert (target.name, str(target.warehouse)) == ("prod", "/srv/wh.duckdb")
    assert "a-secret-key" not in repr(target)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("warehouse_cdp:", "other:", "has no profile 'warehouse_cdp'"),
        ("type: duckdb", "type: snowflake", "is of type 'snowflake'"),
        ("alias: cdp_state", "alias: state", "lacks attach with alias cdp_state"),
        ("env_var('CDP_HASH_KEY', 'demo-key-not-secret')", "env_var('CDP_HASH_KEY')",
         "needs the environment variable CDP_HASH_KEY"),
        ("env_var('CDP_HASH_KEY', 'demo-key-not-secret')", "''", "config.hash_key"),
        ("env_var('CDP_WAREHOUSE_PATH', 'cdp.duckdb')", "boom(", "holds Jinja"),
        ("warehouse_cdp:", "warehouse_cdp: [", "cannot be read as YAML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(folder: Path, before: str, after: str, said: str) -> None:
    (folder / "profiles.yml").write_text(EXAMPLE.replace(before, after))
    with pytest.raises(ConfigurationError) as caught:
        duckdb_target(folder)
    assert said in str(caught.value)


def test_no_project_and_no_profile_are_told_apart(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_PROFILES_DIR", str(folder / "nowhere"))
    with pytest.raises(ConfigurationError, match=r"no profiles\.yml in .*nowhere"):
        duckdb_target(folder)
    with pytest.raises(ConfigurationError, match="run cdp in the folder of the dbt project"):
        duckdb_target(folder / "elsewhere")


def test_a_postgres_target_is_read_from_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDP_POSTGRES_HOST", "db.example.com")
    monkeypatch.setenv("CDP_POSTGRES_PASSWORD", "never-shown")
    monkeypatch.setenv("CDP_HASH_KEY", "never-shown-either")
    target = load_any_target(folder, "postgres")
    assert isinstance(target, PostgresTarget)
    assert target.place == "database cdp on db.example.com"
    assert target.settings["port"] == "5432"
    assert (target.schema_of("marts"), target.state_schema) == ("dev_marts", "dev_cdp_state")
    assert "never-shown" not in repr(target)


def test_a_server_that_cannot_be_reached_is_told_without_the_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDP_POSTGRES_HOST", str(folder))  # a socket that nobody listens at
    monkeypatch.setenv("CDP_POSTGRES_PASSWORD", "never-shown")
    target = load_any_target(folder, "postgres")
    assert isinstance(target, PostgresTarget)
    with (
        pytest.raises(ConfigurationError, match="target postgres: database cdp on") as caught,
        open_postgres(target),
    ):
        pass
    assert "CDP_POSTGRES" not in str(caught.value)
    assert "never-shown" not in str(caught.value)
    (folder / "profiles.yml").write_text(EXAMPLE.replace("      dbname:", "      nobody:"))
    with pytest.raises(ConfigurationError, match="lacks dbname"):
        load_any_target(folder, "postgres")

"""The check on other companies' copies sees every edit that a user need not make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from companies import add_file, differences, set_variables, shipped_sources, sources_without
from worlds import Project, copy_project

if TYPE_CHECKING:
    from pathlib import Path

CRM = "models/staging/crm/"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return copy_project(tmp_path / "project")


def append(project: Project, path: str) -> None:
    target = project.folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    before = target.read_text() if target.exists() else ""
    target.write_text(before + "\n# edited\n")


def test_variables_sources_and_new_staging_files_are_a_users_own(project: Project) -> None:
    set_variables(project, sources_without("pos"), "2026-06-30", reporting_currency="GBP")
    add_file(project, "models/staging/own/stg_own__things.sql", "select 1")
    append(project, f"{CRM}_crm__sources.yml")
    assert differences(project) == []


def test_variables_can_be_set_twice(project: Project) -> None:
    set_variables(project, sources_without("pos"), "2026-06-30")
    once = (project.folder / "dbt_project.yml").read_text()
    set_variables(project, sources_without("pos"), "2026-06-30")
    assert (project.folder / "dbt_project.yml").read_text() == once
    assert "stg_pos__orders" in shipped_sources()["orders"]
    assert "stg_pos__" not in once


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (f"{CRM}stg_crm__contacts.sql", "differs"),
        (f"{CRM}_crm__models.yml", "differs"),
        ("models/marts/customers/customers.sql", "differs"),
        ("models/marts/customers/own.sql", "new"),
        ("macros/own.sql", "new"),
        ("seeds/reference/currency_rates.csv", "differs"),
        ("tests/dbt/own.sql", "new"),
        ("dbt_project.yml", "differs outside of vars"),
    ],
)
def test_any_other_edit_is_named(project: Project, path: str, found: str) -> None:
    append(project, path)
    assert differences(project) == [f"{path}: {found}"]


def test_a_missing_file_and_another_profile_are_named(project: Project) -> None:
    (project.folder / f"{CRM}stg_crm__contacts.sql").unlink()
    append(project, "profiles.yml")
    assert differences(project) == [
        f"{CRM}stg_crm__contacts.sql: missing",
        "profiles.yml: differs from the example",
    ]


def test_an_edit_before_the_variables_is_named(project: Project) -> None:
    path = project.folder / "dbt_project.yml"
    path.write_text(path.read_text().replace("version: 0.1.0", "version: 0.1.1"))
    assert differences(project) == ["dbt_project.yml: differs outside of vars"]

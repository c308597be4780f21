"""Variables are checked before anything is built; all wrong ones are named at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from build_docs import variable_specs
from worlds import ROOT, Project, copy_project, copy_start

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_start(tmp_path_factory.mktemp("variables"))


def build(project: Project, variables: dict[str, Any]) -> tuple[int, str]:
    outcome = project.dbt("run", "--select", "int_build_context", "--vars", json.dumps(variables))
    return outcome.code, outcome.output


def test_all_wrong_variables_are_named_at_once(project: Project) -> None:
    code, output = build(
        project,
        {
            "as_of": "2026-02-30",
            "reporting_currency": "DOGE",
            "production_targets": "prod",
            "sources": {"people": ["stg_crm__contacts"]},
            "high_value_share": 7,
            "advertising_segments": ["seg_lapsing", "seg_lapsed"],
        },
    )
    assert code != 0
    assert "6 variable(s)" in output
    for expected in (
        "as_of: '2026-02-30' is no date or time",
        "reporting_currency: 'DOGE' is none of EUR, GBP",
        "production_targets: 'prod' is no list of texts",
        "unknown entity 'people', valid are persons, identifiers",
        "high_value_share: 7 is outside ",
        "advertising_segments: seg_lapsed is not in segments",
    ):
        assert expected in output


def test_variables_that_contradict_each_other_are_named_with_the_others(project: Project) -> None:
    code, output = build(
        project,
        {
            "lifecycle_new_days": 90,
            "lifecycle_active_days": 90,
            "lifecycle_lapsed_days": 60,
            "lapsing_after_days": 91,
            "identity_review_probability": 0.9,
            "identity_link_probability": 0.9,
            "reporting_currency": "DOGE",
        },
    )
    assert code != 0
    assert "5 variable(s)" in output
    for expected in (
        "lifecycle_new_days: 90 is not below lifecycle_active_days (90)",
        "lifecycle_active_days: 90 is not below lifecycle_lapsed_days (60)",
        "lapsing_after_days: 91 is not below lifecycle_active_days (90)",
        "identity_review_probability: 0.9 is not below identity_link_probability (0.9)",
        "reporting_currency: 'DOGE' is none of EUR, GBP",
    ):
        assert expected in output


def test_a_variable_that_is_wrong_by_itself_is_not_compared_with_others(project: Project) -> None:
    code, output = build(project, {"lifecycle_active_days": "a year"})
    assert code != 0
    assert "1 variable(s)" in output
    assert "lifecycle_active_days: 'a year' is no integer" in output


def test_a_guard_is_opened_for_one_run_and_not_in_a_file(project: Project) -> None:
    path = project.folder / "dbt_project.yml"
    written = path.read_text()
    for name in ("identity_allow_large_change", "allow_segment_shrink", "identity_retrain"):
        assert f"  {name}: false" in written
        path.write_text(path.read_text().replace(f"  {name}: false", f"  {name}: true"))
    code, output = build(project, {"identity_retrain": True})
    path.write_text(written)
    assert code != 0
    assert "2 variable(s)" in output
    for name in ("identity_allow_large_change", "allow_segment_shrink"):
        assert f"{name}: opens a guard for one run: give it with --vars" in output


def test_the_clock_is_pinned_by_as_of(project: Project) -> None:
    code, output = build(project, {"as_of": "2024-02-29 12:30:00", "sources": {}})
    assert code == 0, output
    rows = project.query("select cast(as_of as text) from dev_intermediate.int_build_context")
    assert rows == [("2024-02-29 12:30:00",)]


def test_a_staging_model_that_does_not_exist_is_named(tmp_path: Path) -> None:
    sources = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]["sources"]
    project = copy_project(tmp_path)
    code, output = build(project, {"sources": {**sources, "orders": ["stg_erp__orders"]}})
    assert code != 0
    assert "stg_erp__orders" in output


def test_every_variable_has_a_spec_and_every_spec_a_variable() -> None:
    declared = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    assert sorted(variable_specs()) == sorted(declared)
    assert all(spec["reason"].endswith(".") for spec in variable_specs().values())

"""Cross-validation and calibration: their arithmetic, and that their commands run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import calibration
import cross_validate
import cross_validate_cut
import matching_sets
from cross_validate import CUTS, THRESHOLDS, best, cross_validated
from made_up_people import Errors, households, parish
from matching_sets import DataSet
from warehouse_cdp.sample import generate

if TYPE_CHECKING:
    from pathlib import Path

    from cross_validate import Choice, Scores

SMALL = (
    DataSet("homes", "homes", lambda: households(120, 1, Errors(0.05, 0.1))),
    DataSet("parish", "parish", lambda: parish(80, 2, Errors(0.1, 0.1))),
)


def flat(peak: Choice, height: float, elsewhere: float) -> Scores:
    return {
        (threshold, cut): height if (threshold, cut) == peak else elsewhere
        for threshold in THRESHOLDS
        for cut in CUTS
    }


def test_the_best_choice_counts_families_not_sets() -> None:
    scores = {
        "a1": flat((0.1, -4.0), 0.9, 0.8),
        "a2": flat((0.1, -4.0), 0.9, 0.8),
        "b": flat((0.9, 2.0), 0.95, 0.8),
    }
    assert best(scores, {"a": ["a1", "a2"], "b": ["b"]}) == (0.9, 2.0)
    assert best(scores, {"a1": ["a1"], "a2": ["a2"], "b": ["b"]}) == (0.1, -4.0)


def test_of_choices_as_good_the_one_that_joins_least_is_taken() -> None:
    scores = {"a": flat((0.1, -4.0), 0.9, 0.8995)}
    assert best(scores, {"a": ["a"]}) == (max(THRESHOLDS), max(CUTS))


def test_a_family_is_judged_by_what_the_others_choose() -> None:
    scores = {"homes": flat((0.1, -4.0), 0.9, 0.5), "parish": flat((0.9, 0.0), 0.7, 0.6)}
    rows = {row["set"]: row for row in cross_validated(SMALL, scores, (0.1, -4.0))}
    assert (rows["homes"]["threshold"], rows["homes"]["cut"]) == (0.9, 0.0)
    assert (rows["homes"]["f1"], rows["homes"]["best_f1"]) == (0.5, 0.9)
    assert (rows["parish"]["f1"], rows["parish"]["default_f1"]) == (0.6, 0.6)


def test_cross_validation_runs_and_says_what_it_chooses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cross_validate, "SETS", SMALL)
    monkeypatch.setattr("sys.argv", ["cross_validate.py", "--json", str(tmp_path / "all.json")])
    assert cross_validate.main() == 0
    said = capsys.readouterr().out
    assert "all families choose: threshold" in said
    assert said.count("homes") == 1
    scores = json.loads((tmp_path / "all.json").read_text())
    assert len(scores["parish"]) == len(THRESHOLDS) * len(CUTS)
    assert all(0.5 < value <= 1.0 for *_, value in scores["homes"])


def test_the_cut_of_the_build_is_the_highest_that_does_as_well() -> None:
    worse_above = {
        name: {level: (0.9 - 0.1 * (level > bound), 0) for level in cross_validate_cut.LEVELS}
        for name, bound in (("homes", -8.0), ("parish", -4.0))
    }
    families = {"homes": ["homes"], "parish": ["parish"]}
    assert cross_validate_cut.best(worse_above, families) == -8.0
    rows = {row["set"]: row for row in cross_validate_cut.cross_validated(SMALL, worse_above)}
    assert (rows["homes"]["level"], rows["homes"]["f1"]) == (-4.0, 0.8)
    assert (rows["parish"]["level"], rows["parish"]["f1"]) == (-8.0, 0.9)
    assert rows["all families choose"]["level"] == -8.0


def test_the_cut_of_the_build_is_tried_on_each_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cross_validate_cut, "SETS", SMALL[1:])
    monkeypatch.setattr(cross_validate_cut, "LEVELS", (-60.0, -12.0, 40.0))
    monkeypatch.setattr("sys.argv", ["cross_validate_cut.py", "--json", str(tmp_path / "c.json")])
    assert cross_validate_cut.main() == 0
    said = capsys.readouterr()
    assert "all families choose" in said.out
    # At an absurd level what is cut is wrong, and so it is not chosen.
    rows = {row["set"]: row for row in json.loads((tmp_path / "c.json").read_text())}
    assert rows["parish"]["f1"] == rows["parish"]["uncut_f1"] == rows["parish"]["best_f1"]
    assert rows["all families choose"]["level"] == -12.0


def test_calibration_is_the_mean_distance_weighted_by_pairs() -> None:
    chances = np.array([0.005, 0.15, 0.15, 0.85, 0.85, 0.85, 0.85, 1.0])
    is_true = np.array([True, False, True, True, True, True, False, True])
    found = calibration.calibration("x", chances, is_true)
    assert [(part.pairs, part.true) for part in found.bins] == [(2, 0.5), (4, 0.75), (1, 1.0)]
    assert found.error == pytest.approx((2 * 0.35 + 4 * 0.1 + 0.0) / 7)
    assert calibration.calibration("none", chances[:0], is_true[:0]).error == 0.0


def test_tenths_of_few_pairs_are_counted_and_not_drawn() -> None:
    """One wrong pair out of three is chance, and no point of a curve."""
    chances = np.array([0.95] * 20 + [0.75] * 3)
    found = calibration.calibration("x", chances, np.arange(23) < 20)
    assert found.error == pytest.approx((20 * 0.05 + 3 * 0.75) / 23)
    root = ET.fromstring(calibration.chart([found]))  # noqa: S314 - our own
    assert len(root.findall(".//{*}circle")) == 1


def test_the_chart_has_a_line_a_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(calibration, "SETS", SMALL)
    image = tmp_path / "calibration.svg"
    monkeypatch.setattr("sys.argv", ["calibration.py", "--image", str(image)])
    assert calibration.main() == 0
    assert f"wrote {image}" in capsys.readouterr().out
    root = ET.fromstring(image.read_text())  # noqa: S314 - our own
    assert len(root.findall(".//{*}polyline")) == 2


def test_an_absent_file_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(matching_sets, "SHARED", tmp_path)
    monkeypatch.setattr("sys.argv", ["cross_validate.py", "--sets", "FEBRL 3"])
    assert cross_validate.main() == 1
    assert "febrl3.parquet is not there" in capsys.readouterr().out


def test_made_up_people_are_the_same_each_time() -> None:
    for make in (SMALL[0].load, SMALL[1].load):
        one, other = make(), make()
        assert one.equals(other)
        assert one["record_id"].is_unique
        assert one["truth"].notna().all()
        assert 1 < one["truth"].value_counts().max() < 40


def test_the_samples_people_have_sources_and_truth() -> None:
    found = matching_sets.sample_people(generate(60, 42, 1))
    assert found["record_id"].is_unique
    assert {"crm", "shop_uk", "loyalty"} <= set(found["source"])
    assert found["truth"].notna().all()
    assert {"given_name", "family_name", "birth_date", "email"} <= set(found.columns)

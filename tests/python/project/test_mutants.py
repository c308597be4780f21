"""Patches that break the project: all must apply, and the cheap ones are killed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mutants import KILLED, Mutant, all_mutants, apply_patch, read_mutant, verdict
from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

MUTANTS = all_mutants()
CHEAP = [mutant for mutant in MUTANTS if mutant.is_cheap]


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 25
    assert len(CHEAP) >= 6


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_patch_applies_and_names_a_test_that_exists(mutant: Mutant) -> None:
    assert apply_patch(mutant, ROOT, check_only=True) == ""
    if mutant.runner == "pytest":
        path, _, name = mutant.test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text(encoding="utf-8")
    else:
        files = [*(ROOT / "tests/dbt").rglob("*.sql"), *(ROOT / "tests/dbt").rglob("*.yml")]
        assert any(
            file.stem == mutant.test or f"name: {mutant.test}\n" in file.read_text(encoding="utf-8")
            for file in files
        )


@pytest.mark.parametrize("mutant", CHEAP, ids=lambda mutant: mutant.name)
def test_a_cheap_mutant_is_killed(mutant: Mutant) -> None:
    assert verdict(mutant, None) == KILLED


def test_a_patch_without_a_test_is_refused(tmp_path: Path) -> None:
    patch = tmp_path / "nothing.patch"
    patch.write_text("Mutant: nothing\n\ndiff --git a/x b/x\n")
    with pytest.raises(ValueError, match=r"nothing\.patch: header needs"):
        read_mutant(patch)

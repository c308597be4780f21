"""Same seed, same bytes: in other processes, in pieces, and as committed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from warehouse_cdp.errors import ConfigurationError, InputDataError
from warehouse_cdp.sample import generate, write_sample
from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_SCRIPT = """
import sys
from pathlib import Path
from warehouse_cdp.sample import write_sample
write_sample(Path(sys.argv[1]), 150, int(sys.argv[2]), 2)
"""
_MOST_BYTES = 10_000_000


def _digests(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def _write_elsewhere(out: Path, seed: int, **environment: str) -> dict[str, str]:
    command = [sys.executable, "-c", _SCRIPT, str(out), str(seed)]
    subprocess.run(command, check=True, env={**os.environ, **environment})
    return _digests(out)


def test_same_seed_gives_same_bytes_whatever_the_hash_seed_and_time_zone(tmp_path: Path) -> None:
    first = _write_elsewhere(tmp_path / "a", 5, PYTHONHASHSEED="1", TZ="Pacific/Auckland")
    second = _write_elsewhere(tmp_path / "b", 5, PYTHONHASHSEED="999", TZ="America/New_York")
    assert first == second


def test_another_seed_gives_another_sample(tmp_path: Path) -> None:
    write_sample(tmp_path / "a", 100, 5, 1)
    write_sample(tmp_path / "b", 100, 6, 1)
    first, second = _digests(tmp_path / "a"), _digests(tmp_path / "b")
    assert first.keys() == second.keys()
    same = {name for name, digest in first.items() if second[name] == digest}
    # Below CAST_SIZE's minimum and in wave 1 only the header stands in the scenarios.
    assert same <= {"truth/scenarios.csv"}


def test_committed_sample_is_what_the_command_makes(tmp_path: Path) -> None:
    committed = ROOT / "seeds" / "sample"
    facts = json.loads((committed / "sample.json").read_text())
    write_sample(tmp_path / "again", facts["people"], facts["seed"], facts["wave"])
    expected = _digests(tmp_path / "again")
    found = _digests(committed)
    found.pop("README.md")
    assert found == expected
    assert (facts["people"], facts["seed"], facts["wave"]) == (2_000, 42, 1)


def test_committed_sample_is_small() -> None:
    paths = (ROOT / "seeds" / "sample").rglob("*")
    assert sum(path.stat().st_size for path in paths if path.is_file()) <= _MOST_BYTES


def test_parquet_holds_the_same_as_csv(tmp_path: Path) -> None:
    write_sample(tmp_path / "csv", 150, 5, 2)
    write_sample(tmp_path / "parquet", 150, 5, 2, "parquet")
    for path in sorted((tmp_path / "csv").rglob("*.csv")):
        name = path.relative_to(tmp_path / "csv").with_suffix(".parquet")
        other = pd.read_parquet(tmp_path / "parquet" / name)
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        pd.testing.assert_frame_equal(frame, other.fillna(""))


def test_people_count_and_chunks_are_exact() -> None:
    sample = generate(2_100, 3, 1)
    persons = sample.truth["persons"]
    assert len(persons) == persons["person_id"].nunique() == 2_100
    facts = sample.truth["person_records"]
    assert not facts.duplicated(["source", "source_pk"]).any()


@pytest.mark.parametrize(("people", "wave"), [(0, 1), (10, 4), (-5, 2)])
def test_impossible_requests_are_refused(people: int, wave: int) -> None:
    with pytest.raises(ConfigurationError, match=r"people|wave"):
        generate(people, 1, wave)


def test_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="csv and parquet"):
        write_sample(tmp_path / "x", 10, 1, 1, "xlsx")
    assert not (tmp_path / "x").exists()


def test_a_directory_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputDataError, match="no sample"):
        write_sample(tmp_path, 10, 1, 1)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_an_earlier_sample_is_replaced(tmp_path: Path) -> None:
    write_sample(tmp_path / "out", 20, 1, 1)
    write_sample(tmp_path / "out", 20, 1, 2, "parquet")
    assert not list((tmp_path / "out").rglob("*.csv"))
    assert json.loads((tmp_path / "out" / "sample.json").read_text())["wave"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out"]

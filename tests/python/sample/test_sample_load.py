"""Loading a sample: every row arrives as text, or nothing does and the message says why."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.sample import load_sample, write_sample
from warehouse_cdp.sample.schema import RAW_TABLES
from warehouse_cdp.sample.write import generate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sample") / "out"
    write_sample(directory, 120, 11, 1)
    return directory


@pytest.fixture
def broken(written: Path, tmp_path: Path) -> Path:
    """Return a copy of the sample that a test may damage."""
    return shutil.copytree(written, tmp_path / "broken")


def _tables(path: Path) -> dict[str, int]:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select table_schema || '/' || table_name from information_schema.tables"
        ).fetchall()
        return {
            name: connection.execute(f"select count(*) from {name.replace('/', '.')}").fetchall()[
                0
            ][0]
            for (name,) in names
        }


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_round_trip(tmp_path: Path, file_format: str) -> None:
    write_sample(tmp_path / "out", 120, 11, 1, file_format)
    counts = load_sample(tmp_path / "out", tmp_path / "cdp.duckdb")
    sample = generate(120, 11, 1)
    assert counts == {name: len(frame) for name, frame in sample.tables.items()}
    with duckdb.connect(str(tmp_path / "cdp.duckdb"), read_only=True) as connection:
        types = connection.execute(
            "select distinct data_type from information_schema.columns"
            " where table_schema like 'raw_%'"
        ).fetchall()
        assert types == [("VARCHAR",)]
        for name, frame in sample.tables.items():
            source, table = name.split("/")
            rows = connection.execute(f"select * from raw_{source}.{table}").fetchall()
            expected = frame.astype(object).where(frame.notna(), None)
            wanted = list(expected.itertuples(index=False, name=None))
            assert sorted(map(repr, rows)) == sorted(map(repr, wanted))


def test_loading_again_replaces_and_reports_progress(written: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    first = load_sample(written, tmp_path / "cdp.duckdb")
    again = load_sample(written, tmp_path / "cdp.duckdb", lambda *step: steps.append(step))
    assert first == again
    assert steps[-1] == ("load", len(RAW_TABLES), len(RAW_TABLES))
    assert _tables(tmp_path / "cdp.duckdb") == {
        f"raw_{name}": count for name, count in again.items()
    }


def test_a_missing_file_is_named_and_nothing_written(broken: Path, tmp_path: Path) -> None:
    (broken / "raw" / "pos" / "receipts.csv").unlink()
    with pytest.raises(InputDataError, match=r"raw/pos/receipts\.csv.*missing"):
        load_sample(broken, tmp_path / "cdp.duckdb")
    assert not (tmp_path / "cdp.duckdb").exists()


def test_a_missing_column_is_named_and_nothing_written(broken: Path, tmp_path: Path) -> None:
    path = broken / "raw" / "loyalty" / "members.csv"
    path.write_text(path.read_text().replace("surname", "last", 1))
    with pytest.raises(InputDataError, match=r"members\.csv: column surname is missing"):
        load_sample(broken, tmp_path / "cdp.duckdb")
    assert _tables(tmp_path / "cdp.duckdb") == {}


def test_a_broken_file_keeps_what_was_loaded_before(
    written: Path, broken: Path, tmp_path: Path
) -> None:
    before = load_sample(written, tmp_path / "cdp.duckdb")
    path = broken / "raw" / "surveys" / "responses.csv"
    with path.open("a") as file:
        file.write('x,"an answer that never ends\n')
    with pytest.raises(InputDataError, match=r"responses\.csv|could not be read"):
        load_sample(broken, tmp_path / "cdp.duckdb")
    assert _tables(tmp_path / "cdp.duckdb") == {
        f"raw_{name}": count for name, count in before.items()
    }

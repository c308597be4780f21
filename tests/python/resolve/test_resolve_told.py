"""Files of pairs that are, or are not, one person's: read, checked against the records, obeyed."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from warehouse_cdp.cli import app
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.resolve.told import check_told, pairs_of, read_told

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "Zqcanary"
HEADER = "left_record_id,right_record_id\n"
PEOPLE = (
    "record_id,given_name,family_name,email\n"
    "a,Anna,Abendroth,anna@mail.test\n"
    "b,Anna,Abendroth,anna@mail.test\n"
    "c,Hugo,Oberhuber,hugo@mail.test\n"
    "d,Irene,Falkenberg,irene@mail.test\n"
)


def written(folder: Path, content: str, name: str = "pairs.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def customers(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as handle:
        return {row["record_id"]: row["customer_id"] for row in csv.DictReader(handle)}


def resolve(folder: Path, *options: str) -> tuple[int, str, dict[str, str]]:
    people, out = written(folder, PEOPLE, "people.csv"), folder / "out.csv"
    told = CliRunner().invoke(app, ["resolve", str(people), "--output", str(out), *options])
    found = customers(out) if told.exit_code == 0 else {}
    return told.exit_code, " ".join(told.stderr.split()), found


def test_pairs_are_read_with_other_columns_from_csv_and_parquet(tmp_path: Path) -> None:
    path = written(tmp_path, "match_weight,Right_Record_ID,left_record_id\n1.5,b,a\n,7,c\n")
    assert pairs_of(read_told(path, "--must-link")) == [("a", "b"), ("c", "7")]
    pq.write_table(
        pa.table({"left_record_id": [1], "right_record_id": [2]}), tmp_path / "p.parquet"
    )
    assert pairs_of(read_told(tmp_path / "p.parquet", "--must-link")) == [("1", "2")]
    assert pairs_of(read_told(written(tmp_path, HEADER), "--must-link")) == []
    assert pairs_of(None) == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"left_record_id,{CANARY}\na,b\n", "has no column right_record_id"),
        (f"{HEADER}a,b\n{CANARY},\n", "a record id is missing: row 2"),
        (f"{HEADER}a,b\n{CANARY},a\nb,x\n", "no record has such a record_id: rows 2, 3"),
        (f"{HEADER}b,b\n", "a record is paired with itself: row 1"),
        ("", "is empty"),
    ],
)
def test_what_is_wrong_is_told_by_row_and_without_a_value(
    tmp_path: Path, content: str, said: str
) -> None:
    path = written(tmp_path, content)
    with pytest.raises(InputDataError) as raised:
        check_told(read_told(path, "--cannot-link"), None, pa.array(["a", "b"]))
    assert said in str(raised.value)
    assert str(path) in str(raised.value)
    assert CANARY not in str(raised.value)


def test_pairs_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    must = read_told(written(tmp_path, f"{HEADER}a,b\nc,b\n"), "--must-link")
    cannot = read_told(written(tmp_path, f"{HEADER}a,d\na,c\n", "cannot.csv"), "--cannot-link")
    check_told(must, None, pa.array(["a", "b", "c", "d"]))
    with pytest.raises(InputDataError, match=r"--cannot-link .*one person's: row 2 "):
        check_told(must, cannot, pa.array(["a", "b", "c", "d"]))


def test_pairs_outrank_the_evidence(tmp_path: Path) -> None:
    """Two equal rows are kept apart, two people who share nothing are one."""
    _, _, plain = resolve(tmp_path)
    assert plain["a"] == plain["b"]
    must = written(tmp_path, f"{HEADER}c,d\n", "must.csv")
    cannot = written(tmp_path, f"{HEADER}b,a\n", "cannot.csv")
    code, _, told = resolve(tmp_path, "--must-link", str(must), "--cannot-link", str(cannot))
    assert code == 0
    assert told["c"] == told["d"] == plain["c"] != plain["d"]
    assert told["a"] == plain["a"] != told["b"]


def test_a_wrong_file_is_told_and_never_overwritten(tmp_path: Path) -> None:
    unknown = written(tmp_path, f"{HEADER}a,{CANARY}\n")
    code, said, _ = resolve(tmp_path, "--must-link", str(unknown))
    assert (code, CANARY in said) == (3, False)
    assert "--must-link" in said
    code, said, _ = resolve(tmp_path, "--must-link", str(unknown), "--links", str(unknown))
    assert code == 2
    assert "is an input" in said
    code, said, _ = resolve(tmp_path, "--cannot-link", str(tmp_path / "absent.csv"))
    assert code == 3
    assert "is not there" in said

"""CSV and Parquet in the ways they are written; what cannot be read is told without a value."""

from __future__ import annotations

import datetime as dt
import gzip
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.resolve.files import open_source, read_columns, rows_text

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "Zqcanary"


def texts(path: Path, **wanted: str) -> dict[str, list[str | None]]:
    read = read_columns(open_source(path), wanted)
    found: dict[str, list[str | None]] = read.columns.to_pydict()
    return found


def written(folder: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("id,name\n1,Jörg\n2,\n", "utf-8"),
        ("\ufeffid,name\r\n1,Jörg\r\n2,\r\n", "utf-8"),
        ("id;name\n1;Jörg\n2;\n", "utf-8"),
        ("id\tname\n1\tJörg\n2\t\n", "utf-8"),
        ("id|name\n1|Jörg\n2|\\N\n", "utf-8"),
        ('"id","name"\n"1","Jörg"\n"2",""\n\n', "utf-8"),
        ("id,name\n1,Jörg\n2,\n", "cp1252"),
        ("id,name\n1,Jörg\n2,\n", "utf-16"),
    ],
)
def test_csv_reads_the_same_however_it_was_saved(
    tmp_path: Path, content: str, encoding: str
) -> None:
    path = written(tmp_path, content.encode(encoding))
    read = read_columns(open_source(path), {"full_name": "name"})
    assert read.columns.to_pydict() == {"full_name": ["Jörg", None]}
    assert read.encoding == encoding


def test_a_packed_csv_and_a_header_that_is_not_utf_8(tmp_path: Path) -> None:
    packed = written(tmp_path, gzip.compress(b"name\nAnn\n"), "people.csv.gz")
    assert texts(packed, full_name="name") == {"full_name": ["Ann"]}
    old = written(tmp_path, "größe,name\n1,Ann\n".encode("cp1252"))
    assert open_source(old).header == ("größe", "name")


def test_cells_with_delimiters_line_ends_and_quotes(tmp_path: Path) -> None:
    path = written(tmp_path, '"the\nname",city\n"O""Brien, Ann\nMaria",Ely\nBo,\n')
    assert open_source(path).header == ("the\nname", "city")
    assert texts(path, full_name="the\nname", city="city") == {
        "full_name": ['O"Brien, Ann\nMaria', "Bo"],
        "city": ["Ely", None],
    }


def test_cells_far_longer_than_any_name(tmp_path: Path) -> None:
    long, longer = "x" * 100_000, "y" * 20_000_000
    path = written(tmp_path, f'name,city\n{long},a\n"{longer}",b\nBo,c\n')
    read = texts(path, full_name="name")["full_name"]
    assert [len(name or "") for name in read] == [100_000, 20_000_000, 2]


def test_digits_of_csv_stay_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, "id,zip,phone\n007,01234,0049170\n")
    assert texts(path, record_id="id", postal_code="zip", phone="phone") == {
        "record_id": ["007"],
        "postal_code": ["01234"],
        "phone": ["0049170"],
    }


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (pa.array(["a", "", "\\N", None]), ["a", None, None, None]),
        (pa.array(["a", None], pa.large_string()), ["a", None]),
        (pa.array(["a", "a", None]).dictionary_encode(), ["a", "a", None]),
        (pa.array([7, None], pa.int64()), ["7", None]),
        (pa.array([2119.0, None, float("nan")]), ["2119", None, None]),
        (pa.array([0.5, 2.0]), ["0.5", "2"]),
        (pa.array([Decimal("12.50")]), ["12.50"]),
        (pa.array([Decimal("491512345678.000000000"), None]), ["491512345678", None]),
        (pa.array([Decimal("0.00"), Decimal("7.00")]), ["0", "7"]),
        (pa.array([dt.date(1980, 2, 1), None]), ["1980-02-01", None]),
        (pa.array([dt.datetime(1980, 2, 1, 0, 0)]), ["1980-02-01"]),
        (pa.array([dt.datetime(1980, 2, 1, 23, 30)], pa.timestamp("us", "Asia/Tokyo")),
         ["1980-02-02"]),
        (pa.array([b"a"]), ["a"]),
        (pa.nulls(2), [None, None]),
    ],
)  # fmt: skip
def test_parquet_of_any_type_reads_as_text(
    tmp_path: Path, values: pa.Array, read: list[str]
) -> None:
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table({"x": values, "unread": pa.array([[1]] * len(values))}), path)
    assert texts(path, birth_date="x") == {"birth_date": read}


def test_a_uuid_of_parquet_reads_as_people_write_it(tmp_path: Path) -> None:
    ids = [UUID(int=17), UUID("12345678-9abc-4def-8123-456789abcdef")]
    path = tmp_path / "people.parquet"
    with duckdb.connect() as warehouse:
        warehouse.execute(
            "copy (select unnest([?::uuid, ?::uuid, null]) as record_id) to "
            f"'{path}' (format parquet)",
            [str(one) for one in ids],
        )
    assert texts(path, record_id="record_id") == {"record_id": [*map(str, ids), None]}


def test_a_quote_within_a_cell_opens_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, 'name,size\nAnn,5" pipe\nBo,"6"" pipe"\nCy,7"')
    assert texts(path, full_name="name") == {"full_name": ["Ann", "Bo", "Cy"]}


def test_a_column_of_lists_is_told(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table({"emails": pa.array([[f"{CANARY}@x.test"]])}), path)
    with pytest.raises(InputDataError, match="a column emails of list<") as caught:
        texts(path, email="emails")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.csv", None, "is not there"),
        ("people.xlsx", b"PK", "neither CSV nor Parquet by its ending"),
        ("people.csv", b"", "is empty"),
        ("people.csv", b"\n\n", "is empty: its first row must hold the names"),
        ("people.csv", b"name\0\0\1\2", "is not text (it holds NUL bytes): save it as CSV"),
        ("people.csv", b"PAR1\0\0\1\2", "is Parquet: name it .parquet"),
        ("people.csv", gzip.compress(b"name\nAnn\n"), "is packed by gzip: name it .csv.gz"),
        ("people.csv", b"PK\3\4\0\0", "is a zip archive or an Excel file"),
        ("people.csv", "name\nAnn\n".encode("utf-32"), "is UTF-32: save it as CSV (UTF-8)"),
        ("people.csv", "name\nAnn\n".encode("utf-16")[:-1], "nor whole UTF-16"),
        ("people.csv", f'x,name\n1,a\n2,"{CANARY}\n3,b\n'.encode(),
         "has a quote that is not closed: the one in row 2 takes in all that follows"),
        ("people.csv", f"name,x\n{CANARY}\x81,1\n".encode("latin-1"), "neither UTF-8 nor"),
        ("people.csv", f"name,x\n{CANARY},1\na\nb,1\nc,1,2\n".encode(),
         "has 2 rows with more or fewer cells than its header of 2: rows 2, 4"),
        ("people.csv", f'name,x\n"{CANARY},1\nb,1\n'.encode(),
         "with more or fewer cells than its header of 2: row 1"),
        ("people.csv.gz", b"name\nno gzip\n", "must be packed by gzip, and whole"),
        ("people.csv.gz", gzip.compress(b"name\nAnn\n" * 99)[:-9], "must be packed by gzip"),
        ("people.parquet", b"", "is empty"),
        ("people.parquet", f"name\n{CANARY}\n".encode(), "is no Parquet file"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_without_a_value(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    path = tmp_path / name if content is None else written(tmp_path, content, name)
    with pytest.raises(InputDataError) as caught:
        texts(path, full_name="name")
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert CANARY not in str(caught.value)


def test_a_folder_and_a_torn_parquet_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match=r"is a folder: give the files in it, as in .*\*\."):
        open_source(tmp_path)
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table({"name": [CANARY] * 1000}), path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputDataError, match="is no Parquet file"):
        open_source(path)


def test_rows_are_named_by_number_and_only_the_first_few() -> None:
    assert rows_text([3]) == "row 3"
    assert rows_text([3, 1200]) == "rows 3, 1,200"
    assert rows_text(list(range(1, 9))) == "rows 1, 2, 3, 4, 5 and 3 more"
    assert rows_text([3, 4], ["a.csv", "b.csv"]) == "a.csv row 3, b.csv row 4"

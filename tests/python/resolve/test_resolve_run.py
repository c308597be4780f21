"""From files to ids with a resolver that needs no engine: rows, ids, truth, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resolve_fakes import run
from warehouse_cdp.errors import ConfigurationError, DestinationError, InputDataError

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "Zqcanary"
PEOPLE = "record_id,email,shoe_size,who\nb,x@x.test,1,p\na,x@x.test,2,p\nc,,3,q\nd,y@y.test,4,\n"


def write(folder: Path, content: str, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def read(path: Path) -> list[tuple[str, str]]:
    frame = pd.read_csv(path, dtype=str)
    assert list(frame.columns) == ["record_id", "customer_id"]
    return list(frame.itertuples(index=False, name=None))


def test_every_row_gets_its_customer_in_the_order_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, PEOPLE)
    outcome, given = run(tmp_path, "people.csv")
    assert (tmp_path / "out.csv").read_text() == (
        "record_id,customer_id\nb,cus_a\na,cus_a\nc,cus_c\nd,cus_d\n"
    )
    assert list(given.columns) == ["record_id", "email"]
    assert (outcome.records, outcome.customers, outcome.link_count) == (4, 3, 1)
    assert (outcome.customers_by_size, outcome.largest) == ({"1": 2, "2": 1}, 2)
    assert outcome.files[0].ignored == ("shoe_size", "who")
    assert outcome.agreement is None


def test_parquet_out_and_links_beside_it(tmp_path: Path) -> None:
    write(tmp_path, PEOPLE)
    run(tmp_path, "people.csv", output="out.parquet", links="links.csv")
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.schema == pa.schema([("record_id", pa.string()), ("customer_id", pa.string())])
    assert table.column("customer_id").to_pylist() == ["cus_a", "cus_a", "cus_c", "cus_d"]
    assert (tmp_path / "links.csv").read_text() == (
        "left_record_id,right_record_id,match_weight,email\na,b,12.5,exact\n"
    )
    run(tmp_path, "people.csv", links="links.parquet")
    assert pq.read_table(tmp_path / "links.parquet").column("match_weight").to_pylist() == [12.5]
    assert not list(tmp_path.glob(".*"))


def test_the_truth_is_kept_from_the_resolver_and_measures_it(tmp_path: Path) -> None:
    write(tmp_path, PEOPLE)
    outcome, given = run(tmp_path, "people.csv", truth="who")
    assert list(given.columns) == ["record_id", "email"]
    assert outcome.agreement is not None
    assert (outcome.agreement.records, outcome.records_without_truth) == (3, 1)
    assert outcome.agreement.pairwise.f1 == outcome.agreement.cluster.f1 == 1.0


def test_a_standard_column_can_be_the_truth(tmp_path: Path) -> None:
    write(tmp_path, "email,national_id\na@x.test,1\na@x.test,2\n")
    outcome, given = run(tmp_path, "people.csv", truth="national_id")
    assert list(given.columns) == ["record_id", "email"]
    assert outcome.agreement is not None
    assert (outcome.agreement.pairwise.precision, outcome.agreement.bcubed.precision) == (0, 0.5)


def test_rows_without_ids_are_numbered(tmp_path: Path) -> None:
    write(tmp_path, "email\na@x.test\nb@x.test\n")
    run(tmp_path, "people.csv")
    assert read(tmp_path / "out.csv") == [("1", "cus_1"), ("2", "cus_2")]
    write(tmp_path, "mail\nb@x.test\n", "shop.csv")
    run(tmp_path, "people.csv", "shop.csv", mapped="email=mail")
    assert read(tmp_path / "out.csv") == [
        ("people.csv:1", "cus_people.csv:1"),
        ("people.csv:2", "cus_people.csv:2"),
        ("shop.csv:1", "cus_people.csv:2"),
    ]


def test_parts_of_an_address_are_joined_without_gaps(tmp_path: Path) -> None:
    rows = (
        "email,House No,street,apt\na@a.test,12,High Street,3\nb@b.test,,Low Lane,\nc@c.test,,,\n"
    )
    write(tmp_path, rows)
    outcome, given = run(tmp_path, "people.csv")
    assert given["address_line"].tolist() == ["12 High Street 3", "Low Lane", pd.NA]
    assert outcome.files[0].used["address_line"] == "House No+street+apt"
    assert outcome.files[0].ignored == ()


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder in ("crm", "shop"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, "email\na@x.test\n")
    run(tmp_path, "crm/people.csv", "shop/people.csv")
    assert [row for row, _ in read(tmp_path / "out.csv")] == [
        f"{tmp_path}/crm/people.csv:1",
        f"{tmp_path}/shop/people.csv:1",
    ]


def test_csv_and_parquet_with_other_columns_are_taken_together(tmp_path: Path) -> None:
    write(tmp_path, "record_id,Email,city\n1,a@x.test,Ely\n2,,\n")
    table = pa.table({"record_id": [3, 4], "email": ["a@x.test", None], "phone": [1.0, None]})
    pq.write_table(table, tmp_path / "shop.parquet")
    outcome, given = run(tmp_path, "people.csv", "shop.parquet")
    assert given.astype(object).where(given.notna(), None).to_dict("list") == {
        "record_id": ["1", "2", "3", "4"],
        "email": ["a@x.test", None, "a@x.test", None],
        "city": ["Ely", None, None, None],
        "phone": [None, None, "1", None],
        "source": ["people.csv", "people.csv", "shop.parquet", "shop.parquet"],
    }
    assert [customer for _, customer in read(tmp_path / "out.csv")] == [
        "cus_1", "cus_2", "cus_1", "cus_4"
    ]  # fmt: skip
    assert [file.rows for file in outcome.files] == [2, 2]


def test_ids_that_need_quotes_come_back_as_they_were(tmp_path: Path) -> None:
    write(tmp_path, 'record_id,email\n"a,1",a@x.test\n"say ""b""\nc",\n" d ",\n')
    run(tmp_path, "people.csv")
    assert [row for row, _ in read(tmp_path / "out.csv")] == ["a,1", 'say "b"\nc', " d "]


def test_a_result_is_replaced_and_for_its_owner_only(tmp_path: Path) -> None:
    write(tmp_path, PEOPLE)
    write(tmp_path, "the last result", "out.csv")
    run(tmp_path, "people.csv")
    assert len(read(tmp_path / "out.csv")) == 4
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("record_id,email\na,\nb,\na,\nc,\nb,\na,\n",
         "not unique: 2 ids are on 5 rows: rows 1, 2, 3, 5, 6 (counted from 1"),
        ("record_id,email\na,\n,\n", "missing on 1 of 2 rows: row 2 (counted from 1"),
        ("record_id,email\n", "no rows, so there is nobody to resolve"),
        ("record_id,email", "no rows, so there is nobody to resolve"),
        ("record_id,who,shoe_size\n1,p,2\n", "no column to compare"),
        ("email,email\na,b\n", "more than one column email"),
    ],
)  # fmt: skip
def test_data_that_cannot_be_resolved_is_told_and_nothing_is_written(
    tmp_path: Path, content: str, said: str
) -> None:
    write(tmp_path, content)
    with pytest.raises(InputDataError) as caught:
        run(tmp_path, "people.csv")
    assert said in str(caught.value)
    assert not (tmp_path / "out.csv").exists()


def test_ids_repeated_across_files_are_told_by_file_and_row(tmp_path: Path) -> None:
    write(tmp_path, f"record_id,email\n1,\n{CANARY},\n")
    write(tmp_path, f"record_id,email\n{CANARY},\n", "shop.csv")
    with pytest.raises(InputDataError) as caught:
        run(tmp_path, "people.csv", "shop.csv")
    assert "1 id is on 2 rows: people.csv row 2, shop.csv row 1 " in str(caught.value)
    assert CANARY not in str(caught.value)


def test_a_file_without_a_column_of_use_is_told(tmp_path: Path) -> None:
    write(tmp_path, PEOPLE)
    write(tmp_path, f"x\n{CANARY}\n", "other.csv")
    with pytest.raises(InputDataError, match="record_id"):
        run(tmp_path, "people.csv", "other.csv")
    write(tmp_path, "email\na@x.test\n")
    with pytest.raises(InputDataError, match=r"other\.csv has no column of a standard name"):
        run(tmp_path, "people.csv", "other.csv")


@pytest.mark.parametrize(
    ("inputs", "options", "said"),
    [
        (["people.csv", "./people.csv"], {}, "is given twice"),
        (["people.csv"], {"output": "people.csv"}, "is an input, which is not overwritten"),
        (["people.csv"], {"output": "link.csv"}, "is an input, which is not overwritten"),
        (["people.csv"], {"links": "people.csv"}, "--links"),
        (["people.csv"], {"links": "out.csv"}, "--links and --output are one file"),
        (["people.csv"], {"output": "no/out.csv"}, "the folder"),
        (["people.csv"], {"output": "folder.csv"}, "is a folder; name a file in it"),
        (["people.csv"], {"output": "out.xlsx"}, "valid are .csv and .parquet"),
        (["people.csv"], {"output": "out"}, "valid are .csv and .parquet"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(
    tmp_path: Path, inputs: list[str], options: dict[str, str], said: str
) -> None:
    path = write(tmp_path, PEOPLE)
    (tmp_path / "link.csv").symlink_to(path)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConfigurationError) as caught:
        run(tmp_path, *inputs, **options)
    assert said in str(caught.value)
    assert path.read_text() == PEOPLE


def test_a_result_that_cannot_be_written_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, PEOPLE)
    write(tmp_path, "the last result", "out.csv")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("warehouse_cdp.resolve.outputs.pq.write_table", full)
    with pytest.raises(DestinationError, match="No space left on device"):
        run(tmp_path, "people.csv", links="links.parquet")
    assert (tmp_path / "out.csv").read_text() == "the last result"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "people.csv"]

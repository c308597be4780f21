"""``cdp resolve`` on files as they come: right results or one clear line, never a traceback."""

from __future__ import annotations

import csv
import datetime as dt
import os
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from warehouse_cdp.cli import app
from warehouse_cdp.errors import DestinationError, InputDataError
from warehouse_cdp.resolve.files import open_source
from warehouse_cdp.resolve.outputs import check_outputs


def resolved(folder: Path, *names: str, options: tuple[str, ...] = ()) -> tuple[list[str], str]:
    """Customers in the order of the rows, and what was said."""
    files = [str(folder / name) for name in names]
    done = CliRunner().invoke(app, ["resolve", *files, "-o", str(folder / "out.csv"), *options])
    assert done.exception is None, done.output
    with (folder / "out.csv").open(encoding="utf-8", newline="") as handle:
        return [row["customer_id"] for row in csv.DictReader(handle)], done.stdout


def refused(folder: Path, *names: str, options: tuple[str, ...] = ()) -> str:
    """The one line that says why."""
    files = [str(folder / name) for name in names]
    done = CliRunner().invoke(app, ["resolve", *files, "-o", str(folder / "out.csv"), *options])
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in {2, 3}
    assert "Traceback" not in done.output
    assert not (folder / "out.csv").exists()
    return " ".join(done.stderr.split())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_csv_is_read_as_it_was_saved(tmp_path: Path, encoding: str, sign: str) -> None:
    rows = ["record_id,given_name,email", "1,Jörg,j@x.test", "2,Jorg,J@X.TEST", "3,Bo,b@x.test"]
    text = "\r\n".join(rows).replace(",", sign)
    (tmp_path / "people.csv").write_bytes(text.encode(encoding))
    found, _ = resolved(tmp_path, "people.csv")
    assert found[0] == found[1] != found[2]


def test_two_files_of_different_columns_meet_in_what_they_share(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text("record_id,given_name,email\n1,Ann,a@x.test\n2,Bo,b@x.test\n")
    (tmp_path / "shop.csv").write_text("record_id,phone,email\n3,0151 234567,a@x.test\n4,,\n")
    found, said = resolved(tmp_path, "crm.csv", "shop.csv")
    assert found[0] == found[2]
    assert len(set(found)) == 3
    assert "4 records -> 3 customers" in said


def test_mixed_and_odd_values_of_one_column(tmp_path: Path) -> None:
    born = ["1980-01-02", "not a date", "2/1/1980", "29221", "0"]
    phones = ["0151 2345678", "abc", "+49 151 2345678", "1e5", "-1"]
    rows = [
        f"{place},Ann,{one},{two}"
        for place, (one, two) in enumerate(zip(born, phones, strict=True))
    ]
    text = "\n".join(["record_id,given_name,birth_date,phone", *rows, ""])
    (tmp_path / "people.csv").write_text(text)
    found, _ = resolved(tmp_path, "people.csv")
    assert found[0] == found[2]
    assert len({found[0], found[1], found[3]}) == 3


def test_parquet_of_other_types_than_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "record_id": pa.array([10, 11, 12]),
            "birth_date": pa.array([dt.datetime(1980, 1, 2), None, dt.datetime(1980, 1, 2)]),
            "phone": pa.array([1512345678.0, None, 1512345678.0]),
            "given_name": pa.array(["Ann", "Bo", "Ann"]).dictionary_encode(),
            "gender": pa.array([True, False, None]),
            "email": pa.nulls(3),
        }
    )
    pq.write_table(table, tmp_path / "people.parquet")
    found, _ = resolved(tmp_path, "people.parquet")
    assert found[0] == found[2] != found[1]


LONG = "x" * 100_000


@pytest.mark.parametrize(
    ("text", "customers"),
    [
        # One row, nulls only, and columns that tell nothing apart.
        ("email\na@x.test\n", 1),
        ("given_name,email\n,\n,\n", 2),
        ("given_name,city\nAnn,Ely\nAnn,Ely\nAnn,Ely\n", 3),
        # Rows equal in everything are one person if that much is known of them.
        ("given_name,family_name,email\nAnn,May,a@x.test\nAnn,May,a@x.test\n", 1),
        ("given_name,family_name,birth_date\nAnn,May,1980-01-02\nAnn,May,1980-01-02\n", 1),
        ("national_id\n123456\n123456\n", 1),
        # Cells of 100,000 signs, signs that are no letters, cells with line ends.
        (f"given_name,city\n{LONG},{LONG}\n{LONG}y,{LONG}\nBo,Ely\n", 3),
        ("given_name,email\n\x01\x02,a@x\n\u200b,b@x\n\u202eabc,c@x\n", 3),
        ('given_name,city\n"Ann\nMay",Ely\nBo,"a, b"\n', 2),
        ("given_name,,\nAnn,1,2\nBo,3,4\n", 2),
    ],
)
def test_an_odd_file_gives_a_customer_to_each_row(
    tmp_path: Path, text: str, customers: int
) -> None:
    (tmp_path / "people.csv").write_text(text, encoding="utf-8")
    found, _ = resolved(tmp_path, "people.csv")
    assert len(found) == text.strip().count("\n") - text.count("Ann\nMay")
    assert len(set(found)) == customers


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("people.csv", b"colour,size\nred,1\n", "no column to compare: none of 2 has a standard"),
        ("people.csv", b"given_name,email\n", "no rows, so there is nobody to resolve"),
        ("people.csv", b"given_name,email", "no rows, so there is nobody to resolve"),
        ("people.csv", b"", "is empty"),
        ("people.csv", b"email,email\na,b\n", "has more than one column email"),
        ("people.csv", bytes(range(256)) * 4, "is not text"),
        ("people.csv", b'email,city\n"a@x.test,Ely\n', "more or fewer cells"),
        ("people.csv", b"record_id,email\n1,a@x.test\n1,b@x.test\n", "record_id is not unique"),
        ("people.csv", b"record_id,email\n1,a@x.test\n,b@x.test\n", "record_id is missing on 1 of"),
        ("people.parquet", bytes(range(256)), "is no Parquet file"),
    ],
)
def test_what_cannot_be_resolved_is_told_in_a_line(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in refused(tmp_path, name)


def test_a_truth_without_values_measures_nothing(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("email,who\na@x.test,\na@x.test,\n")
    _, said = resolved(tmp_path, "people.csv", options=("--truth", "who"))
    assert "against who: it has no value in any record, so nothing was measured" in said
    assert "precision" not in said


def test_the_name_of_a_column_steers_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("email,\x1b[31mred\x07\na@x.test,1\n")
    _, said = resolved(tmp_path, "people.csv")
    assert "[31mred" in said
    assert not {"\x1b", "\x07"} & set(said)


def test_accents_may_be_signs_of_their_own(tmp_path: Path) -> None:
    """One person out of a system that composes accents and one that does not."""
    whole, apart = (f"{form},Zoë,Müller,zoë.müller@x.test" for form in ("NFC", "NFD"))
    rows = ["record_id,given_name,family_name,email", whole, unicodedata.normalize("NFD", apart)]
    (tmp_path / "people.csv").write_text("\n".join([*rows, "3,Bo,Ely,bo@x.test", ""]))
    found, _ = resolved(tmp_path, "people.csv")
    assert found[0] == found[1] != found[2]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read")
@pytest.mark.parametrize("is_folder", [False, True])
def test_what_one_may_not_open_is_told_like_any_other_file(*, is_folder: bool) -> None:
    """A file of somebody else, and one in a folder of somebody else, to read and to write."""
    with TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        (folder / "people.csv").write_text("email\na@x.test\n")
        (folder / "people.csv").chmod(0)
        folder.chmod(0o700 if is_folder else 0o755)
        os.seteuid(65534)
        try:
            with pytest.raises(InputDataError, match=r"cannot be read \(Permission denied\)"):
                open_source(folder / "people.csv")
            if is_folder:
                with pytest.raises(DestinationError, match=r"out\.csv: Permission denied"):
                    check_outputs([], {"--output": folder / "new" / "out.csv"})
        finally:
            os.seteuid(0)


def test_a_source_that_holds_each_person_once_is_told_or_refused(tmp_path: Path) -> None:
    rows = ["1,crm,a@x.test,Ann", "2,crm,a@x.test,Ann", "3,shop,b@x.test,Bo"]
    (tmp_path / "people.csv").write_text(
        "\n".join(["record_id,source,email,given_name", *rows, ""])
    )
    found, _ = resolved(tmp_path, "people.csv")
    assert found[0] == found[1]
    found, said = resolved(tmp_path, "people.csv", options=("--once", "crm"))
    assert len(set(found)) == 3
    assert "told to hold each person once" in said
    (tmp_path / "out.csv").unlink()
    told = refused(tmp_path, "people.csv", options=("--once", "cmr"))
    assert "cmr, which is no source (sources are crm, shop)" in told

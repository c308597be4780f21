"""Files in a folder, in S3 and on an SFTP server: whole, with a manifest, and without litter."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from file_stores import PASSWORD, PLACES, Place
from warehouse_cdp.activation.protocol import (
    Batch,
    Destination,
    Mode,
    Opening,
    Operation,
    Row,
    Snapshot,
    SnapshotDestination,
)
from warehouse_cdp.activation.values import joined_key
from warehouse_cdp.destinations.file_type import FileType
from warehouse_cdp.destinations.tables import (
    FORMULA_STARTS,
    drop_rows,
    guarded,
    write_tables,
)
from warehouse_cdp.errors import (
    BatchRefusedError,
    ConfigurationError,
    DestinationError,
    DestinationUnauthorisedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMATS = ("csv", "jsonl", "parquet")


@pytest.fixture(scope="module", params=PLACES)
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with PLACES[request.param](tmp_path_factory.mktemp(request.param)) as place:
        yield place


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Place]:
    with PLACES["folder"](tmp_path) as place:
        yield place


def opening(place: Place, path: str, mode: Mode, **settings: object) -> Opening:
    given = {"format": path.rpartition(".")[2], "path": place.prefix + path, **place.settings}
    return Opening(
        "sync_x", "r1", "dev", mode, ("id", "name"), ("id",), {**given, **settings},
        folder=Path("/"), secrets=place.secrets,
    )  # fmt: skip


def mirror(place: Place, path: str, **settings: object) -> SnapshotDestination:
    opened = FileType().open(opening(place, path, "mirror", **settings))
    assert isinstance(opened, SnapshotDestination)
    return opened


def batches(place: Place, path: str, mode: Mode = "upsert") -> Destination:
    opened = FileType().open(opening(place, path, mode))
    assert isinstance(opened, Destination)
    return opened


def snapshot(*tables: dict[str, list[Any]]) -> Snapshot:
    made = [pa.table(table) for table in tables]
    return Snapshot("r1", ("id", "name"), ("id",), iter(made))


def batch_of(*rows: tuple[str, Operation, Any], number: int = 1, mode: Mode = "upsert") -> Batch:
    lane = "remove" if any(operation == "remove" for _, operation, _ in rows) else "write"
    made = tuple(
        Row(
            key, operation, "data", f"i-{key}",
            {"id": key} if operation == "remove" else {"id": key, "name": name},
            on_leave="delete" if operation == "remove" else None,
        )
        for key, operation, name in rows
    )  # fmt: skip
    return Batch("r1", number, "remove" if lane == "remove" else "write", mode, "b", made)


def rows_in(data: bytes, file_format: str) -> list[dict[str, Any]]:
    if file_format == "csv":
        return list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    if file_format == "jsonl":
        return [json.loads(line) for line in data.decode().splitlines()]
    found: list[dict[str, Any]] = pq.read_table(pa.BufferReader(data)).to_pylist()
    return found


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_mirror_is_replaced_whole_and_loses_rows_by_key(store: Place, file_format: str) -> None:
    name = f"mirror.{file_format}"
    destination = mirror(store, name)
    assert destination.has_lost_everything()
    destination.drop(frozenset({"a"}))  # nothing there is no error
    destination.replace(
        snapshot(
            {"id": ["a", "b"], "name": ['Zoë, "Z"', "line\nbreak"]}, {"id": ["c"], "name": ["="]}
        )
    )
    assert not destination.has_lost_everything()
    first = store.read(name)
    found = [row["name"] for row in rows_in(first, file_format)]
    assert found == ['Zoë, "Z"', "line\nbreak", "'=" if file_format == "csv" else "="]

    manifest = json.loads(store.read(f"{name}.manifest.json"))
    assert manifest == {
        "file": name, "format": file_format, "rows": 3, "bytes": len(first),
        "sha256": hashlib.sha256(first).hexdigest(), "columns": ["id", "name"], "run_id": "r1",
    }  # fmt: skip

    destination.replace(snapshot({"id": ["a", "b", "c"], "name": ['Zoë, "Z"', "line\nbreak", "="]}))
    if file_format != "parquet":  # Parquet keeps the rows in groups as they came
        assert store.read(name) == first
    destination.drop(frozenset({"a", "c"}))
    assert [row["id"] for row in rows_in(store.read(name), file_format)] == ["b"]
    assert json.loads(store.read(f"{name}.manifest.json"))["rows"] == 1
    assert [one for one in store.names() if "part" in one] == []
    destination.close()


@pytest.mark.parametrize("file_format", FORMATS)
def test_each_batch_is_a_file_that_says_what_to_do(store: Place, file_format: str) -> None:
    destination = batches(store, f"{{sync_name}}-{{run_id}}.{file_format}")
    first = batch_of(("a", "add", "new"), ("b", "change", None))
    assert {key: one.status for key, one in destination.deliver(first).items()} == {
        "a": "acknowledged", "b": "acknowledged",
    }  # fmt: skip
    once = store.read(f"sync_x-r1.{file_format}")
    destination.deliver(first)
    assert store.read(f"sync_x-r1.{file_format}") == once
    destination.deliver(batch_of(("z", "remove", None), number=2))
    rows = rows_in(once, file_format)
    assert [(row["operation"], row["id"], row["name"] or None) for row in rows] == [
        ("add", "a", "new"), ("change", "b", None),
    ]  # fmt: skip
    rows = rows_in(store.read(f"sync_x-r1-2.{file_format}"), file_format)
    assert [(row["operation"], row["id"], row["name"] or None) for row in rows] == [
        ("remove", "z", None)
    ]
    destination.close()


def test_an_append_has_no_column_of_ours(folder: Place) -> None:
    destination = batches(folder, "log-{run_id}-{batch}.csv", "append")
    destination.deliver(batch_of(("a", "add", "=1"), mode="append"))
    assert folder.read("log-r1-1.csv") == b"id,name\r\na,'=1\r\n"


def test_values_keep_their_types(folder: Place) -> None:
    row: dict[str, list[Any]] = {"id": ["a"], "name": [Decimal("-12.50")]}
    mirror(folder, "f.csv").replace(snapshot(row))
    assert folder.read("f.csv") == b"id,name\r\na,-12.50\r\n"
    mirror(folder, "f.jsonl").replace(
        snapshot({"id": ["a"], "name": [datetime(2026, 3, 1, 14, 5)]})
    )
    assert rows_in(folder.read("f.jsonl"), "jsonl")[0]["name"] == "2026-03-01T14:05:00Z"
    mirror(folder, "f.jsonl").replace(snapshot(row))
    assert rows_in(folder.read("f.jsonl"), "jsonl")[0]["name"] == -12.5


@settings(max_examples=40)
@given(st.text(max_size=6).filter(lambda text: "\0" not in text))
def test_no_text_in_a_csv_begins_a_formula_and_its_key_is_found_again(value: str) -> None:
    assert not guarded(value).startswith(FORMULA_STARTS)
    with tempfile.TemporaryDirectory() as name:
        origin, copy = Path(name) / "a.csv", Path(name) / "b.csv"
        table = pa.table({"id": [f"{value}x", "other"]})
        write_tables("csv", origin, ["id"], [table], formula_guard=True)
        key = joined_key([f"{value}x"])
        assert key is not None
        assert drop_rows("csv", origin, copy, ["id"], frozenset({key})) == 1


def test_an_empty_mirror_is_a_file_with_a_header(folder: Place) -> None:
    for file_format in FORMATS:
        mirror(folder, f"none.{file_format}").replace(snapshot())
        assert rows_in(folder.read(f"none.{file_format}"), file_format) == []
    assert folder.read("none.csv") == b"id,name\r\n"
    assert pq.read_schema(pa.BufferReader(folder.read("none.parquet"))).names == ["id", "name"]


def test_without_a_manifest_there_is_the_file_alone(folder: Place) -> None:
    mirror(folder, "f.csv", manifest=False).replace(snapshot())
    assert folder.names() == ["f.csv"]


def test_an_error_while_writing_leaves_the_old_file_and_tells_no_value(
    folder: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = mirror(folder, "f.csv")
    destination.replace(snapshot({"id": ["a"], "name": ["old"]}))

    def full_disk(*_given: object) -> None:
        raise OSError(28, "canary@x.test")

    monkeypatch.setattr(shutil, "copyfile", full_disk)
    with pytest.raises(DestinationError, match="No space left") as caught:
        destination.replace(snapshot({"id": ["a"], "name": ["new"]}))
    assert "canary" not in str(caught.value)
    assert b"old" in folder.read("f.csv")
    assert folder.names() == ["f.csv", "f.csv.manifest.json"]


def test_values_that_no_column_holds_together_are_refused_untold(folder: Place) -> None:
    destination = batches(folder, "f-{run_id}.parquet")
    for poison in (7, "\ud800"):
        with pytest.raises(BatchRefusedError) as caught:
            destination.deliver(batch_of(("a", "add", "canary@x.test"), ("b", "add", poison)))
        assert "canary" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


def test_a_wrong_password_is_said_without_it(tmp_path: Path) -> None:
    with PLACES["sftp"](tmp_path) as place:
        wrong = replace(place, secrets={"sftp_password": "canary-wrong"})
        with pytest.raises(DestinationUnauthorisedError) as caught:
            mirror(wrong, "f.csv")
        assert "canary" not in str(caught.value)
        assert "feeds" not in str(caught.value)
        assert PASSWORD not in str(caught.value)


def test_a_server_of_unknown_key_gets_nothing(tmp_path: Path) -> None:
    with PLACES["sftp"](tmp_path) as place:
        (tmp_path / "empty").write_text("")
        unknown = replace(place, settings={"known_hosts": str(tmp_path / "empty")})
        with pytest.raises(DestinationError, match=r"cannot connect to sftp://127\.0\.0\.1"):
            mirror(unknown, "f.csv")


@pytest.mark.parametrize(
    ("module", "path", "extra"),
    [("s3fs", "s3://b/f.csv", "s3"), ("gcsfs", "gs://b/f.csv", "gcs"),
     ("sshfs", "sftp://u@h/f.csv", "sftp")],
)  # fmt: skip
def test_a_missing_package_is_named_with_what_brings_it(
    monkeypatch: pytest.MonkeyPatch, module: str, path: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    bare = Place("", {}, {}, lambda _name: b"", list)
    with pytest.raises(ConfigurationError, match=rf"pip install 'warehouse-cdp\[{extra}\]'"):
        mirror(bare, path)


@pytest.mark.parametrize(
    ("settings", "mode", "problem"),
    [
        ({"format": "csv"}, "upsert", "path must be given"),
        ({"format": "csv", "path": "a/{no}.csv"}, "mirror", "valid placeholders"),
        ({"format": "csv", "path": "../a.csv"}, "mirror", "may not climb"),
        ({"format": "csv", "path": "ftp://a/b.csv"}, "mirror", "valid beginnings"),
        ({"format": "csv", "path": "sftp://u:secret@h/b.csv"}, "mirror", "may not hold a password"),
        ({"format": "csv", "path": "a-{run_id}.csv"}, "mirror", "a mirror is one file"),
        ({"format": "csv", "path": "a.csv"}, "append", "path must hold {run_id}"),
        ({"format": "csv", "path": "a/"}, "mirror", "path of a file"),
        ({"format": "jsonl", "formula_guard": True}, "mirror", "formula_guard is for csv"),
    ],
)
def test_a_wrong_declaration_is_told(settings: dict[str, object], mode: Mode, problem: str) -> None:
    assert any(problem in one for one in FileType().problems(settings, mode))


def test_the_identity_outlives_a_move_of_the_project_and_differs_by_target() -> None:
    bare = Place("", {}, {}, lambda _name: b"", list)
    asked = opening(bare, "out/{target}/f-{run_id}.csv", "upsert")
    here, there = FileType().open(asked), FileType().open(replace(asked, folder=Path("/srv")))
    other = FileType().open(replace(asked, target="prod"))
    assert here.identity() == there.identity() == "file:out/dev/f-{run_id}.csv"
    assert other.identity() != here.identity()
    assert here.place == "/out/dev/f-r1.csv"

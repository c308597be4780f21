"""Files: whole or not at all, the same bytes for the same rows, no formulas, no litter."""

from __future__ import annotations

import csv
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse_cdp.activation import Delivery, FileSpec, MappedColumn, SyncConfig
from warehouse_cdp.activation.config import Guards
from warehouse_cdp.activation.plan import CHANGE_COLUMNS
from warehouse_cdp.destinations import files as files_module
from warehouse_cdp.destinations.atomic import part_path, replaced_file
from warehouse_cdp.destinations.files import FileDestination, open_destination
from warehouse_cdp.destinations.formats import FORMULA_STARTS, guarded
from warehouse_cdp.errors import DestinationError
from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("csv", "jsonl", "parquet")


def contents_of(rows: dict[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame({"id": list(rows), "name": list(rows.values())}, dtype=object)
    return frame.set_index(pd.Index(list(rows), dtype=object))


def changes_of(**operations: str) -> pd.DataFrame:
    rows = [(key, key, operation, "data", "hash") for key, operation in operations.items()]
    return pd.DataFrame(rows, columns=CHANGE_COLUMNS, dtype=object)


def mirror(path: Path, file_format: str = "csv") -> FileDestination:
    spec = FileSpec(file_format, str(path), formula_guard=file_format == "csv")  # type: ignore[arg-type]
    return FileDestination(path, spec, "mirror", ("id",))


def rows_in(path: Path, file_format: str) -> list[dict[str, Any]]:
    if file_format == "csv":
        with path.open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))
    if file_format == "jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_mirror_is_what_should_be_there_byte_for_byte(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / "out" / f"file.{file_format}"
    rows = contents_of({"a": 'Zoë, "Z"', "b": "line\nbreak"})
    delivery = Delivery("r1", changes_of(a="add", b="add"), rows)
    outcomes = mirror(path, file_format).deliver(delivery)
    first = path.read_bytes()
    assert {key: outcome.status for key, outcome in outcomes.items()} == {
        "a": "acknowledged",
        "b": "acknowledged",
    }
    assert [row["name"] for row in rows_in(path, file_format)] == ['Zoë, "Z"', "line\nbreak"]
    mirror(path, file_format).deliver(delivery)
    assert path.read_bytes() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("file_format", FORMATS)
def test_without_contents_only_the_removed_rows_leave(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / f"file.{file_format}"
    destination = mirror(path, file_format)
    rows = contents_of({"=a": "1", "b": "2", "c": "3"})
    destination.deliver(Delivery("r1", changes_of(b="add"), rows))
    gone = pd.concat([changes_of(b="remove"), changes_of(**{"=a": "remove"})])
    destination.deliver(Delivery("r2", gone, None))
    assert [row["name"] for row in rows_in(path, file_format)] == ["3"]


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_upsert_file_says_what_to_do_with_each_key(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / f"r1.{file_format}"
    spec = FileSpec(file_format, str(path), formula_guard=False)  # type: ignore[arg-type]
    destination = FileDestination(path, spec, "upsert", ("id",))
    contents = contents_of({"a": "new", "b": "unchanged"})
    destination.deliver(Delivery("r1", changes_of(a="add", z="remove"), contents))
    rows = rows_in(path, file_format)
    assert [(row["operation"], row["id"]) for row in rows] == [("add", "a"), ("remove", "z")]
    assert [row["name"] or "" for row in rows] == ["new", ""]


def test_a_compound_key_comes_back_in_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "r1.csv"
    destination = FileDestination(
        path, FileSpec("csv", "", formula_guard=False), "upsert", ("s", "c")
    )
    destination.deliver(Delivery("r1", changes_of(**{"seg_a|cus_1": "remove"}), None))
    assert rows_in(path, "csv") == [{"operation": "remove", "s": "seg_a", "c": "cus_1"}]


def test_values_keep_their_types(tmp_path: Path) -> None:
    since = datetime(2026, 3, 1, 14, 5)
    frame = pd.DataFrame(
        [("a", Decimal("-12.50"), True, since, None)],
        columns=["id", "amount", "is_vip", "since", "nothing"],
        index=["a"],
        dtype=object,
    )
    delivery = Delivery("r1", changes_of(a="add"), frame)
    mirror(tmp_path / "f.csv").deliver(delivery)
    assert (tmp_path / "f.csv").read_bytes() == (
        b"id,amount,is_vip,since,nothing\r\na,-12.50,true,2026-03-01T14:05:00Z,\r\n"
    )
    mirror(tmp_path / "f.jsonl", "jsonl").deliver(delivery)
    assert json.loads((tmp_path / "f.jsonl").read_text()) == {
        "id": "a",
        "amount": -12.5,
        "is_vip": True,
        "since": "2026-03-01T14:05:00Z",
        "nothing": None,
    }


@settings(max_examples=50)
@given(st.text(max_size=6))
def test_no_guarded_text_begins_a_formula_and_others_stay(value: str) -> None:
    safe = guarded(value)
    assert safe is not None
    assert not safe.startswith(FORMULA_STARTS)
    assert safe in (value, f"'{value}")
    assert (safe == value) == (not value.startswith(FORMULA_STARTS))


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1"])  # noqa: RUF001
def test_a_formula_arrives_as_text(tmp_path: Path, formula: str) -> None:
    path = tmp_path / "f.csv"
    mirror(path).deliver(Delivery("r1", changes_of(a="add"), contents_of({"a": formula})))
    assert rows_in(path, "csv")[0]["name"] == f"'{formula}"


def test_an_error_while_writing_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f.csv"
    mirror(path).deliver(Delivery("r1", changes_of(a="add"), contents_of({"a": "old"})))
    before = path.read_bytes()

    def full_disk(_frame: pd.DataFrame, part: Path, **_options: bool) -> None:
        part.write_text("half a ")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files_module, "write_csv", full_disk)
    with pytest.raises(DestinationError, match="No space left") as caught:
        mirror(path).deliver(Delivery("r2", changes_of(a="change"), contents_of({"a": "canary"})))
    assert "canary" not in str(caught.value)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["f.csv"]


def test_a_killed_writer_leaves_the_old_file_and_the_next_run_clears_up(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("old")
    script = f"""
        import os, signal, pathlib
        from warehouse_cdp.destinations.atomic import replaced_file
        with replaced_file(pathlib.Path({str(path)!r})) as part:
            part.write_text("half a file")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    assert part_path(path).exists()
    with replaced_file(path) as part:
        part.write_text("new")
    assert path.read_text() == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["f.csv"]


def test_a_folder_that_is_a_file_is_a_destination_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(DestinationError, match="cannot write"):
        mirror(tmp_path / "out" / "f.csv").deliver(
            Delivery("r1", changes_of(a="add"), contents_of({"a": "x"}))
        )


def test_only_a_mirror_can_lose_its_file(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    assert mirror(path).has_lost_everything()
    path.write_text("")
    assert not mirror(path).has_lost_everything()


def test_placeholders_are_filled_in(tmp_path: Path) -> None:
    config = SyncConfig(
        "sync_x", "", "act", "act", "cand", "cand", "standings", "holdback_reason",
        FileSpec("csv", "out/{target}/{sync_name}-{run_id}.csv", formula_guard=True),
        "upsert", ("customer_id",), (MappedColumn("customer_id", "id"),), Guards(), frozenset(),
    )  # fmt: skip
    opened = open_destination(config, tmp_path, "prod", "r1")
    assert opened.place == str(tmp_path / "out/prod/sync_x-r1.csv")
    absolute = replace(config.destination, path="/srv/{sync_name}-{run_id}.csv")
    moved = open_destination(replace(config, destination=absolute), tmp_path, "prod", "r1")
    assert moved.place == "/srv/sync_x-r1.csv"

"""The published copy: complete or the old one, readable while a build runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse_cdp.errors import ConfigurationError, DestinationError
from warehouse_cdp.warehouse import publish as publish_module
from warehouse_cdp.warehouse.publish import nothing_published, publish_tables

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def warehouse(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(tmp_path / "wh.duckdb"))
    for statement in (
        "create schema marts",
        "create schema segments",
        "create schema raw_crm",
        "create table marts.customers as select range as customer_id from range(3)",
        "create table marts.customers__dbt_tmp as select 1 as leftover",
        "create view segments.seg_all as select customer_id from marts.customers",
        "create table raw_crm.contacts as select 'secret' as email",
    ):
        connection.execute(statement)
    return connection


def rows_in(path: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_views_become_tables_and_other_schemas_stay_at_home(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "bi" / "published.duckdb"
    report = publish_tables(warehouse, ["marts", "segments"], str(path))
    assert report.to_numpy().tolist() == [["marts", "customers", 3], ["segments", "seg_all", 3]]
    assert rows_in(path, "select count(*) from segments.seg_all") == [(3,)]
    assert rows_in(path, "select count(*) from duckdb_tables()") == [(2,)]
    assert [entry.name for entry in path.parent.iterdir()] == ["published.duckdb"]


def test_a_reader_keeps_the_old_copy_while_a_new_one_is_published(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "published.duckdb"
    publish_tables(warehouse, ["marts"], str(path))
    old = path.open("rb")
    before = old.read()
    warehouse.execute("insert into marts.customers values (3)")
    publish_tables(warehouse, ["marts"], str(path))
    old.seek(0)
    assert old.read() == before
    old.close()
    assert rows_in(path, "select count(*) from marts.customers") == [(4,)]


def test_an_open_transaction_of_the_build_is_left_alone(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    warehouse.execute("begin")
    warehouse.execute("insert into marts.customers values (9)")
    publish_tables(warehouse, ["marts"], str(tmp_path / "published.duckdb"))
    warehouse.execute("commit")
    assert warehouse.execute("select count(*) from marts.customers").fetchall() == [(4,)]


def test_a_failure_leaves_the_old_copy_and_no_litter(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bi" / "published.duckdb"
    publish_tables(warehouse, ["marts"], str(path))
    before = path.read_bytes()

    def broken(*_: object) -> int:
        raise duckdb.OutOfMemoryException("canary@x.test")  # noqa: EM101

    monkeypatch.setattr(publish_module, "_copy", broken)
    with pytest.raises(DestinationError, match="the old copy is as it was") as caught:
        publish_tables(warehouse, ["marts"], str(path))
    assert "canary" not in str(caught.value)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["published.duckdb"]
    monkeypatch.undo()
    publish_tables(warehouse, ["marts"], str(path))


def test_the_warehouse_itself_is_refused(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="name another file"):
        publish_tables(warehouse, ["marts"], str(tmp_path / "wh.duckdb"))
    assert warehouse.execute("select count(*) from marts.customers").fetchall() == [(3,)]


def test_nothing_published_has_the_same_columns(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    report = publish_tables(warehouse, ["nowhere"], str(tmp_path / "published.duckdb"))
    assert list(report.columns) == list(nothing_published().columns)
    assert report.empty

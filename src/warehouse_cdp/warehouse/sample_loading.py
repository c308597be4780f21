"""Loading the sample's raw tables into the warehouse of either engine."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.sample.load import load_sample, select_files
from warehouse_cdp.sample.schema import RAW_TABLES
from warehouse_cdp.warehouse.connection import QUERY_ERRORS, quoted
from warehouse_cdp.warehouse.postgres import open_postgres
from warehouse_cdp.warehouse.profile import Target

if TYPE_CHECKING:
    from warehouse_cdp.sample.load import Progress
    from warehouse_cdp.warehouse.postgres import PostgresConnection
    from warehouse_cdp.warehouse.profile import AnyTarget


def load_sample_into(sample_folder: Path, target: AnyTarget, show: Progress) -> dict[str, int]:
    """Make the schemas ``raw_<source>`` anew from a sample and return rows by table.

    One all-text table per file, in one transaction: after any error the tables are as they were.

    Raises:
        InputDataError: a file is missing or broken, or something reads an old table.
        WarehouseBusyError: another process holds the DuckDB file.
        ConfigurationError: the server cannot be reached.
    """
    if isinstance(target, Target):
        return load_sample(sample_folder, target.warehouse, show)
    with (
        duckdb.connect() as reader,
        tempfile.TemporaryDirectory(prefix="cdp-load-") as folder,
        open_postgres(target, writes=True) as connection,
    ):
        selections = select_files(reader, sample_folder)
        counts = {}
        try:
            with connection.transaction():
                for done, (name, selection) in enumerate(selections.items(), 1):
                    path = Path(folder) / "rows.csv"
                    reader.execute(f"copy ({selection}) to '{path}' (format csv, header false)")
                    counts[name] = _load(connection, name, path)
                    show("load", done, len(selections))
        except QUERY_ERRORS as error:
            message = (
                f"{sample_folder}: not loaded into {target.place}, where nothing has changed "
                f"({type(error).__name__}): a file is broken, the role may not make schemas, or a "
                "view of your own reads a raw table"
            )
            raise InputDataError(message) from None
    return counts


def _load(connection: PostgresConnection, name: str, path: Path) -> int:
    source, _, table = name.partition("/")
    place = quoted(f"raw_{source}", table)
    columns = ", ".join(f"{quoted(column)} text" for column in RAW_TABLES[name])
    connection.execute(f"create schema if not exists {quoted(f'raw_{source}')}")
    connection.execute(f"drop table if exists {place}")
    connection.execute(f"create table {place} ({columns})")
    return connection.load_csv(place, path)

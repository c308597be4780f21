"""Loads a sample's raw tables into a DuckDB file, as connectors would have landed them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import duckdb

from warehouse_cdp.errors import InputDataError, WarehouseBusyError
from warehouse_cdp.sample.schema import RAW_TABLES

if TYPE_CHECKING:
    from pathlib import Path

Progress = Callable[[str, int, int], None]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _find_file(sample_dir: Path, name: str) -> Path:
    for ending in ("csv", "parquet"):
        path = sample_dir / "raw" / f"{name}.{ending}"
        if path.is_file():
            return path
    msg = (
        f"{sample_dir}: the file raw/{name}.csv (or .parquet) is missing;"
        " write the sample again with `cdp sample`"
    )
    raise InputDataError(msg)


def _reader(path: Path) -> str:
    if path.suffix == ".parquet":
        return f"read_parquet({_literal(str(path))})"
    return (
        f"read_csv({_literal(str(path))}, header = true, all_varchar = true, delim = ',',"
        " quote = '\"', escape = '\"', nullstr = '', strict_mode = true, auto_detect = true)"
    )


def _selection(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> str:
    """Return the query that reads a file's declared columns, after checking that they exist."""
    reader = _reader(path)
    try:
        found = {
            row[0]
            for row in connection.execute(f"describe select * from {reader}").fetchall()  # noqa: S608 - the path is quoted
        }
    except duckdb.Error as error:
        msg = f"{path}: cannot be read as {path.suffix[1:]}; is it complete?"
        raise InputDataError(msg) from error
    missing = [column for column in RAW_TABLES[name] if column not in found]
    if missing:
        listed = ", ".join(missing)
        msg = f"{path}: column {listed} is missing; write the sample again with `cdp sample`"
        raise InputDataError(msg)
    columns = ", ".join(
        f"nullif(cast({_quoted(column)} as varchar), '') as {_quoted(column)}"
        for column in RAW_TABLES[name]
    )
    return f"select {columns} from {reader}"  # noqa: S608 - names are ours, the path is quoted


def select_files(connection: duckdb.DuckDBPyConnection, sample_dir: Path) -> dict[str, str]:
    """Return by raw table (``source/table``) the query that reads its file as text.

    Raises:
        InputDataError: a file or one of its columns is missing, or it cannot be read.
    """
    paths = {name: _find_file(sample_dir, name) for name in RAW_TABLES}
    return {name: _selection(connection, path, name) for name, path in paths.items()}


def load_sample(
    sample_dir: Path, connection_path: Path, progress: Progress | None = None
) -> dict[str, int]:
    """Load every raw table of a sample into the DuckDB file and return rows by table.

    Schemas ``raw_<source>`` are made anew with one all-text table per file; empty texts become
    null. It is one transaction: after any error the file is as it was before.
    """
    tell = progress or (lambda _what, _done, _total: None)
    paths = {name: _find_file(sample_dir, name) for name in RAW_TABLES}
    connection_path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(connection_path))
    except duckdb.IOException as error:
        msg = (
            f"{connection_path}: the warehouse file cannot be opened; is another process using it?"
        )
        raise WarehouseBusyError(msg) from error
    with connection:
        selections = {name: _selection(connection, path, name) for name, path in paths.items()}
        connection.execute("begin")
        try:
            return _create_tables(connection, selections, tell)
        except duckdb.Error as error:
            connection.execute("rollback")
            msg = f"{sample_dir}: a raw file could not be read to its end; nothing was loaded"
            raise InputDataError(msg) from error


def _create_tables(
    connection: duckdb.DuckDBPyConnection, selections: dict[str, str], tell: Progress
) -> dict[str, int]:
    counts = {}
    for source in {name.split("/")[0]: None for name in selections}:
        connection.execute(f"create schema if not exists raw_{source}")
    for done, (name, selection) in enumerate(selections.items(), 1):
        source, table = name.split("/")
        target = f"raw_{source}.{_quoted(table)}"
        connection.execute(f"create or replace table {target} as {selection}")
        row = connection.execute(f"select count(*) from {target}").fetchone()  # noqa: S608
        counts[name] = int(row[0]) if row else 0
        tell("load", done, len(selections))
    connection.execute("commit")
    return counts

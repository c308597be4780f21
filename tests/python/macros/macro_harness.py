"""A scratch dbt project that renders the macros under test into views, once per engine.

dbt takes seconds to start, so every family of cases is one view and every case one of its rows:
two runs of dbt (DuckDB, Postgres) serve all tests of this folder. The inputs are loaded beside
dbt, as text. Views, because then the helper functions are called by the reading connection.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import pandas as pd
import psycopg2
import yaml
from psycopg2.extras import execute_values

from commands import ROOT, Outcome, perform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from postgres import Postgres

HASH_KEY = "a key of the tests"

PROJECT = """
name: warehouse_cdp
version: "1.0"
profile: scratch
on-run-start: "{{ create_helper_functions() }}"
flags:
  send_anonymous_usage_stats: false
models:
  +materialized: view
"""


@dataclass(frozen=True)
class Family:
    """Cases of one macro: an expression over the text columns a and b, and what it should be."""

    name: str
    expression: str
    cases: Sequence[tuple[Any, ...]]
    """(a, expected) or (a, b, expected)."""

    def inputs(self) -> Iterator[tuple[str | None, str | None]]:
        """Yield the values of a and b of every case."""
        for case in self.cases:
            yield case[0], case[1] if len(case) > 2 else None

    def model(self) -> str:
        """Return the dbt model that evaluates the expression for every case."""
        return (
            f"select case_number, {self.expression} as actual\n"
            f"from cdp_cases.cases where family = '{self.name}'\n"
        )


class Connection(Protocol):
    """What the tests need of either driver."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Make a table of text columns in the schema cdp_cases."""


class DuckDbConnection:
    """A short-lived connection to the scratch warehouse, with or without the hash key."""

    def __init__(self, path: Path, hash_key: bytes | None) -> None:
        """Open the file and set the two key blocks as the dbt plugin does."""
        self._connection = duckdb.connect(str(path))
        if hash_key is not None:
            for name, pad in (("cdp_hash_inner", 0x36), ("cdp_hash_outer", 0x5C)):
                block = bytes(byte ^ pad for byte in hash_key.ljust(64, b"\0"))
                self._connection.execute(f"set variable {name} = unhex('{block.hex()}')")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._connection.execute(query).fetchall()

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Make a table of text columns in the schema cdp_cases."""
        self._connection.execute("create schema if not exists cdp_cases")
        listed = ", ".join(f"{column} varchar" for column in columns)
        self._connection.execute(f"create or replace table cdp_cases.{table} ({listed})")
        if rows:
            frame = pd.DataFrame(rows, columns=list(columns), dtype=object)
            self._connection.register("loaded_frame", frame)
            self._connection.execute(f"insert into cdp_cases.{table} select * from loaded_frame")

    def close(self) -> None:
        """Release the file: DuckDB lets one process write."""
        self._connection.close()


class PostgresConnection:
    """A connection to the scratch server, with or without the hash key."""

    def __init__(self, uri: str, hash_key: str | None) -> None:
        """Connect with the key as a setting, the way PGOPTIONS gives it."""
        self._connection = psycopg2.connect(uri)
        self._connection.autocommit = True
        if hash_key is not None:
            with self._connection.cursor() as cursor:
                cursor.execute("select set_config('cdp.hash_key', %s, false)", (hash_key,))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Make a table of text columns in the schema cdp_cases."""
        with self._connection.cursor() as cursor:
            cursor.execute("create schema if not exists cdp_cases")
            listed = ", ".join(f"{column} text" for column in columns)
            # pytest may set a parametrised session fixture up a second time on the same server.
            cursor.execute(f"drop table if exists cdp_cases.{table} cascade")
            cursor.execute(f"create table cdp_cases.{table} ({listed})")
            execute_values(cursor, f"insert into cdp_cases.{table} values %s", rows)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass(frozen=True)
class Engine:
    """Where one engine's scratch warehouse is."""

    name: str
    location: str

    @contextmanager
    def connect(self, hash_key: str | None = HASH_KEY) -> Iterator[Connection]:
        """Open a connection for a moment."""
        connection: DuckDbConnection | PostgresConnection
        if self.name == "duckdb":
            raw_key = None if hash_key is None else _block_key(hash_key)
            connection = DuckDbConnection(Path(self.location), raw_key)
        else:
            connection = PostgresConnection(self.location, hash_key)
        try:
            yield connection
        finally:
            connection.close()


def _block_key(key: str) -> bytes:
    """Return a key as HMAC fits it into a block."""
    raw = key.encode()
    return hashlib.sha256(raw).digest() if len(raw) > 64 else raw


def write_project(folder: Path, models: dict[str, str], postgres: Postgres) -> None:
    """Write the scratch project: copies of our macros and seeds, and the models given."""
    for part in ("macros/cross_db", "macros/standardise", "seeds/reference"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / "models").mkdir()
    for name, text in models.items():
        (folder / "models" / f"{name}.sql").write_text(text, encoding="utf-8")
    (folder / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    outputs = {
        "duckdb": {
            "type": "duckdb", "path": str(folder / "scratch.duckdb"), "schema": "dev", "threads": 1,
        },
        "postgres": postgres.dbt_output(),
    }  # fmt: skip
    (folder / "profiles.yml").write_text(
        yaml.safe_dump({"scratch": {"target": "duckdb", "outputs": outputs}}), encoding="utf-8"
    )


def run_dbt(folder: Path, engine: str, *arguments: str) -> Outcome:
    """Run dbt in the scratch project and return what it said."""
    paths = ["--project-dir", str(folder), "--profiles-dir", str(folder), "--target", engine]
    environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    return perform("dbt", ["--no-use-colors", *arguments, *paths], folder, environment)

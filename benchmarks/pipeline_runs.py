"""Runs that ``pipeline.py`` measures: a copy of the project, dbt in a process of its own, floors.

Memory is the resident set of the dbt process, read from ``/proc`` ten times a second (Linux).
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import yaml

from pipeline_report import ModelRun, bare_queries, models_of
from warehouse_cdp.linkage.tables import TABLES, column_type
from warehouse_cdp.privacy.keys import DEMO_KEY
from warehouse_cdp.sample import load_sample
from warehouse_cdp.warehouse.duckdb_plugin import set_hash_key, spare_planning

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("dbt_project.yml", "models", "python_models", "macros", "seeds/reference")
STAND_IN = ROOT / "benchmarks/stand_in"
BUILD = ("build", "--resource-type", "seed", "--resource-type", "model")
HOURLY = ("build", "--resource-type", "model", "--select", "tag:hourly")
# Tables of events, with the column by which the newest hundredth is held back.
EVENT_TABLES = {
    "raw_web.events": "received_at",
    "raw_app.events": "received_at",
    "raw_email.events": "ts",
    "raw_devices.telemetry": "recorded_ts",
    "raw_loyalty.points": "occurred_at",
}
_SAMPLING_SECONDS = 0.1


@dataclass(frozen=True)
class Settings:
    """What all runs of one measurement share."""

    threads: int
    memory_limit: str
    as_of: str


@dataclass(frozen=True)
class Run:
    """One dbt run: seconds of wall and processor time, samples (moment, resident bytes)."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    memory: list[tuple[float, int]] = field(repr=False)
    models: list[ModelRun] = field(repr=False)
    queries: dict[str, str] = field(repr=False)


def copy_project(folder: Path, settings: Settings, *, with_identity: bool) -> Path:
    """Write a fresh copy of the project; without identity the truth stands in for the matcher."""
    if folder.exists():
        shutil.rmtree(folder)
    for part in PARTS:
        origin, copy = ROOT / part, folder / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, copy)
        else:
            shutil.copy(origin, copy)
    shutil.copytree(ROOT / "tests/dbt/generic", folder / "tests/dbt/generic")
    profile = yaml.safe_load((ROOT / "profiles.yml.example").read_text(encoding="utf-8"))
    target = profile["warehouse_cdp"]["outputs"]["dev"]
    target["threads"] = settings.threads
    target["settings"] = {**target["settings"], **_engine_settings(settings)}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    if not with_identity:
        _replace_matcher(folder)
    return folder


def _engine_settings(settings: Settings) -> dict[str, Any]:
    return {
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
    }


def _replace_matcher(folder: Path) -> None:
    """Put SQL in the place of every Python model of identity; what marts do not read is empty."""
    stand_ins = {path.stem: path for path in STAND_IN.glob("*.sql")}
    place = folder / "models/identity"
    for model in sorted((folder / "python_models/identity").glob("*.py")):
        model.unlink()
        if model.stem not in stand_ins:
            columns = ", ".join(
                f"cast(null as {_sql_type(name)}) as {name}" for name in TABLES[model.stem]
            )
            text = f"{{{{ config(materialized='table') }}}}\nselect {columns} where 1 = 0\n"
            (place / f"{model.stem}.sql").write_text(text, encoding="utf-8")
    for path in stand_ins.values():
        shutil.copy(path, place / path.name)


def _sql_type(column: str) -> str:
    names = {"string": "text", "int64": "bigint", "bool": "boolean", "double": "double"}
    return names.get(str(column_type(column)), "timestamp")


def load_raw(folder: Path, sample: Path, *, is_empty: bool = False) -> int:
    """Load a sample (or only its tables' shapes) and the truth; return the rows of raw tables."""
    warehouse = folder / "cdp.duckdb"
    counts = load_sample(sample, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        truth = next((sample / "truth").glob("person_records.*"))
        connection.execute("create schema if not exists raw_truth")
        connection.execute(
            f"create or replace table raw_truth.person_records as from '{truth}'"
            + (" limit 0" if is_empty else "")
        )
        if is_empty:
            for table in counts:
                connection.execute(f"delete from raw_{table.replace('/', '.')}")
    return 0 if is_empty else sum(counts.values())


def hold_back(folder: Path, share: float) -> int:
    """Take the newest share of every table of events out of raw; return how many rows."""
    held = 0
    with duckdb.connect(str(folder / "cdp.duckdb")) as connection:
        connection.execute("create schema if not exists held_back")
        for table, moment in EVENT_TABLES.items():
            kept = "held_back." + table.replace(".", "_")
            key = "coalesce(" + moment + ", '')"
            # Names of ours: no value ever stands in this text.
            total = connection.execute(f"select count(*) from {table}").fetchone()
            count = int((total or (0,))[0] * share)
            connection.execute(
                f"create or replace table {kept} as select rowid as place, * from {table} "
                f"order by {key} desc, rowid desc limit {count}"
            )
            connection.execute(f"delete from {table} where rowid in (select place from {kept})")
            held += count
    return held


def deliver(folder: Path) -> None:
    """Bring what was held back, as a connector would: loaded now, which is after all the rest."""
    with duckdb.connect(str(folder / "cdp.duckdb")) as connection:
        for table in EVENT_TABLES:
            kept = "held_back." + table.replace(".", "_")
            connection.execute(
                f"insert into {table} by name select * exclude (place) replace ("
                f"(select max(_loaded_at) from {kept}) as _loaded_at) from {kept}"
            )


def run_dbt(folder: Path, settings: Settings, command: Sequence[str]) -> Run:
    """Run dbt and measure it.

    Raises:
        RuntimeError: dbt failed; its output is in ``dbt.log`` of the folder.
    """
    arguments = [
        sys.executable,
        "-c",
        "from dbt.cli.main import cli; cli()",
        "--no-use-colors",
        *command,
        "--vars",
        json.dumps({"as_of": settings.as_of}),
    ]
    environment = {
        **os.environ,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_PROFILES_DIR": str(folder),
        "PYTHONPATH": str(ROOT / "src"),
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    with (folder / "dbt.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            arguments, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        memory: list[tuple[float, int]] = []
        watcher = threading.Thread(target=_watch, args=(process, memory))
        watcher.start()
        code = process.wait()
    wall = time.monotonic() - started
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code != 0:
        message = f"dbt {command[0]} failed (exit {code}); see {folder / 'dbt.log'}"
        raise RuntimeError(message)
    results = _artifact(folder, "run_results")
    manifest = _artifact(folder, "manifest")
    return Run(
        wall_seconds=wall,
        cpu_seconds=(after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime),
        peak_bytes=max((size for _, size in memory), default=0),
        memory=memory,
        models=models_of(results, manifest, _epoch) if results else [],
        queries=bare_queries(results, manifest) if results else {},
    )


def _watch(process: subprocess.Popen[bytes], memory: list[tuple[float, int]]) -> None:
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        try:
            facts = dict(
                line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines()
            )
            memory.append((time.time(), int(facts["VmRSS"].split()[0]) * 1024))
        except (OSError, KeyError):  # it ended between the two looks
            return
        time.sleep(_SAMPLING_SECONDS)


def _artifact(folder: Path, name: str) -> Mapping[str, Any]:
    path = folder / f"target/{name}.json"
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


def with_rows(folder: Path, models: Sequence[ModelRun]) -> list[ModelRun]:
    """The same models with the rows of their tables, and of staging's views."""
    counted = []
    with _reader(folder) as connection:
        tables = {
            row[2]: row
            for row in connection.execute(
                "select table_catalog, table_schema, table_name, table_type "
                "from information_schema.tables where table_schema not like 'raw%'"
            ).fetchall()
        }
        for model in models:
            found = tables.get(model.name)
            if found is None or (found[3] == "VIEW" and model.layer != "staging"):
                counted.append(model)
                continue
            name = ".".join(f'"{part}"' for part in found[:3])
            rows = connection.execute(f"select count(*) from {name}").fetchone()
            counted.append(replace(model, row_count=int(rows[0]) if rows else 0))
    return counted


def with_floors(
    folder: Path, run: Run, settings: Settings, rounds: int, models: Sequence[ModelRun]
) -> list[ModelRun]:
    """The same models with the best time of ``rounds`` runs of their bare query in DuckDB.

    The query reads the tables that dbt built and writes a table into a file beside them, with
    the engine's settings of the dbt run.
    """
    scratch = folder / "floors.duckdb"
    measured = []
    with _reader(folder) as connection:
        for name, value in _engine_settings(settings).items():
            literal = f"'{value}'" if isinstance(value, str) else str(value).lower()
            connection.execute(f"set {name} = {literal}")
        set_hash_key(connection, os.environ.get("CDP_HASH_KEY", DEMO_KEY))
        spare_planning(connection)
        for model in models:
            query = run.queries.get(model.name)
            if query is None or rounds == 0:
                measured.append(model)
                continue
            best = (float("inf"), 0.0)
            for _ in range(rounds):
                scratch.unlink(missing_ok=True)
                connection.execute(f"attach '{scratch}' as floors")
                wall, cpu = time.monotonic(), time.process_time()
                connection.execute(f"create table floors.floor as {query}")
                taken = (time.monotonic() - wall, time.process_time() - cpu)
                best = min(best, taken)
                connection.execute("detach floors")
            measured.append(replace(model, floor_seconds=best[0], floor_cpu_seconds=best[1]))
    scratch.unlink(missing_ok=True)
    return measured


def _reader(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set temp_directory = '{folder / 'floors.tmp'}'")
    connection.execute(f"attach '{folder / 'cdp.duckdb'}' as cdp (read_only)")
    connection.execute(f"attach '{folder / 'cdp_state.duckdb'}' as cdp_state (read_only)")
    return connection

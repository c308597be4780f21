"""How fast a sync plans and sends, beside a peer and the floor, on one stub.

    python benchmarks/activation.py --rows 5000000 --sent 200000 --dlt-python VENV/bin/python

Plans 1 % changed among ``--rows``, sends ``--sent`` rows in batches at 0 and 50 ms, and prints
wall and processor seconds, peak memory and requests. Each contestant runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT / "tests/python/activation"), str(ROOT / "tests/python")]

MODELS = {
    "act": "select 'cus_' || i as customer_id, 'p' || i || '@x.test' as email, i % 97 as score",
    "candidates": "select 'cus_' || i as customer_id, cast(null as text) as holdback_reason, "
    "'p' || i || '@x.test' as email",
    "standings": "select 'cus_' || i as customer_id, 'cus_' || i as current_customer_id, "
    "cast(null as text) as split_from_customer_id, cast(null as text) as holdback_reason",
    "consents": "select 'email' as contact_point_type, 'p' || i || '@x.test' as contact_point, "
    "'marketing' as purpose, 'email' as channel, true as is_granted",
}


def fill(warehouse: Path, rows: int) -> None:
    """Make the models of so many customers, all of whom agreed."""
    with duckdb.connect(str(warehouse)) as connection:
        for name, query in MODELS.items():
            connection.execute(f"create or replace table {name} as {query} from range({rows}) t(i)")


def plan(folder: str, rows: str) -> None:
    """Acknowledge every row, change one in a hundred and plan; print what it took."""
    from sync_worlds import HASH_KEY, World  # noqa: PLC0415 - needs the tests' folder
    from warehouse_cdp.activation.statements import SyncSql, mapping_hash  # noqa: PLC0415

    world = World(Path(folder))
    fill(world.target.warehouse, int(rows))
    with world.sessions.open(writes=True) as session:
        sql = SyncSql(world.config, session)
        session.run(
            f"insert into {session.state('sync_state')} (sync_name, sync_key, customer_id, "
            "row_hash, key_rest, destination_key, mapping_hash) "
            f"select $sync, sync_key, customer_id, row_hash, '', sync_key, "
            f"'{mapping_hash(world.config)}' from ({sql.wanted()})",
            sql.parameters(HASH_KEY),
        )
    with duckdb.connect(str(world.target.warehouse)) as connection:
        connection.execute("update act set score = score + 1000 where hash(customer_id) % 100 = 0")
    began, used = time.perf_counter(), time.process_time()
    report = world.sync(is_dry_run=True, build=False)
    say("plan", time.perf_counter() - began, time.process_time() - used,
        changed=report.plan.counts.changed)  # fmt: skip


def send(folder: str, rows: str, url: str, batch_rows: str, concurrency: str) -> None:
    """Send every row once with the engine; print what it took."""
    from dataclasses import replace  # noqa: PLC0415

    from sync_crashing import HttpDestination  # noqa: PLC0415
    from sync_worlds import World  # noqa: PLC0415

    world = World(Path(folder))
    fill(world.target.warehouse, int(rows))
    world.config = replace(world.config, batch_rows=int(batch_rows), concurrency=int(concurrency))
    began, used = time.perf_counter(), time.process_time()
    report = world.sync(build=False, destination=HttpDestination(url))
    say("ours", time.perf_counter() - began, time.process_time() - used, status=report.status)


def floor(folder: str, rows: str, url: str, batch_rows: str, concurrency: str) -> None:
    """Post the same batches with bare httpx; print what it took."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    import httpx  # noqa: PLC0415

    warehouse = Path(folder) / "wh.duckdb"
    fill(warehouse, int(rows))
    began, used = time.perf_counter(), time.process_time()
    with duckdb.connect(str(warehouse), read_only=True) as connection, httpx.Client() as client:
        cursor = connection.execute("select customer_id, email, score from act")
        with ThreadPoolExecutor(int(concurrency)) as pool:
            while found := cursor.fetchmany(int(batch_rows) * int(concurrency)):
                parts = [
                    found[place : place + int(batch_rows)]
                    for place in range(0, len(found), int(batch_rows))
                ]
                list(pool.map(lambda part: client.post(url, content=body_of(part)), parts))
    say("floor", time.perf_counter() - began, time.process_time() - used)


def body_of(rows: list[tuple[object, ...]]) -> bytes:
    """A batch as the stub takes it."""
    names = ("customer_id", "email", "score")
    said = [
        {"id": row[0], "operation": "add", "values": dict(zip(names, row, strict=True))}
        for row in rows
    ]
    return json.dumps({"key": "", "rows": said}).encode()


def say(name: str, wall: float, cpu: float, **more: object) -> None:
    """Print one result for the parent to read."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = {"name": name, "seconds": round(wall, 2), "cpu": round(cpu, 2), "mb": round(memory)}
    sys.stdout.write(json.dumps(said | more) + "\n")


def contest(arguments: argparse.Namespace) -> None:
    """Run every contestant and print a table."""
    from sync_crashing import Stub  # noqa: PLC0415

    def run(*command: str, python: str = sys.executable) -> str:
        done = subprocess.run(  # noqa: S603 - our own scripts, no shell
            [python, *command], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    me = str(Path(__file__).resolve())
    with tempfile.TemporaryDirectory() as folder:
        print(run(me, "--plan", folder, str(arguments.rows)))
    for latency in (0.0, 0.05):
        for contestant in ("floor", "send"):
            stub = Stub(seconds=latency)
            with tempfile.TemporaryDirectory() as folder:
                said = run(
                    me, f"--{contestant}", folder, str(arguments.sent), stub.url,
                    str(arguments.batch), str(arguments.concurrency),
                )  # fmt: skip
            print(f"{latency * 1000:.0f} ms", said, len(stub.batches), "requests",
                  len(stub.rows), "rows")  # fmt: skip
            stub.close()
        if arguments.dlt_python:
            stub = Stub(seconds=latency)
            with tempfile.TemporaryDirectory() as folder:
                fill(Path(folder) / "wh.duckdb", arguments.sent)
                began = time.perf_counter()
                run(
                    str(HERE / "peers/send_with_dlt.py"), f"{folder}/wh.duckdb", stub.url,
                    str(arguments.batch), folder, python=arguments.dlt_python,
                )  # fmt: skip
                took = time.perf_counter() - began
            print(f"{latency * 1000:.0f} ms dlt {took:.2f} s, start included,",
                  len(stub.batches), "requests", len(stub.rows), "rows")  # fmt: skip
            stub.close()


def main() -> None:
    """Read the command line."""
    if sys.argv[1:2] and sys.argv[1] in ("--plan", "--send", "--floor"):
        verbs: dict[str, Callable[..., None]] = {"--plan": plan, "--send": send, "--floor": floor}
        verbs[sys.argv[1]](*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--sent", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--dlt-python", help="A Python that has dlt, duckdb and httpx.")
    contest(parser.parse_args())


if __name__ == "__main__":
    main()

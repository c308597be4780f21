"""How fast a sync plans and sends, beside two peers and the floor, on one stub.

    python benchmarks/activation.py --peer-python VENV/bin/python --out activation.json \
        --chart docs/images/activation-speed.svg

Plans 1 % changed among ``--rows``, then sends ``--sent`` rows in batches of one size with every
contestant, at 0 and at 50 ms that the stub takes for an answer; then changes 1 % and runs each
again. Each run is a process of its own; seconds are without its imports. The floor is bare httpx.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from activation_report import Run, chart, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warehouse_cdp.activation import Batch, Outcome, Row

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT / "tests/python/activation"), str(ROOT / "tests/python")]
LATENCIES = (0.0, 0.05)
PEERS = ("dlt", "drt")

MODELS = {
    "act": "select 'cus_' || i as customer_id, 'p' || i || '@x.test' as email, i % 97 as score",
    "candidates": "select 'cus_' || i as customer_id, cast(null as text) as holdback_reason, "
    "'p' || i || '@x.test' as email",
    "standings": "select 'cus_' || i as customer_id, 'cus_' || i as current_customer_id, "
    "cast(null as text) as split_from_customer_id, cast(null as text) as holdback_reason",
    "consents": "select 'email' as contact_point_type, 'p' || i || '@x.test' as contact_point, "
    "'marketing' as purpose, 'email' as channel, true as is_granted",
}
CHANGE = "update act set score = score + 1000 where hash(customer_id) % 100 = 0"


class StubDestination:
    """The stub behind the same HTTP client that every destination uses, without a vendor's rate."""

    place = "stub"

    def __init__(self, url: str, concurrency: int) -> None:
        from warehouse_cdp.destinations.http import HttpClient  # noqa: PLC0415 - measured apart
        from warehouse_cdp.destinations.limits import Limits  # noqa: PLC0415 - as above

        bounds = Limits(1_000_000, 1 << 30, (), concurrency, "the stub's own", "2026-11")
        self._client = HttpClient("stub", url, bounds)

    def identity(self) -> str:
        """There is only one."""
        return "stub"

    def remembered_of(self, row: Row) -> Mapping[str, str] | None:
        """Nothing: a row is found by its key."""
        del row
        return None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        """Post a batch, of which the stub takes all."""
        from warehouse_cdp.activation.protocol import ACKNOWLEDGED  # noqa: PLC0415 - as above
        from warehouse_cdp.destinations.http import Request  # noqa: PLC0415 - as above

        rows = [
            {"id": row.values["id"], "operation": row.operation, "values": row.values}
            for row in batch.rows
        ]
        body = json.dumps({"key": batch.idempotency_key, "rows": rows}).encode()
        self._client.send(Request("POST", "/", body, needs_json=False))
        return dict.fromkeys((row.key for row in batch.rows), ACKNOWLEDGED)


def fill(warehouse: str, rows: str) -> None:
    """Make the models of so many customers, all of whom agreed."""
    with duckdb.connect(warehouse) as connection:
        for name, query in MODELS.items():
            connection.execute(f"create or replace table {name} as {query} from range({rows}) t(i)")
        connection.execute(
            "create table customer_consents (customer_id text, purpose text, is_granted boolean)"
        )


def world_of(folder: str) -> Any:  # noqa: ANN401 - a class of the tests
    """The engine's stores over a folder that ``fill`` has filled."""
    from sync_worlds import MemoryDestination, World  # noqa: PLC0415 - needs the tests' folder

    world = World.__new__(World)
    world.folder, world.people, world.runs = Path(folder), {}, 0
    world.destination = MemoryDestination()
    world.reopen()
    if not world.target.state.exists():
        world.make_state()
    else:
        world.runs = int(world.state("select count(*) from sync_runs")[0][0])
    return world


def plan(folder: str) -> None:
    """Acknowledge every row, change one in a hundred and plan; print what it took."""
    from sync_worlds import HASH_KEY  # noqa: PLC0415 - needs the tests' folder
    from warehouse_cdp.activation.statements import SyncSql, mapping_hash  # noqa: PLC0415

    world = world_of(folder)
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
        connection.execute(CHANGE)
    began, used = time.perf_counter(), time.process_time()
    report = world.sync(is_dry_run=True, build=False)
    said(began, used, planned=report.plan.counts.changed)


def send(folder: str, url: str, batch_rows: str, concurrency: str) -> None:
    """Send what has to be sent with the engine; print what it took."""
    from dataclasses import replace  # noqa: PLC0415 - imports are measured apart

    world = world_of(folder)
    world.config = replace(world.config, batch_rows=int(batch_rows), concurrency=int(concurrency))
    destination = StubDestination(url, int(concurrency))
    began, used = time.perf_counter(), time.process_time()
    report = world.sync(build=False, destination=destination)
    said(began, used, status=report.status)
    destination.close()


def floor(folder: str, url: str, batch_rows: str, concurrency: str) -> None:
    """Post the same batches with bare httpx; print what it took."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - imports measured apart

    import httpx  # noqa: PLC0415 - as above

    size = int(batch_rows)
    began, used = time.perf_counter(), time.process_time()
    with (
        duckdb.connect(f"{folder}/wh.duckdb", read_only=True) as connection,
        httpx.Client() as client,
        ThreadPoolExecutor(int(concurrency)) as pool,
    ):
        cursor = connection.execute("select customer_id, email, score from act")
        waiting = []
        while found := cursor.fetchmany(size):
            waiting.append(pool.submit(lambda rows: client.post(url, content=body_of(rows)), found))
        for one in waiting:
            one.result().raise_for_status()
    said(began, used)


def body_of(rows: list[tuple[object, ...]]) -> bytes:
    """A batch as the stub takes it."""
    names = ("customer_id", "email", "score")
    listed = [
        {"id": row[0], "operation": "add", "values": dict(zip(names, row, strict=True))}
        for row in rows
    ]
    return json.dumps({"key": "", "rows": listed}).encode()


def said(began: float, used: float, **more: object) -> None:
    """Print one result for the parent to read."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {
        "seconds": round(time.perf_counter() - began, 2),
        "cpu": round(time.process_time() - used, 2),
        "mb": round(memory),
    }
    sys.stdout.write(json.dumps(result | more) + "\n")


class Contest:
    """Runs every contestant against a stub of its own."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self._me = str(Path(__file__).resolve())

    def planned(self) -> Run:
        """The plan among many rows."""
        with tempfile.TemporaryDirectory() as folder:
            self._run(self._me, "--fill", f"{folder}/wh.duckdb", str(self._arguments.rows))
            found = self._run(self._me, "--plan", folder)
        return Run("plan", 0.0, found["seconds"], found["cpu"], found["mb"], 0, found["planned"])

    def contestants(self) -> dict[str, tuple[str, ...]]:
        """What is run, by name; ``FOLDER`` and ``URL`` stand for what is known later."""
        size = str(self._arguments.batch)
        runs: dict[str, tuple[str, ...]] = {}
        for places in dict.fromkeys((1, self._arguments.concurrency)):
            for name, verb in (("floor", "--floor"), ("ours", "--send")):
                command = (sys.executable, self._me, verb, "FOLDER", "URL", size, str(places))
                runs[f"{name}, {places} at once"] = command
        if self._arguments.peer_python:
            for peer in PEERS:
                script = str(HERE / f"peers/send_with_{peer}.py")
                python = self._arguments.peer_python
                runs[peer] = (python, script, "FOLDER/wh.duckdb", "URL", size, "FOLDER")
        return runs

    def sent(self, name: str, command: tuple[str, ...], latency: float) -> Run:
        """One contestant: all rows, then one in a hundred changed."""
        from sync_crashing import Stub  # noqa: PLC0415 - needs the tests' folder

        stub = Stub(seconds=latency)
        try:
            with tempfile.TemporaryDirectory() as folder:
                self._run(self._me, "--fill", f"{folder}/wh.duckdb", str(self._arguments.sent))
                words = [
                    word.replace("FOLDER", folder).replace("URL", stub.url) for word in command[1:]
                ]
                first = self._run(*words, python=command[0])
                requests, rows = len(stub.batches), len(stub.rows)
                with duckdb.connect(f"{folder}/wh.duckdb") as connection:
                    connection.execute(CHANGE)
                again = self._run(*words, python=command[0])
                repeated = len(stub.batches) - requests
        finally:
            stub.close()
        return Run(
            name, latency, first["seconds"], first["cpu"], first["mb"], requests, rows,
            again["seconds"], repeated,
        )  # fmt: skip

    def _run(self, *words: str, python: str = sys.executable) -> dict[str, Any]:
        done = subprocess.run(  # noqa: S603 - our own scripts, no shell
            [python, *words], capture_output=True, text=True, check=False,
            env={**os.environ, "RUNTIME__DLTHUB_TELEMETRY": "false"},
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"{' '.join(words[:2])} failed:\n{done.stderr[-2000:]}")
        lines = done.stdout.strip().splitlines()
        found: dict[str, Any] = json.loads(lines[-1]) if lines else {}
        return found


def contest(arguments: argparse.Namespace) -> None:
    """Run every contestant in turn, print a table and keep what was asked for."""
    contest_of = Contest(arguments)
    runs = [contest_of.planned()] if arguments.rows else []
    names = contest_of.contestants()
    for latency in LATENCIES:
        for number in range(arguments.rounds):
            order = list(names)[:: 1 if number % 2 == 0 else -1]
            runs += [contest_of.sent(name, names[name], latency) for name in order]
    sys.stdout.write(table(runs) + "\n")
    if arguments.out:
        arguments.out.write_text(json.dumps([run.as_dictionary() for run in runs], indent=1))
    if arguments.chart:
        title = f"{arguments.sent:,} rows in batches of {arguments.batch:,}: seconds"
        arguments.chart.write_text(chart(title, runs))


def main() -> None:
    """Read the command line."""
    verbs: dict[str, Callable[..., None]] = {
        "--fill": fill, "--plan": plan, "--send": send, "--floor": floor,
    }  # fmt: skip
    if sys.argv[1:2] and sys.argv[1] in verbs:
        verbs[sys.argv[1]](*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000, help="Rows to plan; 0: no plan.")
    parser.add_argument("--sent", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-python", help="A Python with dlt, drt-core, duckdb and httpx.")
    parser.add_argument("--out", type=Path, help="Where every run goes as JSON.")
    parser.add_argument("--chart", type=Path, help="Where the bars go as SVG.")
    contest(parser.parse_args())


if __name__ == "__main__":
    main()

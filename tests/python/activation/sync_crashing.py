"""A run in a process of its own, against a stub over HTTP: what a test kills at some moment."""

from __future__ import annotations

import json
import signal
import sys
import threading
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from sync_worlds import World
from warehouse_cdp.activation.protocol import ACKNOWLEDGED
from warehouse_cdp.errors import DestinationUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.activation import Batch, Outcome, Row


@dataclass
class Stub:
    """Keeps rows and every batch that it got; takes its time, so that a kill may fall anywhere."""

    seconds: float = 0.0
    rows: dict[str, Any] = field(default_factory=dict)
    batches: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        stub = self
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    stub.batches.append(body["key"])
                    for row in body["rows"]:
                        if row["operation"] == "remove":
                            stub.rows.pop(row["id"], None)
                        else:
                            stub.rows[row["id"]] = row["values"]
                threading.Event().wait(stub.seconds)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"


@dataclass
class HttpDestination:
    """Sends each batch as one POST."""

    url: str
    place: str = "stub"

    def identity(self) -> str:
        return "stub"

    def remembered_of(self, row: Row) -> Mapping[str, str] | None:
        del row
        return None

    def close(self) -> None:
        """Nothing to let go of."""

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        rows = [
            {"id": row.values["id"], "operation": row.operation, "values": dict(row.values)}
            for row in batch.rows
        ]
        body = json.dumps({"key": batch.idempotency_key, "rows": rows}).encode()
        try:
            request = Request(self.url, data=body, method="POST")  # noqa: S310 - our own stub
            with urlopen(request, timeout=10):  # noqa: S310 - as above
                return {row.key: ACKNOWLEDGED for row in batch.rows}
        except OSError as error:
            message = "the stub is down"
            raise DestinationUnavailableError(message) from error


def main(folder: str, url: str, run: str, batch_rows: str) -> None:
    """Carry out one run as the command line would, signals included."""
    from warehouse_cdp.cli.sync import _stop_signals  # noqa: PLC0415 - what is tested

    world = World.__new__(World)
    world.folder, world.people, world.runs = Path(folder), {}, int(run)
    world.reopen()
    world.config = replace(world.config, batch_rows=int(batch_rows), concurrency=1)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with _stop_signals() as should_stop:
        world.sync(build=False, destination=HttpDestination(url), should_stop=should_stop)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main(*sys.argv[1:])

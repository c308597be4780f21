"""dlt's custom destination sending a DuckDB table to the stub; run in a Python that has dlt.

Usage: send_with_dlt.py WAREHOUSE URL BATCH_ROWS FOLDER. Its pipelines keep their state in FOLDER.
Prints seconds, processor seconds and memory of the pipeline's run without the imports.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def main(warehouse: str, url: str, batch_rows: str, folder: str) -> None:
    """Send the table ``act`` once."""
    import dlt  # noqa: PLC0415 - a peer's
    import duckdb  # noqa: PLC0415
    import httpx  # noqa: PLC0415

    client = httpx.Client(timeout=30)

    @dlt.destination(batch_size=int(batch_rows), name="stub", naming_convention="direct")
    def stub(items: list[dict[str, Any]], table: Any) -> None:  # noqa: ANN401 - dlt's own
        del table
        rows = [{"id": item["customer_id"], "operation": "add", "values": item} for item in items]
        client.post(url, json={"key": "", "rows": rows}).raise_for_status()

    def read() -> Iterator[list[dict[str, Any]]]:
        with duckdb.connect(warehouse, read_only=True) as connection:
            cursor = connection.execute("select customer_id, email, score from act")
            while rows := cursor.fetchmany(10_000):
                yield [
                    dict(zip(("customer_id", "email", "score"), row, strict=True)) for row in rows
                ]

    began, used = time.perf_counter(), time.process_time()
    pipeline = dlt.pipeline("benchmark", destination=stub, pipelines_dir=folder)
    pipeline.run(dlt.resource(read, name="act"))
    took, cpu = time.perf_counter() - began, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = {"name": "dlt", "seconds": round(took, 2), "cpu": round(cpu, 2), "mb": round(memory)}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

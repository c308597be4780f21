"""drt-core sending a DuckDB table to the stub; run in a Python that has drt-core and duckdb.

Usage: send_with_drt.py WAREHOUSE URL BATCH_ROWS FOLDER. Its project, profile and state are in
FOLDER. Prints seconds, processor seconds and memory of ``drt run`` without the imports.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import sys
import time
from pathlib import Path


def main(warehouse: str, url: str, batch_rows: str, folder: str) -> None:
    """Send the table ``act`` once."""
    os.environ |= {"HOME": folder, "DO_NOT_TRACK": "1"}
    from drt.cli.main import app  # noqa: PLC0415 - a peer's

    place = Path(folder)
    for name in (".drt", "syncs"):
        (place / name).mkdir(exist_ok=True)
    profile = {"bench": {"type": "duckdb", "database": warehouse}}
    (place / ".drt/profiles.yml").write_text(json.dumps(profile))  # JSON is YAML
    (place / "drt_project.yml").write_text(json.dumps({"name": "bench", "profile": "bench"}))
    template = (
        '{"key": "", "rows": [{% for row in rows %}{"id": {{ row.customer_id | tojson }}, '
        '"operation": "add", "values": {{ row | tojson }}}{{ "," if not loop.last }}'
        "{% endfor %}]}"
    )
    sync = {
        "name": "stub",
        "model": "select customer_id, email, score from act",
        "destination": {
            "type": "rest_api", "url": url, "body_mode": "batch", "batch_template": template,
            "headers": {"Content-Type": "application/json"},
        },
        "sync": {
            "mode": "full", "batch_size": int(batch_rows), "on_error": "fail",
            "rate_limit": {"requests_per_second": 100_000},
        },
    }  # fmt: skip
    (place / "syncs/stub.yml").write_text(json.dumps(sync))
    os.chdir(place)
    began, used = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        app(["run"], standalone_mode=False)
    took, cpu = time.perf_counter() - began, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = {"name": "drt", "seconds": round(took, 2), "cpu": round(cpu, 2), "mb": round(memory)}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

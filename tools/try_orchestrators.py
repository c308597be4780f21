"""Load the guide's snippets for orchestrators as these load them; print what they make of it.

    python -m venv airflow && airflow/bin/pip install apache-airflow astronomer-cosmos
    airflow/bin/python tools/try_orchestrators.py airflow PROJECT
    python -m venv dagster && dagster/bin/pip install dagster dagster-dbt
    dagster/bin/python tools/try_orchestrators.py dagster PROJECT

PROJECT is a copy of this project with profiles.yml and target/manifest.json (`dbt parse`); it
takes the place of /srv/cdp. Dagster looks for dbt on the PATH. Nothing is built.
"""

from __future__ import annotations

import importlib
import os
import re
import runpy
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

GUIDE = Path(__file__).parents[1] / "docs/guides/postgres.md"


def main(orchestrator: str, project: str) -> int:
    """Load the snippet that imports the orchestrator's package."""
    package = {"airflow": "cosmos", "dagster": "dagster"}[orchestrator]
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (snippet,) = (block for block in blocks if f"from {package} import" in block)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dags" / "cdp.py"
        file.parent.mkdir()
        file.write_text(snippet.replace("/srv/cdp", project))
        os.environ |= {"AIRFLOW_HOME": folder, "DAGSTER_HOME": folder}
        os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
        (_airflow if orchestrator == "airflow" else _dagster)(file)
    return 0


def _airflow(file: Path) -> None:
    program = str(Path(sys.executable).with_name("airflow"))
    subprocess.run([program, "db", "migrate"], check=True, capture_output=True)  # noqa: S603
    bag = importlib.import_module("airflow.dag_processing.dagbag").DagBag(str(file.parent))
    for error in bag.import_errors.values():
        raise RuntimeError(error)
    if not bag.dags:
        message = "Airflow passed the file over"
        raise RuntimeError(message)
    said = ", ".join(f"{name} {version(name)}" for name in ("apache-airflow", "astronomer-cosmos"))
    for name, dag in bag.dags.items():
        print(f"{said}: DAG {name}, {len(dag.tasks)} tasks, at {dag.schedule}")


def _dagster(file: Path) -> None:
    definitions = runpy.run_path(str(file))["definitions"]
    said = ", ".join(f"{name} {version(name)}" for name in ("dagster", "dagster-dbt"))
    graph = definitions.resolve_asset_graph()
    jobs = definitions.resolve_job_def("nightly")
    (schedule,) = definitions.schedules
    print(
        f"{said}: {len(graph.get_all_asset_keys())} assets, job {jobs.name},"
        f" at {schedule.cron_schedule}"
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Load the guide's snippets for orchestrators as these load them; print what they make of it.

    python -m venv airflow && airflow/bin/pip install apache-airflow astronomer-cosmos
    airflow/bin/python tools/try_orchestrators.py airflow PROJECT
    python -m venv dagster && dagster/bin/pip install dagster dagster-dbt
    dagster/bin/python tools/try_orchestrators.py dagster PROJECT

PROJECT is a copy of this project with profiles.yml and target/manifest.json (`dbt parse`); it
takes the place of /srv/cdp. dbt has to be on the PATH. Nothing is
built, but for one model that Airflow runs with a third argument, the model's name.
"""

from __future__ import annotations

import importlib
import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

GUIDE = Path(__file__).parents[1] / "docs/guides/postgres.md"


def main(orchestrator: str, project: str, model: str = "") -> int:
    """Load the snippet that imports the orchestrator's package."""
    package = {"airflow": "cosmos", "dagster": "dagster"}[orchestrator]
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (snippet,) = (block for block in blocks if f"from {package} import" in block)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dags" / "cdp.py"
        file.parent.mkdir()
        program = shutil.which("dbt") or "dbt"
        file.write_text(
            snippet.replace("/srv/cdp/.venv/bin/dbt", program).replace("/srv/cdp", project)
        )
        os.environ |= {"AIRFLOW_HOME": folder, "DAGSTER_HOME": folder}
        os.environ |= {"AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        os.environ |= {"AIRFLOW__CORE__DAGS_FOLDER": str(file.parent)}
        (_airflow if orchestrator == "airflow" else _dagster)(file, model)
    return 0


def _airflow(file: Path, model: str) -> None:
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
        if model:
            command = [program, "tasks", "test", name, f"{model}_run"]
            done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
            counts = re.findall(r"Done\. (PASS=\d+ .*?)(?: \[|\n)", done.stdout + done.stderr)
            print(f"  task {model}_run ended with {done.returncode}: {counts}")


def _dagster(file: Path, _: str) -> None:
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

"""Builds that are killed, or held, at a chosen moment: at named points in a copy of the project.

A plugin of the copy gives DuckDB a function that kills dbt (SIGKILL: nothing is tidied up) or
waits, if the environment names the point; without it the copy builds as ever.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import yaml

from worlds import ROOT, Outcome, Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DBT = "from dbt.cli.main import cli; cli()"
WRITTEN, COMMITTED = "assignments written", "assignments committed"
BETWEEN = "between delete and insert of segment_memberships"
KILLED = -9
PLUGIN = """
import os, pathlib, signal, time
from dbt.adapters.duckdb.plugins import BasePlugin

def point(name: str) -> bool:
    if os.environ.get("KILL_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
    if os.environ.get("HOLD_AT") == name:
        pathlib.Path("held").touch()
        while pathlib.Path("held").exists():
            time.sleep(0.1)
    return True

class Plugin(BasePlugin):
    def configure_connection(self, connection):
        # After an ATTACH that failed, another thread may find the same database still open.
        if connection.execute("from duckdb_functions() where function_name = 'point'").fetchone():
            return
        connection.create_function("point", point, ["VARCHAR"], "BOOLEAN", side_effects=True)
"""
# dbt-duckdb's own statements, with a point between the two.
DELETE_INSERT = """
{% macro duckdb__get_delete_insert_merge_sql(target, source, unique_key, columns, filters) %}
    delete from {{ target }}
    where {{ unique_key }} in (select {{ unique_key }} from {{ source }});
    select point('between delete and insert of {{ target.identifier }}');
    insert into {{ target }} by name (select * from {{ source }})
{% endmacro %}
"""


def add_points(project: Project) -> None:
    """Make the copy stop where it is told to, in every build from now on."""
    (project.folder / "points_plugin.py").write_text(PLUGIN)
    (project.folder / "macros/points.sql").write_text(DELETE_INSERT)
    path = project.folder / "profiles.yml"
    profile = yaml.safe_load(path.read_text())
    profile["warehouse_cdp"]["outputs"]["dev"]["plugins"].append({"module": "points_plugin"})
    path.write_text(yaml.safe_dump(profile))
    path = project.folder / "dbt_project.yml"
    settings = yaml.safe_load(path.read_text())
    settings["models"]["warehouse_cdp"]["identity"]["identity_assignments"] = {
        "+post-hook": [
            {"sql": f"select point('{WRITTEN}')", "transaction": True},
            {"sql": f"select point('{COMMITTED}')", "transaction": False},
        ]
    }
    path.write_text(yaml.safe_dump(settings))


def environment(project: Project, **points: str) -> dict[str, str]:
    """What a run in the copy needs: where its plugin is, and KILL_AT or HOLD_AT."""
    return {"PYTHONPATH": f"{ROOT / 'src'}:{project.folder}", **points}


@contextmanager
def held(project: Project, at: str, arguments: Sequence[str]) -> Iterator[list[Outcome]]:
    """Run dbt until it comes to a point and hold it there; its outcome comes after the block."""
    outcomes: list[Outcome] = []
    marker = project.folder / "held"
    with subprocess.Popen(
        [sys.executable, "-c", DBT, "--no-use-colors", *arguments],
        cwd=project.folder,
        env={**project.environment(), **environment(project, HOLD_AT=at)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            while not marker.exists() and process.poll() is None:
                time.sleep(0.1)
            yield outcomes
        finally:
            marker.unlink(missing_ok=True)
            output, _ = process.communicate()
            outcomes.append(Outcome(process.returncode, output))

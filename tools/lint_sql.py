"""Run sqlfluff with the dbt templater over all SQL, in a warehouse of its own.

The templater compiles through dbt, which opens the warehouse named by the profile; linting must
neither need a profile of the user's nor lock the user's file, so it gets both from a temporary
folder. Usage: ``python tools/lint_sql.py [--fix] [PATH …]``
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SQL_FOLDERS = ("models", "tests/dbt", "analyses")


def main(arguments: list[str]) -> int:
    """Return sqlfluff's exit code: 0 clean, 1 with violations."""
    verb = ["fix"] if "--fix" in arguments else ["lint"]
    paths = [argument for argument in arguments if argument != "--fix"]
    if not paths:
        paths = [folder for folder in SQL_FOLDERS if any((ROOT / folder).rglob("*.sql"))]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "profiles.yml.example", Path(folder) / "profiles.yml")
        environment = {
            **os.environ,
            "DBT_PROFILES_DIR": folder,
            "DBT_TARGET_PATH": f"{folder}/target",
            "DBT_LOG_PATH": f"{folder}/logs",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "CDP_WAREHOUSE_PATH": f"{folder}/lint.duckdb",
            "CDP_STATE_PATH": f"{folder}/lint_state.duckdb",
        }
        command = [sys.executable, "-m", "sqlfluff", *verb, "--disable-progress-bar", *paths]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Run sqlfluff with the dbt templater over all SQL, in a warehouse of its own.

The templater compiles through dbt, which opens the warehouse named by the profile.
Usage: ``python tools/lint_sql.py [--fix] [PATH …]``
"""

from __future__ import annotations

import sys

from scratch import ROOT, run_python, scratch_environment

SQL_FOLDERS = ("models", "tests/dbt", "analyses")


def main(arguments: list[str]) -> int:
    """Return sqlfluff's exit code: 0 clean, 1 with violations."""
    verb = ["fix"] if "--fix" in arguments else ["lint"]
    paths = [argument for argument in arguments if argument != "--fix"]
    if not paths:
        paths = [folder for folder in SQL_FOLDERS if any((ROOT / folder).rglob("*.sql"))]
    command = ["-m", "sqlfluff", *verb, "--disable-progress-bar", "--processes", "2", *paths]
    with scratch_environment() as environment:
        return run_python(*command, environment=environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

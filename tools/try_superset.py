"""Let Apache Superset read customers and a segment as the BI reader; print what it was answered.

    python -m venv superset && superset/bin/pip install apache-superset psycopg2-binary
    superset/bin/python tools/try_superset.py postgresql://cdp_bi@/cdp?host=/path dev

Drives Superset's own REST API in process, as its browser does: a connection, the datasets with
their columns and comments, a chart over each, and the chart that personal data would need.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

CONFIG = """
SECRET_KEY = "of-a-trial-that-ends-with-its-folder"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
"""
ADMIN = {"username": "admin", "password": "trial", "provider": "db"}


class Superset:
    """A Superset in this process, logged in."""

    def __init__(self, client: Any) -> None:
        self._client = client
        token = self._asked("post", "security/login", ADMIN)["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}

    def _asked(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        answer = getattr(self._client, method)(f"/api/v1/{path}", json=body, **options)
        if answer.status_code >= 300:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.get_data(as_text=True)}")
        return answer.get_json()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to a request; RuntimeError with Superset's own words if it is refused."""
        return self._asked(method, path, body, headers=self._headers)

    def chart(self, dataset: int, columns: list[str], metrics: list[Any]) -> list[dict[str, Any]]:
        """The rows of a chart."""
        query = {"columns": columns, "metrics": metrics, "row_limit": 20,
                 "orderby": [[columns[0], True]]}  # fmt: skip
        body = {"datasource": {"id": dataset, "type": "table"}, "queries": [query],
                "result_format": "json", "result_type": "full", "force": True}  # fmt: skip
        rows: list[dict[str, Any]] = self.ask("post", "chart/data", body)["result"][0]["data"]
        return rows


def main(arguments: list[str] | None = None) -> int:
    """Print what Superset sees."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("uri", help="of the database, as the role that reads")
    parser.add_argument("schema", help="prefix of the schemas, such as dev")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "superset_config.py"
        config.write_text(CONFIG.format(folder=folder))
        os.environ |= {"SUPERSET_CONFIG_PATH": str(config), "FLASK_APP": "superset",
                       "SUPERSET_HOME": folder}  # fmt: skip
        for command in (
            ("db", "upgrade"),
            ("fab", "create-admin", "--username", "admin", "--firstname", "a", "--lastname", "b",
             "--email", "admin@example.com", "--password", ADMIN["password"]),
            ("init",),
        ):  # fmt: skip
            program = Path(sys.executable).with_name("superset")
            done = subprocess.run([str(program), *command], capture_output=True, text=True)
            if done.returncode:
                print(done.stdout[-2000:], done.stderr[-4000:])
                return 1
        from superset.app import create_app

        with create_app().test_client() as client:
            look(Superset(client), chosen.uri, chosen.schema)
    return 0


def look(superset: Superset, uri: str, prefix: str) -> None:
    """What somebody who makes a dashboard does."""
    print(f"Superset {version('apache-superset')}, Python {sys.version.split()[0]}")
    body = {"database_name": "cdp", "sqlalchemy_uri": uri, "expose_in_sqllab": True}
    database = superset.ask("post", "database/", body)["id"]
    schemas = superset.ask("get", f"database/{database}/schemas/")["result"]
    print("schemas:", ", ".join(sorted(name for name in schemas if name.startswith(prefix))))
    found = {}
    for schema, table in (("marts", "customers"), ("segments", "seg_high_value")):
        body = {"database": database, "schema": f"{prefix}_{schema}", "table_name": table}
        number = superset.ask("post", "dataset/", body)["id"]
        columns = superset.ask("get", f"dataset/{number}")["result"]["columns"]
        said = sum(bool(column["description"]) for column in columns)
        print(f"dataset {schema}.{table}: {len(columns)} columns, {said} with a comment")
        found[table] = number
    count = [{"label": "customers", "expressionType": "SQL", "sqlExpression": "count(*)"}]
    by_stage = superset.chart(found["customers"], ["lifecycle_stage"], count)
    print("customers by lifecycle stage:", json.dumps(by_stage))
    by_day = superset.chart(found["seg_high_value"], ["customer_id"], count)
    print(f"seg_high_value: {len(by_day)} rows (at most 20 were asked for)")
    try:
        superset.chart(found["customers"], ["email"], count)
    except RuntimeError as error:
        print("a chart over customers.email:", json.loads(str(error).partition(" 4")[2][3:])
              if False else str(error)[:300])
    else:
        print("a chart over customers.email: was answered")


if __name__ == "__main__":
    sys.exit(main())

"""Let Apache Superset read customers and a segment as the BI reader; print what it was answered.

    python -m venv superset
    superset/bin/pip install apache-superset psycopg2-binary rich cachetools 'flask-caching<2.4'
    superset/bin/python tools/try_superset.py postgresql://cdp_bi@/cdp?host=/path dev

(The last three are what Superset 6.1 imports without asking for it, or not for so old a version.)
Drives Superset's own REST API in process, as its browser does: a connection, two datasets with
their columns and comments, a chart over each, and what a reader must not see. Superset keeps its
own tables in the folder superset_trial, which may be deleted.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path("superset_trial").resolve()
CONFIG = f"""
SECRET_KEY = "of a trial that nobody else can reach"
SQLALCHEMY_DATABASE_URI = "sqlite:///{FOLDER}/superset.db"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
"""
LOGIN = {"username": "admin", "password": "trial", "provider": "db"}
SET_UP = (
    "db upgrade",
    "fab create-admin --username admin --password trial --email a@b.c --firstname a --lastname b",
    "init",
)
COUNT = {"label": "customers", "expressionType": "SQL", "sqlExpression": "count(*)"}
FIRST_ERROR = 400


class RefusedError(Exception):
    """Superset's own words about a request that it did not carry out."""


class Superset:
    """A Superset in this process, logged in."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - Flask is Superset's, not ours
        self._client = client
        self._headers: dict[str, str] = {}
        token = self.ask("post", "api/v1/security/login", LOGIN)["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """The answer to a request.

        Raises:
            RefusedError: it is none.
        """
        answer = getattr(self._client, method)(f"/{path}", json=body, headers=self._headers)
        if answer.status_code >= FIRST_ERROR:
            raise RefusedError(answer.get_data(as_text=True).strip().replace("\\n", " ")[:160])
        return answer.get_json()

    def chart(self, dataset: int, column: str) -> list[dict[str, Any]]:
        """The rows of a chart that counts by a column."""
        query = {"columns": [column], "metrics": [COUNT], "orderby": [[column, True]]}
        body = {"datasource": {"id": dataset, "type": "table"}, "queries": [query], "force": True}
        rows: list[dict[str, Any]] = self.ask("post", "api/v1/chart/data", body)["result"][0][
            "data"
        ]
        return rows

    def samples(self, dataset: int) -> list[dict[str, Any]]:
        """The first rows, all columns of the dataset, as the tab under a chart shows them."""
        body = {"datasource": {"id": dataset, "type": "table"}, "queries": [{}],
                "result_type": "samples", "force": True}  # fmt: skip
        rows: list[dict[str, Any]] = self.ask("post", "api/v1/chart/data", body)["result"][0][
            "data"
        ]
        return rows


def main(uri: str, prefix: str) -> int:
    """Print what Superset sees of the database as the role of the URI."""
    FOLDER.mkdir(exist_ok=True)
    config = FOLDER / "superset_config.py"
    config.write_text(CONFIG)
    os.environ |= {"SUPERSET_CONFIG_PATH": str(config), "FLASK_APP": "superset"}
    program = str(Path(sys.executable).with_name("superset"))
    for command in SET_UP:
        subprocess.run([program, *command.split()], check=True, capture_output=True)  # noqa: S603
    application = importlib.import_module("superset.app").create_app()
    with application.test_client() as client:
        look(Superset(client), uri, prefix)
    return 0


def look(superset: Superset, uri: str, prefix: str) -> None:
    """What somebody who makes a dashboard does."""
    print(f"Superset {version('apache-superset')}, Python {sys.version.split()[0]}")
    known = superset.ask("get", "api/v1/database/")["result"]
    for one in known:
        for dataset in superset.ask("get", "api/v1/dataset/")["result"]:
            superset.ask("delete", f"api/v1/dataset/{dataset['id']}")
        superset.ask("delete", f"api/v1/database/{one['id']}")
    body = {"database_name": "cdp", "sqlalchemy_uri": uri}
    database = superset.ask("post", "api/v1/database/", body)["id"]
    for schema, table, column in (
        ("marts", "customers", "lifecycle_stage"),
        ("segments", "seg_high_value", "customer_id"),
    ):
        body = {"database": database, "schema": f"{prefix}_{schema}", "table_name": table}
        dataset = superset.ask("post", "api/v1/dataset/", body)["id"]
        columns = superset.ask("get", f"api/v1/dataset/{dataset}")["result"]["columns"]
        said = sum(bool(one["description"]) for one in columns)
        print(f"{schema}.{table}: {len(columns)} columns, {said} with their comment")
        rows = superset.chart(dataset, column)
        shown = json.dumps(rows) if column != "customer_id" else f"{len(rows)} rows"
        print(f"  chart by {column}: {shown}")
        if table == "customers":
            tried("  chart by email", partial(superset.chart, dataset, "email"))
            tried("  its sample rows", partial(superset.samples, dataset))
            readable = columns_of(uri, f"{prefix}_{schema}", table)
            hidden = [one for one in columns if one["column_name"] not in readable]
            for one in hidden:
                superset.ask("delete", f"api/v1/dataset/{dataset}/column/{one['id']}")
            print(f"  {len(hidden)} columns that the role may not read taken off the dataset")
        tried("  its sample rows", partial(superset.samples, dataset))


def tried(what: str, attempt: Callable[[], list[dict[str, Any]]]) -> None:
    """Print how many rows came, or that none were given."""
    try:
        print(f"{what}: {len(attempt())} rows")
    except RefusedError as error:
        print(f"{what}: refused: {error}")


def columns_of(uri: str, schema: str, table: str) -> set[str]:
    """The columns that the role of the URI reads: others are not in its information schema."""
    engine = importlib.import_module("sqlalchemy").create_engine(uri)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "select column_name from information_schema.columns"
            " where table_schema = %s and table_name = %s",
            (schema, table),
        )
        return {name for (name,) in found}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""``cdp query``."""

from __future__ import annotations

from typing import Annotated

import duckdb
import psycopg2
import typer

from warehouse_cdp.cli.console import columns, say, say_json
from warehouse_cdp.cli.demo import demo_environment
from warehouse_cdp.cli.frame import (
    HERE,
    DemoOption,
    JsonOption,
    ProjectOption,
    TargetOption,
    app,
    examples,
)
from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.warehouse.connection import QUERY_ERRORS, open_any_warehouse, quoted
from warehouse_cdp.warehouse.profile import Target, load_any_target

_MAX_ROWS = 1_000
# Errors that quote the query; others may quote a value of the data.
_ABOUT_THE_TEXT = (
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    psycopg2.ProgrammingError,
)


@app.command(
    epilog=examples(
        'cdp query "select lifecycle_stage, count(*) from dev_marts.customers group by 1"'
    )
)
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One select.")],
    *,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    demo: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show the rows of a query on the warehouse, opened read-only with its state.

    The one verb that shows what is in the tables, personal data included.
    """
    with demo_environment(project_dir, wanted=demo, target=target):
        chosen = load_any_target(project_dir, target)
        with open_any_warehouse(chosen) as connection:
            if isinstance(chosen, Target):
                connection.execute(f"use {quoted(chosen.database)}")
            try:
                cursor = connection.execute(sql)
                names = [column[0] for column in cursor.description or ()]
                rows = cursor.fetchmany(_MAX_ROWS + 1)
            except QUERY_ERRORS as error:
                said = str(error).splitlines()[0] if isinstance(error, _ABOUT_THE_TEXT) else ""
                message = f"the query cannot be run ({type(error).__name__}) {said}".rstrip()
                raise ConfigurationError(message) from None
    shown = [["" if value is None else str(value) for value in row] for row in rows[:_MAX_ROWS]]
    if as_json:
        say_json([dict(zip(names, row, strict=True)) for row in rows[:_MAX_ROWS]])
        return
    for line in columns([tuple(names), *(tuple(row) for row in shown)] if names else [], indent=0):
        say(line)
    if len(rows) > _MAX_ROWS:
        say(f"… more than {_MAX_ROWS} rows: add a limit")

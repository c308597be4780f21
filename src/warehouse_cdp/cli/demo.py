"""``cdp demo``: the sample through every layer to synced segments, in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse_cdp.cli.console import note, progress, say, thousands
from warehouse_cdp.cli.demo_server import demo_database
from warehouse_cdp.cli.frame import (
    COMMITTED_SAMPLE,
    HERE,
    ProjectOption,
    TargetOption,
    app,
    examples,
)
from warehouse_cdp.cli.sample import sample_facts
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.privacy import DEMO_KEY
from warehouse_cdp.warehouse.dbt_runs import run_dbt
from warehouse_cdp.warehouse.postgres import PostgresTarget
from warehouse_cdp.warehouse.profile import load_any_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from warehouse_cdp.warehouse.profile import AnyTarget

DEMO_FOLDER = Path("demo")


@app.command(epilog=examples("cdp demo", "cdp demo --target postgres", "cdp summary --demo"))
def demo(*, target: TargetOption = None, project_dir: ProjectOption = HERE) -> None:
    """Load the sample, build every model, run the syncs and show what came of it.

    Everything is written to the folder demo/, which is made anew; your own warehouse, state and
    profile are not touched. With --target postgres the warehouse is a database cdp_demo: on the
    server that CDP_POSTGRES_HOST and the variables beside it name, else on one of the demo's own.
    """
    from warehouse_cdp.cli.summary import load, screen  # noqa: PLC0415 - it imports this module

    sample_folder = project_dir / COMMITTED_SAMPLE
    facts = sample_facts(sample_folder)
    started = time.monotonic()
    _clear(project_dir)
    with demo_environment(project_dir, wanted=True, target=target, anew=True):
        chosen = load_any_target(project_dir, target)
        _step("load sample", lambda: _load(sample_folder, chosen))
        _step("dbt build", lambda: _build(project_dir, chosen.name, str(facts["as_of"])[:19]))
        _step("sync", lambda: _sync(chosen, project_dir / DEMO_FOLDER))
        overview, measured = load(chosen, sample_folder)
    for line in screen(chosen, overview, measured, is_demo=True):
        say(line)
    say()
    say(f"done in {time.monotonic() - started:.0f} s; all of it is in {project_dir / DEMO_FOLDER}/")


@contextmanager
def demo_environment(
    project_folder: Path, *, wanted: bool, target: str | None = None, anew: bool = False
) -> Iterator[None]:
    """Point everything at the demo's own profile, warehouse, state and artifacts while it lasts.

    Where its target is a Postgres one the database's server runs meanwhile; ``anew`` makes the
    database again.
    """
    if not wanted:
        yield
        return
    folder = (project_folder / DEMO_FOLDER).resolve()
    if not folder.is_dir():
        message = f"{folder} does not exist: run `cdp demo` first"
        raise InputDataError(message)
    before = dict(os.environ)
    os.environ.pop("DBT_TARGET", None)
    os.environ.update(
        {
            "CDP_WAREHOUSE_PATH": str(folder / "demo.duckdb"),
            "CDP_STATE_PATH": str(folder / "demo_state.duckdb"),
            "CDP_HASH_KEY": DEMO_KEY,
            "DBT_PROFILES_DIR": str(folder),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            # For its file dbt makes a line of every event, written or not; ours has its output.
            "DBT_LOG_LEVEL_FILE": "none",
        }
    )
    try:
        with ExitStack() as stack:
            # Without a target it is the profile's own, which is on DuckDB.
            if target and isinstance(load_any_target(project_folder, target), PostgresTarget):
                os.environ.update(stack.enter_context(demo_database(folder, anew=anew)))
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _clear(project_folder: Path) -> None:
    """Make the folder anew; what dbt parsed stays, since parsing again costs seconds."""
    folder = project_folder / DEMO_FOLDER
    folder.mkdir(exist_ok=True)
    for pattern in ("*.duckdb", "*.duckdb.wal"):
        for path in folder.glob(pattern):
            path.unlink()
    shutil.rmtree(folder / "out", ignore_errors=True)
    shutil.copyfile(project_folder / "profiles.yml.example", folder / "profiles.yml")


def _step(name: str, run: Callable[[], str]) -> None:
    started = time.monotonic()
    said = run()
    note(f"{name.ljust(12)} {said.ljust(50)} {time.monotonic() - started:6.1f} s")


def _load(sample_folder: Path, target: AnyTarget) -> str:
    from warehouse_cdp.warehouse.sample_loading import (  # noqa: PLC0415 - pandas costs a second
        load_sample_into,
    )

    with progress("load sample") as show:
        counts = load_sample_into(sample_folder, target, show)
    return f"{len(counts)} raw tables, {thousands(sum(counts.values()))} rows"


def _build(project_folder: Path, target_name: str, as_of: str) -> str:
    """Run dbt as a user would, and show how far it is.

    Raises:
        InputDataError: it failed; the message names the nodes and the log, not their output,
            which may quote data.
    """
    # Unit tests check the code, not the data: `make test` runs them.
    arguments = (
        "build",
        *("--target", target_name),
        *("--vars", json.dumps({"as_of": as_of})),
        *("--exclude-resource-type", "unit_test"),
    )
    log = Path(os.environ["DBT_LOG_PATH"]) / "dbt.log"
    with progress("dbt build") as show:
        return run_dbt(project_folder, arguments, os.environ, log, show)


def _sync(target: AnyTarget, folder: Path) -> str:
    from warehouse_cdp.warehouse.syncs import (  # noqa: PLC0415 - pandas costs a second
        SyncRequest,
        run_syncs,
    )

    with progress("sync") as show:
        results = run_syncs(
            target,
            SyncRequest(output_folder=folder.resolve()),
            show,
        )
    for result in results:
        if result.error is not None:
            raise result.error
    sent = sum(result.report.plan.counts.added for result in results if result.report is not None)
    return f"{len(results)} syncs, {thousands(sent)} rows sent to {DEMO_FOLDER}/out"

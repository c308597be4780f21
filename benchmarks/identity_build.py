"""What a nightly build of identity costs: in full, with one record in a hundred changed, and none.

    python benchmarks/identity_build.py [--people 20000] [--changed 0.01] [--work DIR] [--json]

Loads a generated retailer, builds it once (which trains the match model), and then builds identity
alone, three times each in turn: with ``--full-refresh``, after a share of the person records
changed (a third each new, edited and gone), and with nothing changed. Printed are processor seconds
(all threads, medians) of every model as dbt runs it, its materialisation included, and their sum;
what dbt itself takes to start and to parse is in none of them. After each build with changes a full
one follows: tables that differ end the benchmark with code 1.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from dbt.cli.main import dbtRunner

from pipeline_runs import BUILD, Settings, copy_project, load_raw, run_dbt

if TYPE_CHECKING:
    from collections.abc import Sequence

SELECTED = ("--select", "int_build_context", "path:models/identity", "path:python_models/identity")
FULL, CHANGED, SAME = "full", "changed", "nothing changed"
COMPARED = (
    "identity_records",
    "identity_identifiers",
    "identity_bad_values",
    "identity_links",
    "identity_pair_counts",
    "identity_link_trees",
    "identity_map",
    "identity_visitors",
    "identity_quality",
)
"""Tables that must be the same whether a build is full or goes on from the last one."""


class Costs:
    """Processor seconds of each model, from the events of a run on one thread."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._started: dict[str, float] = {}

    def __call__(self, event: Any) -> None:  # noqa: ANN401 - dbt's events have no common type
        """Take the time where a node begins and ends."""
        if event.info.name not in ("NodeStart", "NodeFinished"):
            return
        name = event.data.node_info.node_name
        if event.info.name == "NodeStart":
            self._started[name] = time.process_time()
        else:
            self.seconds[name] = time.process_time() - self._started[name]


def build(folder: Path, as_of: str, *more: str) -> dict[str, float]:
    """Build the models of identity in this process; processor seconds by model.

    Raises:
        RuntimeError: dbt failed; its output is in ``logs/dbt.log`` of the folder.
    """
    costs = Costs()
    arguments = ["--quiet", "run", *SELECTED, *more, "--project-dir", str(folder)]
    arguments += ["--profiles-dir", str(folder), "--threads", "1", "--vars"]
    result = dbtRunner(callbacks=[costs]).invoke([*arguments, json.dumps({"as_of": as_of})])
    if not result.success:
        message = f"dbt failed: see {folder / 'logs/dbt.log'}"
        raise RuntimeError(message)
    return costs.seconds


def change(folder: Path, share: float, step: int) -> int:
    """Remove, edit and copy a third of a share of the person records each; how many records."""
    with duckdb.connect(str(folder / "cdp.duckdb")) as connection:
        (count,) = connection.execute(
            "select count(*) from dev_intermediate.int_persons_unioned"
        ).fetchall()[0]
        third = max(round(count * share / 3), 1)
        connection.execute(
            "create temp table chosen as select record_id, "
            "'step' || $2 || ':' || record_id as new_id, "
            "(row_number() over (order by md5(record_id || $2)) - 1) // $1 as part "
            "from dev_intermediate.int_persons_unioned qualify part < 3",
            [third, str(step)],
        )
        for table in ("int_persons_unioned", "int_identifiers_received"):
            name = f"dev_intermediate.{table}"
            gone = "record_id in (select record_id from chosen where part = 0)"
            connection.execute(f"delete from {name} where {gone}")
            connection.execute(
                f"insert into {name} by name select records.* replace (chosen.new_id as record_id) "
                f"from {name} as records join chosen using (record_id) where part = 2"
            )
        connection.execute(
            "update dev_intermediate.int_persons_unioned set "
            "city = 'Moved to ' || coalesce(city, ''), "
            "given_name = coalesce(given_name, '') || ' ' || $1 "
            "where record_id in (select record_id from chosen where part = 1)",
            [("Ada", "Ben", "Cleo", "Dan", "Eve")[step % 5]],
        )
    return 3 * int(third)


def tables(folder: Path) -> dict[str, str]:
    """A digest of each compared table, whatever the order of its rows."""
    found = {}
    with duckdb.connect(str(folder / "cdp.duckdb")) as connection:
        connection.execute(f"attach if not exists '{folder / 'cdp_state.duckdb'}' as cdp_state")
        for name in COMPARED:
            left_out = "exclude (run_id, assigned_at)" if name == "identity_map" else ""
            (digest,) = connection.execute(
                f"select md5(coalesce(string_agg(said, '|' order by said), '')) from (select "
                f"cast(to_json(shown) as varchar) as said from (select * {left_out} from "
                f"dev_identity.{name}) as shown)"
            ).fetchall()[0]
            found[name] = digest
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, compare; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--changed", type=float, default=0.01, help="share of the records")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("identity_build"))
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    work: Path = chosen.work.resolve()
    sample = work / f"sample{chosen.people}"
    if not sample.exists():
        make = [
            "sample",
            "--out",
            str(sample),
            "--people",
            str(chosen.people),
            "--format",
            "parquet",
        ]
        subprocess.run([sys.executable, "-m", "warehouse_cdp", *make], check=True)  # noqa: S603
    as_of = json.loads((sample / "sample.json").read_text(encoding="utf-8"))["as_of"][:19]
    settings = Settings(2, "6GB", as_of.replace("T", " "))
    folder = copy_project(work / "project", settings, with_identity=True)
    load_raw(folder, sample)
    wanted = [f"+{one}" for one in SELECTED[1:]]
    first = run_dbt(folder, settings, (*BUILD, "--select", *wanted))
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    os.chdir(folder)
    runs: dict[str, list[dict[str, float]]] = {FULL: [], CHANGED: [], SAME: []}
    differing: set[str] = set()
    for step in range(chosen.rounds):
        runs[SAME].append(build(folder, settings.as_of))
        count = change(folder, chosen.changed, step)
        runs[CHANGED].append(build(folder, settings.as_of))
        found = tables(folder)
        runs[FULL].append(build(folder, settings.as_of, "--full-refresh"))
        again = tables(folder)
        differing |= {name for name in COMPARED if found[name] != again[name]}
    names = sorted({name for run in runs[FULL] for name in run})
    report: dict[str, Any] = {
        "people": chosen.people,
        "changed_records": count,
        "first_build_with_all_before": round(first.cpu_seconds, 1),
        "models": {
            name: {
                kind: round(statistics.median(run[name] for run in runs[kind]), 3) for kind in runs
            }
            for name in names
        },
        "sum": {
            kind: round(statistics.median(sum(run.values()) for run in runs[kind]), 2)
            for kind in runs
        },
        "differing": sorted(differing),
    }
    report["ratio"] = {
        kind: round(report["sum"][kind] / report["sum"][FULL], 3) for kind in (CHANGED, SAME)
    }
    if chosen.json:
        print(json.dumps(report, indent=2))
    else:
        show(report)
    return 1 if differing else 0


def show(report: dict[str, Any]) -> None:
    """Print the report as a table."""
    kinds = (FULL, CHANGED, SAME)
    print(f"{'processor seconds':28}" + "".join(f"{kind:>18}" for kind in kinds))
    for name, seconds in {**report["models"], "sum": report["sum"]}.items():
        print(f"{name:28}" + "".join(f"{seconds[kind]:18.3f}" for kind in kinds))
    print(
        f"{'of a full run':28}{'':18}" + "".join(f"{report['ratio'][k]:18.3f}" for k in kinds[1:])
    )
    told = ", ".join(report["differing"]) or "none"
    print(
        f"{report['changed_records']:,} records changed; tables that differ from a full run: {told}"
    )


if __name__ == "__main__":
    sys.exit(main())

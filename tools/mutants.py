"""Break the project on purpose: each patch of tests/mutants must turn the test it names red.

Usage: ``python tools/mutants.py [--list] [--cheap] [--no-baseline] [NAME …]``

A patch begins with a header and is applied to a copy of the checkout::

    Mutant: what is broken
    Killed-by: pytest tests/python/linkage/test_clusters.py::test_a_chain_is_one_customer
    Cost: cheap

``Killed-by`` is ``pytest <node>``, or ``dbt <name of a unit or data test>``; the latter runs in a
small world that is built once, after rebuilding the models that ``Rebuild`` selects. An error is
no kill: the named test itself has to fail. Before, all named tests must pass unbroken.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scratch import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

MUTANTS = ROOT / "tests/mutants"
HEADERS = ("Mutant", "Killed-by", "Rebuild", "Cost")
DBT = "from dbt.cli.main import cli; cli()"
WORLD_FILES = ("cdp.duckdb", "cdp_state.duckdb", "profiles.yml")
KILLED, SURVIVED, BROKEN = "killed", "SURVIVED", "BROKEN"


@dataclass(frozen=True)
class Mutant:
    """One patch: what it breaks, the test that must notice, and how to run that test."""

    path: Path
    title: str
    runner: str
    test: str
    rebuild: str
    is_cheap: bool

    @property
    def name(self) -> str:
        """The patch without its suffix."""
        return self.path.stem


def read_mutant(path: Path) -> Mutant:
    """Read a patch's header; raises ``ValueError`` naming the patch and what is wrong with it."""
    header = path.read_text(encoding="utf-8").partition("\ndiff --git ")[0]
    fields = dict(line.split(": ", 1) for line in header.splitlines() if ": " in line)
    unknown = sorted(set(fields) - set(HEADERS))
    runner, _, test = fields.get("Killed-by", "").partition(" ")
    if unknown or not fields.get("Mutant") or runner not in ("pytest", "dbt") or not test:
        msg = f"{path.name}: header needs Mutant and Killed-by (pytest or dbt); unknown: {unknown}"
        raise ValueError(msg)
    cheap = fields.get("Cost", "") == "cheap"
    return Mutant(path, fields["Mutant"], runner, test, fields.get("Rebuild", ""), cheap)


def all_mutants() -> list[Mutant]:
    """Every patch, in the order of names."""
    return [read_mutant(path) for path in sorted(MUTANTS.glob("*.patch"))]


def copy_checkout(folder: Path) -> None:
    """Copy what git would commit: tracked files and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],  # noqa: S607 - git of the PATH
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def apply_patch(mutant: Mutant, folder: Path, *, check_only: bool = False) -> str:
    """Apply a patch in ``folder``; returns git's complaint, empty when it applies."""
    command = ["git", "apply", *(["--check"] if check_only else []), str(mutant.path)]
    # Without a repository above, git apply patches plain files.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(  # noqa: S603 - our own patch
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.stderr.strip()


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(folder / "src"),
        "DBT_PROFILES_DIR": str(folder),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(  # noqa: S603 - ours
        command, cwd=folder, env=_environment(folder), capture_output=True, text=True, check=False
    )


def run_pytest(folder: Path, nodes: Sequence[str]) -> dict[str, str]:
    """Run tests in ``folder``; how each named one ended: passed, failed or error."""
    report = folder / "mutants.xml"
    quiet = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    _python(folder, "-m", "pytest", *quiet, f"--junitxml={report}", *nodes)
    ended = dict.fromkeys(nodes, "error")
    if not report.is_file():
        return ended
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own report
        path = case.get("classname", "").replace(".", "/") + ".py"
        node = f"{path}::{case.get('name', '')}"
        result = {child.tag for child in case}
        outcome = (
            "error" if "error" in result
            else "failed" if "failure" in result
            else "skipped" if "skipped" in result
            else "passed"
        )  # fmt: skip
        for name in nodes:
            # A node may name a parametrised test: it fails if one of its cases does.
            if name == node or node.startswith(f"{name}["):
                ended[name] = outcome if ended[name] in ("error", "passed") else ended[name]
    return ended


def run_dbt_tests(folder: Path, names: Sequence[str], rebuild: str = "") -> dict[str, str]:
    """Rebuild models in ``folder``, run dbt tests, and say how each ended."""
    if rebuild:
        command = ("-c", DBT, "--quiet", "build", "--resource-type", "model", "--select")
        built = _python(folder, *command, *rebuild.split(), *_clock(folder))
        if built.returncode != 0:
            return dict.fromkeys(names, "error")
    _python(folder, "-c", DBT, "--quiet", "test", "--select", *names, *_clock(folder))
    results = folder / "target/run_results.json"
    ended = dict.fromkeys(names, "error")
    if results.is_file():
        for result in json.loads(results.read_text(encoding="utf-8"))["results"]:
            name = result["unique_id"].split(".")[-1]
            if name in ended:
                status = result["status"]
                ended[name] = {"pass": "passed", "fail": "failed"}.get(status, "error")
    return ended


def _clock(folder: Path) -> tuple[str, str]:
    as_of = json.loads((folder / "sample/sample.json").read_text(encoding="utf-8"))["as_of"]
    return "--vars", json.dumps({"as_of": as_of.replace("T", " ").rstrip("Z")})


def build_world(folder: Path, people: int = 150) -> None:
    """Load and build a small company in a copy of the checkout.

    Raises ``RuntimeError`` with the end of what was printed if a step fails.
    """
    copy_checkout(folder)
    shutil.copy(folder / "profiles.yml.example", folder / "profiles.yml")
    cdp = ("-m", "warehouse_cdp")
    made = ("sample", "--people", str(people), "--seed", "7", "--out", "sample")
    steps = [(*cdp, *made), (*cdp, "load-sample", "--from", "sample")]
    build = ("-c", DBT, "--quiet", "build", "--resource-type", "seed", "--resource-type", "model")
    for step in steps:
        _must(folder, *step)
    _must(folder, *build, *_clock(folder))


def _must(folder: Path, *arguments: str) -> None:
    done = _python(folder, *arguments)
    if done.returncode != 0:
        msg = f"{' '.join(arguments[:4])} failed:\n{(done.stdout + done.stderr)[-2000:]}"
        raise RuntimeError(msg)


def verdict(mutant: Mutant, world: Path | None) -> str:
    """Apply one mutant to a fresh copy and run its test: killed, SURVIVED or BROKEN (and why)."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        copy_checkout(folder)
        if mutant.runner == "dbt" and world is not None:
            for file in WORLD_FILES:
                shutil.copy(world / file, folder / file)
            shutil.copytree(world / "sample", folder / "sample")
            shutil.copytree(world / "target", folder / "target")
        if complaint := apply_patch(mutant, folder):
            return f"{BROKEN}: {complaint}"
        if mutant.runner == "pytest":
            ended = run_pytest(folder, [mutant.test])[mutant.test]
        else:
            ended = run_dbt_tests(folder, [mutant.test], mutant.rebuild)[mutant.test]
    outcomes = {"failed": KILLED, "passed": SURVIVED}
    return outcomes.get(ended, f"{BROKEN}: the test ended as {ended}")


def baseline(mutants: Sequence[Mutant], world: Path | None) -> list[str]:
    """The named tests that are red, or no tests at all, without any mutant."""
    ended: dict[str, str] = {}
    nodes = sorted({mutant.test for mutant in mutants if mutant.runner == "pytest"})
    names = sorted({mutant.test for mutant in mutants if mutant.runner == "dbt"})
    if nodes:
        with tempfile.TemporaryDirectory(prefix="mutant-") as name:
            copy_checkout(Path(name))
            ended |= run_pytest(Path(name), nodes)
    if names and world is not None:
        ended |= run_dbt_tests(world, names)
    return [f"{test} ended as {how}" for test, how in ended.items() if how != "passed"]


def run(mutants: Sequence[Mutant], *, check_baseline: bool) -> int:
    """Run mutants two at a time and print a table; returns 1 if one was not killed."""
    with tempfile.TemporaryDirectory(prefix="mutants-world-") as name:
        world = Path(name) if any(mutant.runner == "dbt" for mutant in mutants) else None
        if world is not None:
            print("building the small world …", flush=True)
            build_world(world)
        if check_baseline:
            print("running the named tests unbroken …", flush=True)
            if red := baseline(mutants, world):
                print("red without a mutant:", *red, sep="\n  ")
                return 1

        def timed(mutant: Mutant) -> tuple[Mutant, str, float]:
            start = time.monotonic()
            return mutant, verdict(mutant, world), time.monotonic() - start

        bad = 0
        with ThreadPoolExecutor(2) as pool:
            for done, (mutant, found, seconds) in enumerate(pool.map(timed, mutants), 1):
                bad += found != KILLED
                print(
                    f"{done:>3}/{len(mutants)} {found:<9} {seconds:>4.0f} s  {mutant.title}"
                    f"  <- {mutant.test.rpartition('::')[2]}",
                    flush=True,
                )
    print(f"{len(mutants) - bad} of {len(mutants)} mutants killed")
    return 1 if bad else 0


def main(arguments: Sequence[str]) -> int:
    """Return 0 when every chosen mutant was killed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="patches to run; default all")
    parser.add_argument("--list", action="store_true", help="say what there is and run nothing")
    parser.add_argument("--cheap", action="store_true", help="only those that make test runs")
    parser.add_argument("--no-baseline", action="store_true", help="trust the named tests")
    options = parser.parse_args(arguments)
    mutants = all_mutants()
    unknown = sorted(set(options.names) - {mutant.name for mutant in mutants})
    if unknown:
        known = ", ".join(mutant.name for mutant in mutants)
        parser.error(f"no such mutant: {', '.join(unknown)}; there are: {known}")
    chosen = [
        mutant
        for mutant in mutants
        if (not options.names or mutant.name in options.names)
        and (mutant.is_cheap or not options.cheap)
    ]
    if options.list:
        print(*(f"{mutant.name}: {mutant.title} <- {mutant.test}" for mutant in chosen), sep="\n")
        return 0
    return run(chosen, check_baseline=not options.no_baseline)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

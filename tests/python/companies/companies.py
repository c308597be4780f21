"""Somebody else's company: a copy of the project that differs only where a user may change it.

A user touches the variables, the declared sources and files of their own under ``models/staging``.
The functions here change nothing else, and ``differences`` proves it of a finished copy.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import yaml

from worlds import PROJECT_PARTS, ROOT, Outcome, Project

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

STAGING = "models/staging/"
SOURCES_FILE = "__sources.yml"
# Models with the tests that look across layers. Those of single columns see the same SQL in every
# company, so one company builds with them.
MODELS_AND_INTEGRITY = (
    "--select",
    "resource_type:seed",
    "resource_type:model",
    "path:tests/dbt",
    "--exclude-resource-type",
    "unit_test",
)
MEMBERS = "select segment_name, customer_id from dev_audiences.segment_members"
Sources = dict[str, list[str]]


def add_file(project: Project, path: str, text: str) -> None:
    """A new file of the company, or another version of a declaration of sources."""
    target = project.folder / path
    assert path.startswith(STAGING), path
    assert path.endswith(SOURCES_FILE) or not target.exists(), path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def overlay(project: Project, folder: Path) -> None:
    """The company's own files, laid out as in the project."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            add_file(project, path.relative_to(folder).as_posix(), path.read_text())


def set_variables(project: Project, sources: Sources, as_of: str, **others: str) -> None:
    """Var ``sources``, the clock and others; the rest of dbt_project.yml stays, to the byte."""
    texts = {"as_of": as_of, **others}
    before, variables, after = split_variables((project.folder / "dbt_project.yml").read_text())
    kept: list[str] = []
    within = False
    for line in variables:
        indented = line.startswith("   ") or not line.strip()
        within = line.startswith("  sources:") or (within and indented)
        name = line.strip().partition(":")[0]
        if line.startswith(f"  {name}:") and name in texts:
            kept.append(f'  {name}: "{texts.pop(name)}"')
        elif not within:
            kept.append(line)
    listed = yaml.safe_dump({"sources": sources}, sort_keys=False).splitlines()
    kept += [f"  {line}" for line in listed]
    assert not texts, f"no such variable: {', '.join(texts)}"
    (project.folder / "dbt_project.yml").write_text("\n".join([*before, *kept, *after]) + "\n")


def split_variables(text: str) -> tuple[list[str], list[str], list[str]]:
    """The lines of dbt_project.yml before the block ``vars``, in it, and after it."""
    lines = text.splitlines()
    start = lines.index("vars:")
    inside = lines[start + 1 :]
    length = next(
        number for number, line in enumerate(inside) if line and not line.startswith((" ", "#"))
    )
    return lines[: start + 1], inside[:length], inside[length:]


def shipped_sources() -> Sources:
    """Var ``sources`` as the project ships it."""
    shipped = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]["sources"]
    return {entity: list(models) for entity, models in shipped.items()}


def sources_without(*folders: str) -> Sources:
    """Var ``sources`` without the staging models of some sources."""
    away = tuple(f"stg_{folder}__" for folder in folders)
    return {
        entity: [name for name in models if not name.startswith(away)]
        for entity, models in shipped_sources().items()
    }


def load_text(
    project: Project, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """A raw table ``schema.table`` as a connector leaves it: every column text."""
    schema = table.partition(".")[0]
    frame = pd.DataFrame(list(rows), columns=list(columns), dtype=object)
    texts = ", ".join(f"{name}::text as {name}" for name in columns)
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute(f"create schema if not exists {schema}")
        connection.register("frame", frame)
        connection.execute(f"create or replace table {table} as select {texts} from frame")


def keep_only_raw(project: Project, *schemas: str) -> None:
    """Drop all other raw schemas: the company never had them."""
    with duckdb.connect(str(project.warehouse)) as connection:
        found = connection.execute(
            "select schema_name from duckdb_schemas() where database_name = current_database() "
            "and schema_name like 'raw_%'"
        ).fetchall()
        for (schema,) in found:
            if schema not in schemas:
                connection.execute(f"drop schema {schema} cascade")


def build_green(project: Project, *arguments: str, warns: Sequence[str] = ()) -> Outcome:
    """``dbt build`` without an error, a skipped node or any warning but of the tests ``warns``."""
    outcome = project.dbt("build", *arguments, environment={"DBT_WRITE_JSON": "true"})
    assert outcome.code == 0, outcome.output
    assert f"WARN={len(warns)} ERROR=0 SKIP=0" in outcome.output, outcome.output
    assert all(f"Warning in test {name} " in outcome.output for name in warns), outcome.output
    assert "WARNING" not in outcome.output, outcome.output
    return outcome


@dataclass(frozen=True)
class Reached:
    """What marketers get: members of each segment, and the contacts in the file of the sync."""

    members: Mapping[str, set[str]]
    contacts: Mapping[str, Mapping[str, str]]


def reach(project: Project) -> Reached:
    """``cdp sync``, and what it wrote, by customer."""
    outcome = project.cdp("sync", "--json")
    assert outcome.code == 0, outcome.output
    written = project.folder / "out/dev/sync_email__contacts.csv"
    with written.open(newline="", encoding="utf-8") as file:
        contacts = {row["customer_id"]: row for row in csv.DictReader(file)}
    members: dict[str, set[str]] = {}
    for segment, customer in project.query(MEMBERS):
        members.setdefault(segment, set()).add(customer)
    return Reached(members, contacts)


def customers_by_record(project: Project, source: str) -> dict[str, str]:
    """The customer of each record of a source."""
    return dict(
        project.query(
            f"select record_id, customer_id from dev_identity.identity_map "
            f"where source = '{source}'"
        )
    )


def differences(project: Project) -> list[str]:
    """Files of a copy that differ from the repository where a user need not have touched them."""
    ours, theirs = _files(ROOT), _files(project.folder)
    found = [f"{path}: missing" for path in sorted(set(ours) - set(theirs))]
    for path, content in sorted(theirs.items()):
        if path == "dbt_project.yml":
            own, their = (split_variables(files[path].decode()) for files in (ours, theirs))
            if (own[0], own[2]) != (their[0], their[2]):
                found.append(f"{path}: differs outside of vars")
        elif path.startswith(STAGING) and (path not in ours or path.endswith(SOURCES_FILE)):
            continue
        elif ours.get(path) != content:
            found.append(f"{path}: {'differs' if path in ours else 'new'}")
    profile = (project.folder / "profiles.yml").read_bytes()
    if profile != (ROOT / "profiles.yml.example").read_bytes():
        found.append("profiles.yml: differs from the example")
    return found


def _files(folder: Path) -> dict[str, bytes]:
    """Every file of the project's parts by its path; what Python leaves behind is no part."""
    paths: list[Path] = []
    for part in PROJECT_PARTS:
        origin = folder / part
        paths += sorted(origin.rglob("*")) if origin.is_dir() else [origin]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in paths
        if path.is_file() and "__pycache__" not in path.parts
    }

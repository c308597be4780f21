"""Write the reference pages that are generated from the code.

Usage: ``python tools/build_docs.py [--check]``; with ``--check`` nothing is written and the exit
code is 1 if a page is out of date.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jinja2
import yaml

from destination_pages import destinations_page
from entity_diagram import GENERATED, diagram_page
from scratch import ROOT, run_python, scratch_environment

LAYERS = (
    ("marts", "Marts"),
    ("segments", "Segments"),
    ("audiences", "Audiences"),
    ("activation", "Activation"),
    ("identity", "Identity"),
    ("intermediate", "Input layer"),
)
Specs = dict[str, dict[str, Any]]


class _ReturnedError(Exception):
    """Carries what dbt's ``return()`` would hand back out of a macro."""

    def __init__(self, value: Specs) -> None:
        super().__init__()
        self.value = value


def _return(value: Specs) -> None:
    raise _ReturnedError(value)


def variable_specs() -> Specs:
    """The specs that ``check_variables`` judges by, read from their macro."""
    text = (ROOT / "macros/governance/variable_specs.sql").read_text()
    # The macro renders a literal into SQL comments and nothing else: no HTML, nothing to escape.
    environment = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"])  # noqa: S701
    template = environment.from_string(text, globals={"return": _return})
    try:
        template.module.variable_specs()  # type: ignore[attr-defined]
    except _ReturnedError as returned:
        return returned.value
    message = "macro variable_specs returned nothing"
    raise RuntimeError(message)


def variables_page() -> str:
    """Markdown table of every variable: default, range, unit and reason."""
    defaults = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    lines = [
        "# Variables",
        "",
        GENERATED,
        "",
        "Set them in `dbt_project.yml` or for one run with `--vars '{name: value}'`. All of them",
        "are checked before anything is built, and all wrong ones are named at once.",
        "",
        "| variable | default | valid | unit | reason |",
        "|---|---|---|---|---|",
    ]
    for name, spec in variable_specs().items():
        default = "see dbt_project.yml" if spec["kind"] == "sources" else repr(defaults[name])
        lines.append(
            f"| `{name}` | `{default}` | {_valid(spec)} | {spec['unit']} | {spec['reason']} |"
        )
    return "\n".join(lines) + "\n"


def _valid(spec: dict[str, Any]) -> str:
    if spec["kind"] in {"number", "integer"}:
        return f"{spec['kind']}, {spec['min']} to {spec['max']}"
    if spec["kind"] == "choice":
        return ", ".join(spec["choices"])
    words = {
        "boolean": "true or false",
        "clock": "date or time",
        "text": "text",
        "role": "name of a role in small letters",
        "texts": "list of texts",
        "sources": "entity: list of models",
    }
    return words[spec["kind"]]


def parsed_manifest() -> dict[str, Any]:
    """The manifest of this checkout, parsed apart from the user's warehouse."""
    dbt = "from dbt.cli.main import cli; cli()"
    with scratch_environment() as environment:
        if run_python("-c", dbt, "--quiet", "parse", environment=environment):
            message = "dbt cannot parse the project; it said above why"
            raise RuntimeError(message)
        text = Path(environment["DBT_TARGET_PATH"], "manifest.json").read_text()
    manifest: dict[str, Any] = json.loads(text)
    return manifest


def dictionary_page(manifest: dict[str, Any]) -> str:
    """Markdown of every table and column from the marts down to the input layer."""
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    lines = [
        "# Data dictionary",
        "",
        GENERATED,
        "",
        "Schemas carry the prefix of the target (`dev_marts`) unless it is a production target.",
        "*Personal* names the kind of personal data that a column holds.",
    ]
    for layer, title in LAYERS:
        chosen = [node for node in models if node["path"].split("/")[0] == layer]
        if not chosen:
            continue
        lines += ["", f"## {title}"]
        for node in sorted(chosen, key=lambda one: str(one["name"])):
            lines += ["", f"### {node['name']}", "", " ".join(node["description"].split()), ""]
            if not node["columns"]:
                continue
            lines += ["| column | type | personal | description |", "|---|---|---|---|"]
            for column in node["columns"].values():
                meta = (column.get("config") or {}).get("meta") or {}
                text = " ".join(column["description"].split()).replace("|", "\\|")
                kind = column.get("data_type") or ""
                lines.append(f"| {column['name']} | {kind} | {meta.get('personal', '')} | {text} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` compare them."""
    manifest = parsed_manifest()
    pages = {
        "docs/reference/variables.md": variables_page(),
        "docs/reference/data-dictionary.md": dictionary_page(manifest),
        "docs/reference/entity-diagram.md": diagram_page(manifest),
        "docs/reference/destinations.md": destinations_page(),
    }
    stale = []
    for name, text in pages.items():
        path = ROOT / name
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(text)
    if "--check" in arguments and stale:
        print(f"out of date: {', '.join(stale)}; run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

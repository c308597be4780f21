"""Data flows one way (design.md section 3), no model reads the truth, and there is one clock."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from worlds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

# Who may read whom. State is read through source('cdp_state', …) and through the models in it.
MAY_READ: dict[str, set[str]] = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate", "reference", "state"},
    "identity": {"intermediate", "identity", "reference", "state"},
    "marts": {"intermediate", "identity", "marts", "reference"},
    "segments": {"marts"},
    "audiences": {"segments", "marts", "audiences", "state"},
    "activation": {"marts", "segments", "audiences", "activation"},
    "publication": {"marts", "segments", "audiences", "intermediate"},
}


def layer_of(node: dict[str, Any]) -> str:
    if node["resource_type"] == "source":
        return "state" if node["source_name"] == "cdp_state" else "source"
    if node["resource_type"] == "seed":
        return "reference"
    return str(node["path"]).split("/")[0]


def models_of(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def test_every_model_is_in_a_known_layer(manifest: dict[str, Any]) -> None:
    strays = [node["name"] for node in models_of(manifest) if layer_of(node) not in MAY_READ]
    assert strays == []


def test_no_model_reads_against_the_flow(manifest: dict[str, Any]) -> None:
    everything = {**manifest["nodes"], **manifest["sources"]}
    wrong = [
        f"{node['name']} ({layer_of(node)}) reads {everything[upstream]['name']} "
        f"({layer_of(everything[upstream])})"
        for node in models_of(manifest)
        for upstream in node["depends_on"]["nodes"]
        if layer_of(everything[upstream]) not in MAY_READ[layer_of(node)]
    ]
    assert wrong == []


def test_a_staging_model_reads_exactly_one_source_table(manifest: dict[str, Any]) -> None:
    wrong = [
        node["name"]
        for node in models_of(manifest)
        if layer_of(node) == "staging" and len(set(node["depends_on"]["nodes"])) != 1
    ]
    assert wrong == []


def test_source_is_called_in_staging_only_but_for_state(manifest: dict[str, Any]) -> None:
    wrong = [
        node["name"]
        for node in models_of(manifest)
        for source_name, _ in node["sources"]
        if layer_of(node) != "staging" and source_name != "cdp_state"
    ]
    assert wrong == []


def test_nothing_in_the_project_can_read_the_truth(manifest: dict[str, Any]) -> None:
    declared = [
        source["unique_id"]
        for source in manifest["sources"].values()
        if "truth" in source["schema"] or "truth" in source["name"]
    ]
    named = [
        node["name"]
        for node in manifest["nodes"].values()
        if re.search(r"\btruth\s*[./]", node.get("raw_code") or "")
    ]
    assert declared == []
    assert named == []


def test_what_users_read_is_public_under_contract_and_described(manifest: dict[str, Any]) -> None:
    readers: dict[str, set[str]] = {}
    for node in models_of(manifest):
        for upstream in node["depends_on"]["nodes"]:
            readers.setdefault(upstream, set()).add(layer_of(node))
    wrong = []
    for node in models_of(manifest):
        if layer_of(node) not in {"marts", "segments", "activation"}:
            continue
        if not node["config"]["contract"]["enforced"]:
            wrong.append(f"{node['name']}: not under contract")
        # A step on the way to a model of the same layer may be protected, and nothing else.
        if node["access"] != "public" and readers.get(node["unique_id"]) != {layer_of(node)}:
            wrong.append(f"{node['name']}: not public, and no step within its layer either")
        wrong += [
            f"{node['name']}.{name}: not described"
            for name, column in node["columns"].items()
            if not column["description"].strip()
        ]
    assert wrong == []


def test_every_description_begins_with_the_grain(manifest: dict[str, Any]) -> None:
    wrong = [
        node["name"]
        for node in models_of(manifest)
        if not node["description"].strip().startswith("One row")
    ]
    assert wrong == []


def test_every_model_is_tagged_with_exactly_one_cadence(manifest: dict[str, Any]) -> None:
    cadences = {
        node["name"]: sorted({"hourly", "nightly"} & set(node["tags"]))
        for node in models_of(manifest)
    }
    assert {name: found for name, found in cadences.items() if len(found) != 1} == {}


def test_sql_models_past_staging_open_with_their_grain() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "models").rglob("*.sql"))
        if "staging" not in path.parts
        and "-- grain: one row per" not in path.read_text().split("\n", 3)[0]
    ]
    assert wrong == []


CLOCKS = r"\b(current_date|current_timestamp|localtimestamp|getdate|sysdate|today|now)\b\s*(\(|\b)"
SQL_FILES = [
    path
    for folder in ("models", "macros", "analyses", "tests/dbt")
    for path in sorted((ROOT / folder).rglob("*.sql"))
]


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sql_has_no_clock_but_as_of(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}|--[^\n]*|'[^']*'", "", path.read_text(), flags=re.DOTALL)
    clocks = [found.group(0) for found in re.finditer(CLOCKS, text, flags=re.IGNORECASE)]
    assert clocks == [], f"{path.name} reads a clock: use as_of()"


IMPURE = re.compile(
    r"\b(datetime\.(now|utcnow|today)|date\.today|time\.time\(|Timestamp\.(now|today))"
    r"|\bos\.environ|\bgetenv\("
    # Randomness is allowed from a seed only.
    r"|\brandom\.(?!Random\b|default_rng\b)\w|\b(Random|default_rng)\(\)|\buuid[14]\(|\bsecrets\."
)
PURE = ("linkage", "matching", "explain", "activation", "privacy", "sample", "evaluation")


def test_pure_python_reads_no_clock_no_environment_and_no_chance() -> None:
    sources = [*(ROOT / "python_models").rglob("*.py")]
    for package in PURE:
        assert (ROOT / "src/warehouse_cdp" / package).is_dir()
        sources += (ROOT / "src/warehouse_cdp" / package).rglob("*.py")
    wrong = [str(path.relative_to(ROOT)) for path in sources if IMPURE.search(path.read_text())]
    assert wrong == []

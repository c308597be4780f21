"""The library's three rings (design.md section 9): the core imports no driver and no shell."""

from __future__ import annotations

import ast

import pytest

from worlds import ROOT

PACKAGE = ROOT / "src/warehouse_cdp"
CORE = ("linkage", "matching", "explain", "activation", "privacy")
BANNED_IN_CORE = {
    "dbt", "duckdb", "psycopg2", "adbc_driver_postgresql", "os", "sys", "time", "random",
    "subprocess", "typer", "rich", "socket", "requests",
}  # fmt: skip
EDGES_AND_SHELLS = {"warehouse", "destinations", "resolve", "cli", "checks"}


def imports_of(source: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("ring", CORE)
def test_core_imports_neither_drivers_nor_edges(ring: str) -> None:
    wrong = []
    for path in sorted((PACKAGE / ring).rglob("*.py")):
        for name in imports_of(path.read_text()):
            parts = name.split(".")
            is_edge = parts[0] == "warehouse_cdp" and bool(set(parts[1:]) & EDGES_AND_SHELLS)
            if parts[0] in BANNED_IN_CORE or is_edge:
                wrong.append(f"{path.name} imports {name}")
    assert wrong == []


@pytest.mark.parametrize("ring", CORE)
def test_core_never_prints(ring: str) -> None:
    wrong = [
        path.name
        for path in sorted((PACKAGE / ring).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert wrong == []


def test_python_models_are_thin() -> None:
    long = {
        path.name: len(path.read_text().splitlines())
        for path in sorted((ROOT / "python_models").rglob("*.py"))
        if len(path.read_text().splitlines()) > 30
    }
    assert long == {}

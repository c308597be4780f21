"""The ``cdp`` command line: a thin shell. Commands load, views print."""

# Commands in the order that help lists them.
from warehouse_cdp.cli import sample, sync, destinations, demo, summary, evaluate, query  # isort: skip
from warehouse_cdp.cli import resolve, explain, identity, override  # isort: skip
from warehouse_cdp.cli import precision, privacy, state, grants  # isort: skip
from warehouse_cdp.cli.frame import app, main

__all__ = [
    "app",
    "demo",
    "destinations",
    "evaluate",
    "explain",
    "grants",
    "identity",
    "main",
    "override",
    "precision",
    "privacy",
    "query",
    "resolve",
    "sample",
    "state",
    "summary",
    "sync",
]

"""The ``cdp`` command line: a thin shell. Commands load, views print."""

# Commands in the order that help lists them.
from warehouse_cdp.cli import sample, sync, demo, summary, evaluate, query  # isort: skip
from warehouse_cdp.cli import resolve, explain, identity, privacy, state  # isort: skip
from warehouse_cdp.cli.frame import app, main

__all__ = [
    "app",
    "demo",
    "evaluate",
    "explain",
    "identity",
    "main",
    "privacy",
    "query",
    "resolve",
    "sample",
    "state",
    "summary",
    "sync",
]

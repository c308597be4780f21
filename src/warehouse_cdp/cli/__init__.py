"""The ``cdp`` command line: a thin shell. Commands load, views print."""

from warehouse_cdp.cli import sample, sync, demo, summary, evaluate, query, identity, state  # isort: skip
from warehouse_cdp.cli.frame import app, main

__all__ = [
    "app",
    "demo",
    "evaluate",
    "identity",
    "main",
    "query",
    "sample",
    "state",
    "summary",
    "sync",
]

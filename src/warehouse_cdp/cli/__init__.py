"""The ``cdp`` command line: a thin shell. Commands load, views print."""

from warehouse_cdp.cli import sample, sync, demo, summary, evaluate, query, identity, privacy  # isort: skip
from warehouse_cdp.cli.frame import app, main

__all__ = [
    "app",
    "demo",
    "evaluate",
    "identity",
    "main",
    "privacy",
    "query",
    "sample",
    "summary",
    "sync",
]

"""The ``cdp`` command line: a thin shell. Commands load, views print."""

from warehouse_cdp.cli import sample, sync, demo, summary, evaluate, query  # isort: skip
from warehouse_cdp.cli.app import app, main

__all__ = ["app", "demo", "evaluate", "main", "query", "sample", "summary", "sync"]

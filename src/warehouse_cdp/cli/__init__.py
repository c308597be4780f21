"""The ``cdp`` command line: a thin shell. Commands load, views print."""

from warehouse_cdp.cli import sample, sync
from warehouse_cdp.cli.app import app, main

__all__ = ["app", "main", "sample", "sync"]

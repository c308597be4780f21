"""Edges to the outside: what a sync delivers to. So far files."""

from warehouse_cdp.destinations.files import FileDestination, open_destination

__all__ = ["FileDestination", "open_destination"]

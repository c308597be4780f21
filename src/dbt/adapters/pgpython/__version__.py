"""The version that dbt prints beside the adapter's name: that of the package it comes in."""

from warehouse_cdp import __version__

version = __version__

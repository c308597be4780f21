"""Edges to the warehouse: connections, the dbt-duckdb plugin, loading and publishing."""

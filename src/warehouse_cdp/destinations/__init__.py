"""Edges to the outside: what a sync delivers to. So far files."""

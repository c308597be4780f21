"""Plain linkers, to show that the sample defeats them; they share nothing with the product."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from sample_world import sample_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    import pandas as pd

    from warehouse_cdp.sample import Sample

_JUNK = re.compile(r"^(noemail|none|keine)@|^(test|qa\+\d+)@shop\.example|^0+$|^1+$|^123456789$")
Fields = dict[str, list[str]]


def latest(frame: pd.DataFrame, key: str) -> list[dict[str, str]]:
    """Return the latest version of each row as text."""
    ordered = frame.fillna("").sort_values("_loaded_at", kind="stable")
    last = ordered.drop_duplicates(key, keep="last")
    columns = [str(column) for column in last.columns]
    return [
        {column: str(value) for column, value in zip(columns, row, strict=True)}
        for row in last.itertuples(index=False, name=None)
    ]


def records_in(sample: Sample) -> dict[str, Fields]:
    """Return every person record with its e-mails, phones, name and birth date as they came."""
    result: dict[str, Fields] = {}

    def take(source: str, table: str, key: str, columns: dict[str, str], prefix: str = "") -> None:
        for row in latest(sample.tables[f"{source}/{table}"], key):
            fields = {
                kind: [row[column] for column in names.split()] for kind, names in columns.items()
            }
            if prefix == "order/" and row["customer_id"]:
                continue
            if prefix in ("receipt/", "response/") and not any(
                value for kind in ("email", "phone") for value in fields.get(kind, [])
            ):
                continue
            result[f"{source}:{prefix}{row[key]}"] = fields

    take("crm", "contacts", "id", {
        "email": "email email_2 email_3", "phone": "phone mobile_phone",
        "name": "first_name last_name", "birth": "birthdate",
    })  # fmt: skip
    for shop in ("shop_uk", "shop_de"):
        take(shop, "customers", "id", {
            "email": "email", "phone": "phone", "name": "first_name last_name",
            "birth": "date_of_birth",
        })  # fmt: skip
        take(shop, "orders", "id", {"email": "email", "phone": "phone"}, "order/")
    take("loyalty", "members", "card_no", {
        "email": "email", "phone": "mobile", "name": "forename surname", "birth": "dob",
    })  # fmt: skip
    take("support", "requesters", "id", {"email": "email", "phone": "phone"})
    take("email", "subscribers", "email", {"email": "email"})
    take("devices", "registrations", "mac_address", {
        "email": "owner_email", "phone": "owner_phone",
    })  # fmt: skip
    take("surveys", "responses", "response_id", {"email": "respondent_email"}, "response/")
    take("social", "profiles", "profile_id", {"email": "email"})
    take("pos", "receipts", "receipt_no", {"phone": "phone"}, "receipt/")
    return result


def truth_in(sample: Sample) -> dict[str, str | None]:
    """Return each record's person by raw key."""
    rows = sample.truth["person_records"].fillna("").itertuples()
    return {f"{row.source}:{row.source_pk}": str(row.person_id) or None for row in rows}


@cache
def records(seed: int, wave: int = 1) -> dict[str, Fields]:
    """Return the person records of a sample that tests share."""
    return records_in(sample_of(seed, wave))


@cache
def truth(seed: int, wave: int = 1) -> dict[str, str | None]:
    """Return the truth about the person records of a sample that tests share."""
    return truth_in(sample_of(seed, wave))


def connected(keys: dict[str, Iterable[Hashable]]) -> dict[str, str]:
    """Return clusters of records that share a key, directly or through others."""
    parent: dict[Hashable, Hashable] = {}

    def find(item: Hashable) -> Hashable:
        parent.setdefault(item, item)
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for record, values in keys.items():
        for value in values:
            parent[find(("value", value))] = find(record)
    return {record: str(find(record)) for record in keys}


def by_contact(all_records: dict[str, Fields], *, drop_junk: bool) -> dict[str, str]:
    """Link records with an equal e-mail, or a phone with equal last nine digits."""
    keys: dict[str, Iterable[Hashable]] = {}
    for record, fields in all_records.items():
        emails = [email.strip().lower() for email in fields.get("email", [])]
        digits = [re.sub(r"\D", "", phone) for phone in fields.get("phone", [])]
        phones = [number[-9:] for number in digits if len(number) >= 7]
        values = [value for value in [*emails, *phones] if value]
        keys[record] = [value for value in values if not (drop_junk and _JUNK.search(value))]
    return connected(keys)


def by_name_and_birth(all_records: dict[str, Fields]) -> dict[str, str]:
    """Link records with the same name, case aside, and the same birth date."""
    keys: dict[str, Iterable[Hashable]] = {}
    for record, fields in all_records.items():
        name, birth = fields.get("name", [""]), "".join(fields.get("birth", []))
        parts = re.split(r"[-/.]", birth)
        day = "-".join(parts if len(parts[0]) == 4 else reversed(parts))
        keys[record] = [(*(part.lower() for part in name), day)] if all(name) and birth else []
    return connected(keys)

"""Which people of a sample have no errors in their data, and which customer each of them is.

Known by the truth, not by our identity: identity_map only says which customer id a record has.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from oracle_raw import Sample, of_epoch, of_shop, of_till, rows_of, utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEMO_KEY = b"demo-key-not-secret"
INTERACTION_TABLES = {
    "shop_uk/orders": ("shop_uk", "order", "id"),
    "shop_de/orders": ("shop_de", "order", "id"),
    "pos/receipts": ("pos", "receipt", "receipt_no"),
    "web/events": ("web", "event", "event_id"),
    "app/events": ("app", "event", "event_id"),
    "loyalty/points": ("loyalty", "event", "transaction_id"),
    "email/events": ("email", "email_event", "event_id"),
    "support/tickets": ("support", "ticket", "id"),
    "crm/call_notes": ("crm", "call_note", "id"),
    "surveys/responses": ("surveys", "survey_response", "response_id"),
    "social/interactions": ("social", "social_interaction", "interaction_id"),
    "devices/telemetry": ("devices", "device_reading", "reading_id"),
}
"""Raw tables of what people do: (source, interaction type, key column) as the truth names them."""
_ISO_COLUMNS = {
    "loyalty/points": "occurred_at",
    "support/tickets": "created_at",
    "crm/call_notes": "called_at",
    "surveys/responses": "submitted_at",
    "social/interactions": "occurred_at",
}

Interaction = tuple[str, str, str]


@dataclass(frozen=True)
class People:
    """The people of a sample, the customers they are, and what is wrong with the others."""

    record_customers: Mapping[str, str]
    """record_id -> customer_id, of every record that identity knows."""
    customers: Mapping[str, str]
    """person_id -> customer_id, of the people without errors."""
    errors: Mapping[str, frozenset[str]]
    """person_id -> kinds of errors, of everybody else who has a record."""
    owners: Mapping[Interaction, str]
    """Interaction -> person_id, of what the truth says can be known."""
    actors: Mapping[Interaction, str]
    """Interaction -> person_id, whether it can be known or not."""
    recorded: Mapping[str, str]
    """record_id -> person_id, of the records that can be resolved."""

    @property
    def clean_share(self) -> float:
        """Share of people without errors among those who have a record at all."""
        return len(self.customers) / (len(self.customers) + len(self.errors))

    def customer_of(self, interaction: Interaction, record_ids: Iterable[str]) -> str | None:
        """Whose an interaction is: by the truth where it is about people without errors.

        For everything else the first record that has a customer decides, as identity sees it; such
        customers only matter for limits that depend on all customers. Never may that give a person
        without errors what is not known to be theirs.
        """
        owner = self.owners.get(interaction, "")
        if owner in self.customers:
            return self.customers[owner]
        by_record = (self.record_customers.get(record) for record in record_ids)
        customer = next((found for found in by_record if found), None)
        return None if customer in self._clean_customers else customer

    @cached_property
    def _clean_customers(self) -> frozenset[str]:
        return frozenset(self.customers.values())


def record_id(source: str, source_pk: str) -> str:
    """The id of a person record from its raw key; keys that are personal are hashed."""
    if source == "email":
        source_pk = _hashed(source_pk.strip().lower())
    elif source == "devices":
        source_pk = _hashed(re.sub("[^0-9a-f]", "", source_pk.lower()))
    return f"{source}:{source_pk}"


def people(sample: Sample, record_customers: Mapping[str, str]) -> People:
    """Everybody in the truth, told apart by whether anything about them is wrong."""
    records = sample.truth("person_records")
    records = records.assign(
        record_id=[
            record_id(source, pk)
            for source, pk in zip(records["source"], records["source_pk"], strict=True)
        ]
    )
    recorded = {
        row["record_id"]: row["person_id"]
        for row in rows_of(records)
        if row["person_id"] and not row["reason"]
    }
    interactions = sample.truth("interactions")
    actors = {
        (row["source"], row["interaction_type"], row["interaction_id"]): row["person_id"]
        for row in rows_of(interactions)
        if row["person_id"]
    }
    owners = {
        (row["source"], row["interaction_type"], row["interaction_id"]): row["person_id"]
        for row in rows_of(interactions)
        if row["person_id"] and row["is_knowable"] == "true"
    }
    errors: dict[str, set[str]] = defaultdict(set)
    customers = _identified(recorded, record_customers, errors)
    for interaction, kind in _damaged(sample):
        if interaction in actors:
            errors[actors[interaction]].add(kind)
    _find_wrong_birth_dates(sample, recorded, errors)
    _find_shared_devices(sample, recorded, owners, actors, errors)
    known = set(recorded.values())
    return People(
        record_customers=record_customers,
        customers={person: customers[person] for person in sorted(known) if person not in errors},
        errors={person: frozenset(kinds) for person, kinds in errors.items() if person in known},
        owners=owners,
        actors=actors,
        recorded=recorded,
    )


def payloads(sample: Sample, source: str) -> pd.DataFrame:
    """Events of website or app: event_id, payload as a dict (empty when broken), loaded_at."""
    events = sample.current(f"{source}/events", "event_id")
    return events.assign(payload=_parsed(events["payload"]))


def event_moments(sample: Sample, source: str, events: pd.DataFrame) -> pd.Series:
    """When events of ``payloads`` occurred, UTC; null where that cannot be true."""
    name = "timestamp" if source == "web" else "ts"
    texts = pd.Series([str(payload.get(name, "")) for payload in events["payload"]])
    return sample.plausible(utc(texts) if source == "web" else of_epoch(texts, "ms"))


def signs(payload: Mapping[str, Any], source: str) -> tuple[str, str]:
    """What an event says of its author: a record (``""`` for none) and an order number."""
    details = payload.get("properties" if source == "web" else "props") or {}
    number = str(details.get("order_number", ""))
    if source == "app":
        card = payload.get("member_card", "")
        return (f"loyalty:{card}" if card else "", number)
    user = payload.get("userId", "")
    return (f"shop_{payload.get('site')}:{user}" if user else "", number)


def _identified(
    recorded: Mapping[str, str],
    record_customers: Mapping[str, str],
    errors: dict[str, set[str]],
) -> dict[str, str]:
    """Customer of each person; who is split over several or shares one gets an error."""
    found: dict[str, set[str]] = defaultdict(set)
    held: dict[str, set[str]] = defaultdict(set)
    for record, customer in record_customers.items():
        held[customer].add(recorded.get(record, f"nobody in particular: {record}"))
    for record, person in recorded.items():
        if record in record_customers:
            found[person].add(record_customers[record])
        else:
            errors[person].add("record deleted")
    result = {}
    for person, customers in found.items():
        if len(customers) > 1:
            errors[person].add("split")
        if any(len(held[customer]) > 1 for customer in customers):
            errors[person].add("mixed")
        result[person] = min(customers)
    return result


def _damaged(sample: Sample) -> Iterable[tuple[Interaction, str]]:
    """Interactions whose raw rows have damaged values, with the kind of damage."""
    for table, (source, kind, key) in INTERACTION_TABLES.items():
        rows = sample.raw(table)
        for damage, is_damaged in (
            ("repeated row", rows.duplicated()),
            ("unknown value", _has_unknown_value(rows)),
            ("wrong time", _has_wrong_time(sample, table, rows)),
        ):
            for pk in rows.loc[is_damaged, key]:
                yield (source, kind, pk), damage


def _has_unknown_value(rows: pd.DataFrame) -> pd.Series:
    """Words that were never agreed on end in _v2."""
    values = rows.drop(columns=["_loaded_at"])
    return pd.Series(values.apply(lambda column: column.str.endswith("_v2")).any(axis=1))


def _has_wrong_time(sample: Sample, table: str, rows: pd.DataFrame) -> pd.Series:
    source = table.split("/", maxsplit=1)[0]
    if source in {"shop_uk", "shop_de"}:
        moments = [of_shop(rows[name], source) for name in ("created_at", "updated_at")]
    elif table == "pos/receipts":
        moments = [_till_moments(rows)]
    elif source in {"web", "app"}:
        parsed = rows.assign(payload=_parsed(rows["payload"]))
        moments = [event_moments(sample, source, parsed)]
    elif table == "email/events":
        moments = [of_epoch(rows["ts"], "s")]
    elif table == "devices/telemetry":
        moments = [of_epoch(rows["recorded_ts"], "ms")]
    else:
        moments = [utc(rows[_ISO_COLUMNS[table]])]
    wrong = [sample.plausible(moment).isna() for moment in moments]
    return pd.Series(pd.concat(wrong, axis=1).any(axis=1))


def _till_moments(receipts: pd.DataFrame) -> pd.Series:
    parts = [
        of_till(of_country["sold_at"], str(country))
        for country, of_country in receipts.groupby("store_country")
    ]
    moments: pd.Series = pd.concat(parts).reindex(receipts.index)
    return moments


def birth_dates(sample: Sample) -> dict[str, pd.Timestamp]:
    """record_id -> birth date, of the records that give one that is a date."""
    result = {}
    for table, key, column in (
        ("crm/contacts", "id", "birthdate"),
        ("shop_uk/customers", "id", "date_of_birth"),
        ("shop_de/customers", "id", "date_of_birth"),
        ("loyalty/members", "card_no", "dob"),
    ):
        rows = sample.current(table, key)
        for pk, text in zip(rows[key], rows[column], strict=True):
            layout = "%d.%m.%Y" if "." in text else "%d/%m/%Y" if "/" in text else "%Y-%m-%d"
            born = pd.to_datetime(text, format=layout, errors="coerce")
            if text:
                result[f"{table.split('/')[0]}:{pk}"] = born
    return result


def _find_wrong_birth_dates(
    sample: Sample, recorded: Mapping[str, str], errors: dict[str, set[str]]
) -> None:
    persons = sample.truth("persons").set_index("person_id")["birth_date"]
    for record, born in birth_dates(sample).items():
        person = recorded.get(record)
        if person and (born > sample.as_of or born != pd.Timestamp(persons[person])):
            errors[person].add("wrong birth date")


def _find_shared_devices(
    sample: Sample,
    recorded: Mapping[str, str],
    owners: Mapping[Interaction, str],
    actors: Mapping[Interaction, str],
    errors: dict[str, set[str]],
) -> None:
    """A device on which several people show who they are is no evidence for any of them."""
    numbers = order_owners(sample, owners)
    for source in ("web", "app"):
        device_field = "anonymousId" if source == "web" else "device_id"
        users: dict[str, set[str]] = defaultdict(set)
        seen: dict[str, set[str]] = defaultdict(set)
        for row in rows_of(payloads(sample, source)):
            if not row["payload"]:
                continue
            device = str(row["payload"][device_field])
            record, number = signs(row["payload"], source)
            named = [record] if record else []
            users[device] |= {recorded.get(name, name) for name in named}
            if number:
                users[device].add(numbers.get(number, number))
            seen[device].add(actors.get((source, "event", str(row["event_id"])), ""))
        for device, named_there in users.items():
            if len(named_there) > 1:
                for person in (named_there | seen[device]) & set(recorded.values()):
                    errors[person].add("shared device")


def order_owners(sample: Sample, owners: Mapping[Interaction, str]) -> dict[str, str]:
    """Order number of a shop -> person who placed it, where that can be known."""
    result = {}
    for source in ("shop_uk", "shop_de"):
        orders = sample.current(f"{source}/orders", "id")
        for number, pk in zip(orders["order_number"], orders["id"], strict=True):
            if (source, "order", pk) in owners:
                result[number] = owners[source, "order", pk]
    return result


def _parsed(texts: pd.Series) -> pd.Series:
    def read(text: str) -> dict[str, Any]:
        try:
            payload: dict[str, Any] = json.loads(text)
        except json.JSONDecodeError:
            return {}
        return payload

    return pd.Series([read(text) for text in texts], index=texts.index, dtype=object)


def _hashed(value: str) -> str:
    return hmac.new(DEMO_KEY, value.encode(), hashlib.sha256).hexdigest()[:32]

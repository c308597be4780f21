"""What people without errors did besides buying: visits, e-mails, service, loyalty and surveys."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from oracle_people import event_moments, order_owners, payloads, signs
from oracle_raw import SHOPS, Sample, of_epoch, rows_of, utc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oracle_people import People

APP_WORDS = {
    "screen": "page_view", "product": "product_view", "cart_add": "add_to_cart",
    "checkout_start": "checkout_started", "checkout_abandon": "checkout_abandoned",
}  # fmt: skip
LEAVING = (
    "cancel my membership", "switching to another shop", "close my account", "not buy from you",
    "mitgliedschaft kündigen", "zu einem anderen anbieter", "löschen sie mein konto",
    "hiermit kündige ich",
)  # fmt: skip
"""How the people of the sample announce that they leave; the sample knows no other words."""


def visits(sample: Sample, people: People) -> pd.DataFrame:
    """Events on website and app: customer_id, event_type (the website's word), moment.

    A device on which one person only ever shows who they are (by account, card or order) is
    theirs from the first to the last event. A tablet lies about at home: there a visit is theirs
    only if they show in it who they are.
    """
    numbers = order_owners(sample, people.owners)
    frames = []
    for source in ("web", "app"):
        events = payloads(sample, source)
        events = events.assign(moment=event_moments(sample, source, events))
        field, word = ("anonymousId", "type") if source == "web" else ("device_id", "event")
        users: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for payload in events["payload"]:
            if payload:
                record, number = signs(payload, source)
                place = _place(payload, field)
                users[place] |= {people.recorded.get(record, record)} if record else set()
                users[place] |= {numbers.get(number, number)} if number else set()
        rows = []
        for payload, moment in zip(events["payload"], events["moment"], strict=True):
            named = users[_place(payload, field)] if payload else set()
            if len(named) == 1 and (customer := people.customers.get(next(iter(named)))):
                rows.append((customer, payload[word], moment))
        frames.append(pd.DataFrame(rows, columns=["customer_id", "event_type", "moment"]))
    events = pd.concat(frames, ignore_index=True)
    return events.assign(event_type=events["event_type"].replace(APP_WORDS))


def _place(payload: Mapping[str, Any], device: str) -> tuple[str, ...]:
    """Where who shows who they are is taken for the only user: a device, of a tablet a visit."""
    is_tablet = (payload.get("context") or {}).get("deviceType") == "tablet"
    return (payload[device], payload["sessionId"]) if is_tablet else (payload[device],)


def mails(sample: Sample, people: People) -> pd.DataFrame:
    """E-mail events: customer_id, event_type (sent, open, click, bounce …), moment."""
    rows = sample.current("email/events", "event_id")
    moments = sample.plausible(of_epoch(rows["ts"], "s"))
    rows = rows.assign(event_type=rows["type"], moment=moments)
    owned = _owned(people, rows, ("email", "email_event"), "event_id")
    return owned[["customer_id", "event_type", "moment"]]


def points(sample: Sample, people: People) -> pd.Series:
    """customer_id -> loyalty points left."""
    rows = sample.current("loyalty/points", "transaction_id")
    booked = pd.to_numeric(rows["points"])
    # What is redeemed goes off, whichever sign it is written with.
    rows = rows.assign(left=booked.where(rows["reason"] != "redeemed", -booked.abs()))
    owned = _owned(people, rows, ("loyalty", "event"), "transaction_id")
    return owned.groupby("customer_id")["left"].sum()


def tickets(sample: Sample, people: People) -> pd.DataFrame:
    """Tickets: customer_id, is_open, rating (good, bad or empty), changed, moment, is_leaving."""
    rows = sample.current("support/tickets", "id")
    changed = sample.plausible(utc(rows["updated_at"]))
    created = sample.plausible(utc(rows["created_at"]))
    rows = rows.assign(
        is_open=rows["status"].isin(["new", "open", "pending"]),
        rating=rows["satisfaction"].where(rows["satisfaction"].isin(["good", "bad"]), ""),
        changed=changed.fillna(created),
        moment=created,
        is_leaving=_announces_leaving(rows["subject"] + ". " + rows["description"]),
    )
    owned = _owned(people, rows, ("support", "ticket"), "id")
    return owned[["customer_id", "is_open", "rating", "changed", "moment", "is_leaving"]]


def calls(sample: Sample, people: People) -> pd.DataFrame:
    """Notes of calls: customer_id, moment, is_leaving."""
    rows = sample.current("crm/call_notes", "id")
    rows = rows.assign(
        moment=sample.plausible(utc(rows["called_at"])), is_leaving=_announces_leaving(rows["body"])
    )
    return _owned(people, rows, ("crm", "call_note"), "id")[["customer_id", "moment", "is_leaving"]]


def answers(sample: Sample, people: People) -> pd.DataFrame:
    """Survey answers: customer_id, score, moment."""
    rows = sample.current("surveys/responses", "response_id")
    rows = rows.assign(
        score=pd.to_numeric(rows["score"]), moment=sample.plausible(utc(rows["submitted_at"]))
    )
    owned = _owned(people, rows, ("surveys", "survey_response"), "response_id")
    return owned[["customer_id", "score", "moment"]]


def units_by_family(
    sample: Sample, customer_of_order: Callable[[str, str], str | None]
) -> pd.DataFrame:
    """Units bought in counted orders: customer_id, family, units.

    The family is the word of the German shop, the first by name, for the article's category.
    """
    products = sample.current("shop_de/products", "id")
    families = dict(zip(products["sku"], products["product_type"], strict=True))
    rows = []
    for source, table, key, parts in (
        *((shop, f"{shop}/order_lines", "order_id", ("id",)) for shop in SHOPS),
        ("pos", "pos/receipt_lines", "receipt_no", ("receipt_no", "line_no")),
    ):
        for line in rows_of(sample.current(table, *parts)):
            customer = customer_of_order(source, line[key])
            if customer and line["sku"] in families:
                rows.append((customer, families[line["sku"]], int(line["quantity"])))
    lines = pd.DataFrame(rows, columns=["customer_id", "family", "units"])
    return lines.groupby(["customer_id", "family"], as_index=False).sum()


def _announces_leaving(texts: pd.Series) -> pd.Series:
    lowered = texts.str.lower()
    return lowered.apply(lambda text: any(phrase in text for phrase in LEAVING))


def _owned(people: People, rows: pd.DataFrame, kind: tuple[str, str], key: str) -> pd.DataFrame:
    """The rows of people without errors, with their customer_id, as far as they can be known."""
    owners = [people.owners.get((*kind, pk), "") for pk in rows[key]]
    owned = rows.assign(customer_id=[people.customers.get(owner, "") for owner in owners])
    return owned[owned["customer_id"] != ""]

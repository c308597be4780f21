"""Orders of a sample in the oracle's own arithmetic: what counts, when, and how much in euros."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import pandas as pd

from oracle_raw import SHOPS, ZONES, Sample, amount, business_day, of_shop, of_till, rows_of

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from oracle_people import People

CENT = Decimal("0.01")


@dataclass
class Order:
    """An order or receipt; amounts in its own currency, tax included."""

    source: str
    key: str
    channel: str
    country: str
    currency: str
    number: str
    status: str
    is_test: bool
    is_collected: bool
    moment: pd.Timestamp
    day: date
    gross: Decimal
    discount: Decimal
    shipping: Decimal
    records: list[str]
    card: str = ""
    collects: str = ""
    refunded: Decimal = Decimal(0)
    is_copy: bool = False
    customer: str | None = None

    @property
    def is_counted(self) -> bool:
        """Whether the order is part of revenue."""
        return not (self.is_test or self.is_copy or self.status == "voided")

    def net(self, rate: Decimal) -> Decimal:
        """What was paid and kept, in euros: parts are converted before they are added."""
        parts = (self.gross, self.discount, self.shipping, self.refunded)
        gross, discount, shipping, refunded = (
            (part * rate).quantize(CENT, ROUND_HALF_UP) for part in parts
        )
        return gross - discount + shipping - refunded


def orders(sample: Sample, people: People) -> list[Order]:
    """Every order and receipt with its customer, copies marked and refunds booked."""
    found = [*_shop_orders(sample, "shop_uk"), *_shop_orders(sample, "shop_de")]
    receipts = _receipts(sample)
    originals = _mark_copies(found, receipts)
    _book_refunds(sample, [*found, *receipts], originals)
    for order in [*found, *receipts]:
        kind = "receipt" if order.source == "pos" else "order"
        records = [*order.records, *([f"loyalty:{order.card}"] if order.card else [])]
        order.customer = people.customer_of((order.source, kind, order.key), records)
    return [*found, *receipts]


def euro_rates(seed: Path, currency: str) -> tuple[list[str], list[Decimal]]:
    """First days of the periods and the euros that one unit is worth in them."""
    with seed.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["currency_code"] == currency]
    rows.sort(key=lambda row: row["valid_from_date"])
    worth = [
        (Decimal(1) / Decimal(row["units_per_eur"])).quantize(Decimal("1e-8"), ROUND_HALF_UP)
        for row in rows
    ]
    return [row["valid_from_date"] for row in rows], worth


def counted_orders(
    everything: list[Order], rates: dict[str, tuple[list[str], list[Decimal]]]
) -> pd.DataFrame:
    """Orders in revenue, whoever's they are.

    Columns: customer_id (None where nobody is known), source, key, channel, is_discounted, net
    (Decimal, EUR), moment.
    """
    rows = []
    for order in everything:
        if not order.is_counted:
            continue
        starts, worth = rates[order.currency]
        # Days before the first rate take the first.
        rate = worth[max(bisect_right(starts, order.day.isoformat()) - 1, 0)]
        rows.append(
            (order.customer, order.source, order.key, order.channel, order.discount > 0,
             order.net(rate), order.moment)
        )  # fmt: skip
    names = ["customer_id", "source", "key", "channel", "is_discounted", "net", "moment"]
    return pd.DataFrame(rows, columns=names)


def _moments(sample: Sample, candidates: list[pd.Series], loaded: pd.Series) -> pd.Series:
    """The first plausible of several times of a row, else when it was loaded."""
    moments = sample.plausible(candidates[0])
    for other in candidates[1:]:
        moments = moments.fillna(sample.plausible(other))
    return moments.fillna(loaded)


def _shop_orders(sample: Sample, source: str) -> list[Order]:
    country, zone = SHOPS[source]
    rows = sample.current(f"{source}/orders", "id")
    created = sample.plausible(of_shop(rows["created_at"], source))
    updated = of_shop(rows["updated_at"], source)
    rows = rows.assign(
        moment=_moments(sample, [created, updated], rows["loaded_at"]),
        day=business_day(created, zone).where(created.notna(), rows["loaded_at"].dt.date),
    )
    return [
        Order(
            source=source,
            key=row["id"],
            channel="online",
            country=country,
            currency=row["currency"],
            number=row["order_number"],
            status="voided" if row["cancelled_at"] else row["financial_status"],
            is_test=row["is_test"] == "true",
            is_collected=row["fulfillment_type"] == "click_and_collect",
            moment=row["moment"],
            day=row["day"],
            gross=amount(row["subtotal_price"], source),
            discount=amount(row["total_discounts"], source),
            shipping=amount(row["shipping_price"], source),
            records=[f"{source}:" + (row["customer_id"] or "order/" + row["id"])],
        )
        for row in rows_of(rows)
    ]


def _receipts(sample: Sample) -> list[Order]:
    rows = sample.current("pos/receipts", "receipt_no")
    rows = rows[rows["receipt_type"] == "sale"].reset_index(drop=True)
    sold = pd.concat(
        of_till(of_country["sold_at"], str(country))
        for country, of_country in rows.groupby("store_country")
    ).reindex(rows.index)
    sold = sample.plausible(sold)
    days = pd.concat(
        business_day(sold[rows["store_country"] == country], zone)
        for country, zone in ZONES.items()
    ).reindex(rows.index)
    rows = rows.assign(
        moment=_moments(sample, [sold], rows["loaded_at"]),
        day=days.where(sold.notna(), rows["loaded_at"].dt.date),
    )
    return [
        Order(
            source="pos",
            key=row["receipt_no"],
            channel="till",
            country=row["store_country"],
            currency=row["currency"],
            number=row["receipt_no"],
            status="paid",
            is_test=False,
            is_collected=False,
            moment=row["moment"],
            day=row["day"],
            gross=amount(row["total"], "pos") + amount(row["discount_total"], "pos"),
            discount=amount(row["discount_total"], "pos"),
            shipping=Decimal(0),
            records=["pos:receipt/" + row["receipt_no"]] if row["phone"] else [],
            card=row["loyalty_card"],
            collects=row["web_order_number"],
        )
        for row in rows_of(rows)
    ]


def _mark_copies(online: list[Order], receipts: list[Order]) -> dict[str, Order]:
    """Marks receipts that repeat an order fetched from a shop; receipt key -> that order.

    Such a receipt is whoever's the order is. One that fetches a cancelled order is the sale.
    """
    collectable: dict[tuple[str, str], list[Order]] = defaultdict(list)
    for order in online:
        if order.is_collected:
            collectable[order.number, order.country].append(order)
    originals = {}
    for receipt in receipts:
        fitting = collectable.get((receipt.collects, receipt.country), [])
        sold = [order for order in fitting if order.is_counted]
        if not (len(sold) == 1 or len(fitting) == 1):
            continue
        receipt.is_copy = bool(sold)
        receipt.records = receipt.records or (sold or fitting)[0].records
        if sold:
            originals[receipt.key] = sold[0]
    return originals


def _book_refunds(sample: Sample, everything: list[Order], originals: dict[str, Order]) -> None:
    by_key = {(order.source, order.key): order for order in everything}
    returned: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for source in SHOPS:
        for row in rows_of(sample.current(f"{source}/refunds", "id")):
            returned[source, row["order_id"]] += amount(row["amount"], source)
    receipts = sample.current("pos/receipts", "receipt_no")
    for row in rows_of(receipts[receipts["receipt_type"] == "return"]):
        returned["pos", row["original_receipt_no"]] += abs(amount(row["total"], "pos"))
    for (source, key), money in returned.items():
        order = by_key.get((source, key))
        if order is None:
            continue
        original = originals.get(key) if source == "pos" else None
        if original and original.currency == order.currency:
            order = original
        order.refunded += money
